"""The writer: what is in a part after rows, mistakes, refusals of the disk, rotation and interruptions."""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from eventide.errors import InvalidKey, InvalidStep, InvalidValue, RunFinished
from eventide.journal import writer as writer_module
from eventide.journal.reader import read_chunks, read_header, records, row_values
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.testing import FakeClock


class Journal:
    """A writer and what it has written."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.layout = Layout(root)
        self.layout.create(now_s=1.0)
        self.clock = FakeClock()
        self.failures: list[tuple[str, int]] = []
        self.writer = JournalWriter(
            self.layout,
            Identity(run="r", project="p", role="run"),
            clock=self.clock,
            on_failure=lambda kind, _error, count: self.failures.append((kind, count)),
            **options,
        )

    @property
    def parts(self) -> list[Path]:
        """Return the files, in order."""
        return sorted(self.layout.run_dir("r").glob("*.jsonl"))

    def records(self) -> list[dict[str, Any]]:
        """Return all records of all parts."""
        return [
            record
            for path in self.parts
            for chunk in read_chunks(path, 0)
            for _, record in records(chunk)
            if record is not None
        ]

    def rows(self) -> list[tuple[int, dict[str, Any]]]:
        """Return the rows as (step, values)."""
        return [(record["step"], row_values(record)) for record in self.records() if "step" in record]


@pytest.fixture
def journal(store_dir: Path) -> Journal:
    """Return a journal with nothing in it."""
    return Journal(store_dir)


def test_nothing_is_opened_before_the_first_record(journal: Journal) -> None:
    """Making a writer makes no file; the first record does, with a header in front."""
    assert journal.parts == []
    journal.writer.append({"loss": 0.5})
    header = read_header(journal.parts[0])
    assert header is not None
    assert (header.run, header.project, header.part, header.at, header.rows) == ("r", "p", 0, 0, 0)
    assert header.pid == os.getpid()


def test_steps_count_on_and_may_be_given(journal: Journal) -> None:
    """Without a step rows count on from the last one; smaller and repeated steps are kept as they are."""
    for step in (None, None, 10, None, 3, 3, None):
        journal.writer.append({"x": 1.0}, step)
    assert [step for step, _ in journal.rows()] == [0, 1, 10, 11, 3, 3, 4]


def test_new_keys_and_types_are_announced_once(journal: Journal) -> None:
    """A `_keys` record comes before the first row with a key or type, and never again in that part."""
    for value in (1.0, 2.0, 3, 4.0, 5, "a", None, True):
        journal.writer.append({"x": value})
    announced = [record["_keys"] for record in journal.records() if "_keys" in record]
    assert announced == [{"x": "f"}, {"x": "i"}, {"x": "s"}, {"x": "n"}, {"x": "b"}]


DIFFICULT: list[dict[str, Any]] = [
    {"a": float("nan")},
    {"a": float("inf"), "b": 1.0},
    {"a": 1e308, "b": 1e308},
    {"a": 2**53 + 1},
    {"a": 2**70},
    {"a": "NaN"},
    {"a": "null", "b": 1},
    {"a": "x", "b": float("nan")},
    {"a": "\ud800"},
    {"a": True, "b": False},
    {"a": None},
    {"step": 1, "ts": 2, "run_id": 3, "_keys": 4, "_run": {}, "__x": 5},
    {"a" * 65536: 1},
    {'quo"te': 1, "sl/ash": 2, "d.ot": 3, "new\nline": 4, "ключ": 5, "SELECT": 6, "Loss": 7, "loss": 8},
    {"a": {"b": [1, {"c": (1, 2)}]}},
    {f"k{index}": index * 0.5 for index in range(40)},
]


@pytest.mark.parametrize("row", DIFFICULT, ids=lambda row: repr(row)[:30])
def test_difficult_row_comes_back_whichever_path_it_takes(journal: Journal, row: dict[str, Any]) -> None:
    """The first, second and third time a row is logged it comes back the same, though later ones take a shorter path."""
    plain = dict.fromkeys(row, 0.5)
    for data in (row, row, plain, plain, row):
        journal.writer.append(data)
    back = [values for _, values in journal.rows()]
    assert [repr(values) for values in back] == [repr(data) for data in (row, row, plain, plain, row)]


@pytest.mark.parametrize(
    ("data", "step", "error"),
    [
        ({1: 2}, None, InvalidKey),
        ({"": 2}, None, InvalidKey),
        ({"a": 1, None: 2}, None, InvalidKey),
        ({"a": 1.0}, -1, InvalidStep),
        ({"a": 1.0}, 1.5, InvalidStep),
        ({"a": 1.0}, "3", InvalidStep),
        ({"a": 1.0}, True, InvalidStep),
        ({"a": 1.0}, 2**63, InvalidStep),
        ({"new": 1.0}, -1, InvalidStep),
        ({"a": object()}, None, InvalidValue),
        ([("a", 1)], None, InvalidValue),
        ("text", None, InvalidValue),
        (3.5, None, InvalidValue),
        ({"a", "b"}, None, InvalidValue),
    ],
)
def test_mistake_writes_nothing_and_leaves_the_writer_usable(
    journal: Journal, data: Any, step: Any, error: type[Exception]
) -> None:
    """The caller's mistake raises, adds no byte, and the next row goes on as if nothing had been."""
    journal.writer.append({"a": 1.0})
    before = journal.parts[0].read_bytes()
    with pytest.raises(error):
        journal.writer.append(data, step)
    assert journal.parts[0].read_bytes() == before
    journal.writer.append({"a": 2.0})
    assert journal.rows() == [(0, {"a": 1.0}), (1, {"a": 2.0})]


def test_integer_scalars_are_steps(journal: Journal) -> None:
    """An integer of another library is a step."""
    import numpy as np

    journal.writer.append({"a": 1.0}, np.int64(7))  # type: ignore[arg-type]
    journal.writer.append({"a": 1.0}, np.int64(8))  # type: ignore[arg-type]
    assert [step for step, _ in journal.rows()] == [7, 8]


def test_empty_row_is_not_written(journal: Journal) -> None:
    """A row without keys adds nothing and uses up no step."""
    journal.writer.append({})
    assert journal.parts == []
    journal.writer.append_many([{}, {"a": 1.0}, {}])
    assert journal.rows() == [(0, {"a": 1.0})]


def test_many_rows_are_checked_before_any_is_written(journal: Journal) -> None:
    """A mistake in the seventh of many rows writes none of them."""
    rows: list[Any] = [{"a": index} for index in range(10)]
    rows[7] = {"a": object()}
    with pytest.raises(InvalidValue):
        journal.writer.append_many(rows)
    with pytest.raises(InvalidStep):
        journal.writer.append_many([{"a": 1}], [-1])
    with pytest.raises(InvalidStep):
        journal.writer.append_many([{"a": 1}], [1, 2])
    assert journal.parts == []


def test_many_rows_across_parts(store_dir: Path) -> None:
    """Many rows at once rotate like single ones, and each part says which keys it holds."""
    journal = Journal(store_dir, part_size_bytes=4096)
    journal.writer.append_many([{"a": index, "b": "x" * 50} for index in range(500)], list(range(1000, 1500)))
    journal.writer.close({"status": "finished"})
    assert len(journal.parts) > 5
    assert [step for step, _ in journal.rows()] == list(range(1000, 1500))
    for path in journal.parts[:-1]:
        assert path.stat().st_size < 4096 + 2048
        assert b"_keys" in path.read_bytes()


def test_trailer_counts_what_is_in_the_part(store_dir: Path) -> None:
    """Each trailer gives rows, bytes and checksum of what precedes it; headers say how much came in earlier parts."""
    journal = Journal(store_dir, part_size_bytes=2048)
    for index in range(100):
        journal.writer.append({"x": index * 0.5})
    journal.writer.close({"status": "finished"})
    at = rows_before = 0
    end: dict[str, Any] = {}
    for path in journal.parts:
        data = path.read_bytes()
        lines = data.splitlines(keepends=True)
        header, end = read_header(path), orjson.loads(lines[-1])["_end"]
        content = b"".join(lines[:-1])
        assert header is not None
        assert (header.at, header.rows) == (at, rows_before)
        rows = sum(line.startswith(b'{"step":') for line in lines)
        assert end["rows"] == rows
        assert end["bytes"] == len(content)
        assert end["crc32"] == f"{zlib.crc32(content):08x}"
        at += len(data)
        rows_before += rows
    assert end["status"] == "finished"
    assert rows_before == journal.writer.rows == 100


def test_closed_writer_refuses_everything(journal: Journal) -> None:
    """After close every kind of record is RunFinished, and closing again does nothing."""
    journal.writer.append({"a": 1.0})
    journal.writer.close({"status": "finished"})
    journal.writer.close({"status": "failed"})
    before = journal.parts[0].read_bytes()
    acts: list[Callable[[], object]] = [
        lambda: journal.writer.append({"a": 1.0}),
        lambda: journal.writer.append({"new": 1}),
        lambda: journal.writer.append_many([{"a": 1.0}]),
        lambda: journal.writer.set(("name",), "x"),
        lambda: journal.writer.console("x"),
    ]
    for act in acts:
        with pytest.raises(RunFinished):
            act()
    assert journal.parts[0].read_bytes() == before


class Disk:
    """os.write with a disk behind it that can be full, or take only part of a write."""

    def __init__(self) -> None:
        self.room: int | None = None
        self.write = os.write

    def __call__(self, fd: int, data: bytes) -> int:
        """Write as much as there is room for."""
        if self.room is None:
            return self.write(fd, data)
        if self.room == 0:
            raise OSError(28, "No space left on device")
        taken = self.write(fd, data[: self.room])
        self.room -= taken
        return taken


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Return a disk with room for everything, for now."""
    made = Disk()
    monkeypatch.setattr("os.write", made)
    return made


def test_full_disk_raises_nothing_and_leaves_whole_lines(journal: Journal, disk: Disk) -> None:
    """Rows the disk refuses are kept and counted, half-written ones taken back, and all come in order once there is room."""
    journal.writer.append({"a": 0.0})
    disk.room = 20
    for index in range(1, 6):
        journal.writer.append({"a": float(index)})
    assert journal.parts[0].read_bytes().endswith(b"\n")
    assert {kind for kind, _ in journal.failures} == {"delayed"}
    disk.room = None
    journal.writer.append({"a": 6.0})
    assert [values["a"] for _, values in journal.rows()] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_disk_that_stays_full_costs_bounded_memory(
    journal: Journal, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit rows are dropped, and counted as dropped."""
    monkeypatch.setattr(writer_module, "MAX_PENDING_BYTES", 1000)
    journal.writer.append({"a": 0.0})
    disk.room = 0
    for index in range(100):
        journal.writer.append({"a": float(index)})
    journal.writer.close({"status": "finished"})
    dropped = sum(count for kind, count in journal.failures if kind == "dropped")
    assert dropped > 80
    assert sum(map(len, (line for line, _ in journal.writer._pending))) <= 1000


def test_disk_full_from_the_first_byte(journal: Journal, disk: Disk) -> None:
    """A part that cannot even be begun leaves no file, and is begun when there is room."""
    disk.room = 10
    journal.writer.append({"a": 0.0})
    assert journal.parts == []
    disk.room = None
    journal.writer.append({"a": 1.0})
    assert [values["a"] for _, values in journal.rows()] == [0.0, 1.0]


def test_interruption_between_write_and_counting_is_mended(
    journal: Journal, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Ctrl-C that arrives inside log() leaves a trailer that is right about the part, and the lock free."""
    journal.writer.append({"a": 0.0})
    journal.writer.append({"a": 1.0})

    def interrupted(fd: int, data: bytes) -> int:
        disk.write(fd, data)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            journal.writer.append({"a": 2.0})
    assert not journal.writer._lock._is_owned()  # type: ignore[attr-defined]
    journal.writer.close({"status": "killed"})
    data = journal.parts[0].read_bytes()
    end = journal.records()[-1]["_end"]
    content = data[: data.rindex(b"\n", 0, -1) + 1]
    assert (end["rows"], end["bytes"], end["crc32"]) == (3, len(content), f"{zlib.crc32(content):08x}")


def test_clock_going_backwards_is_written_as_it_is(journal: Journal) -> None:
    """Rows keep their order and the time the clock told, also when it went back."""
    journal.writer.append({"a": 1.0})
    journal.clock.advance(-3600)
    journal.writer.append({"a": 2.0})
    times = [record["ts"] for record in journal.records() if "step" in record]
    assert times[1] == times[0] - 3600
    assert [step for step, _ in journal.rows()] == [0, 1]


def test_run_level_records_have_their_form(journal: Journal) -> None:
    """Values, removals, system samples, console text and references are written as the format says."""
    journal.writer.set(("config", "a", "b"), (1, math.inf))
    journal.writer.unset(("tags", "x"))
    journal.writer.system({"cpu": 0.5, "bad": math.nan})
    journal.writer.console("half a \ud800 pair\n", "stderr")
    journal.writer.file({"name": "x"}, 3)
    ts = journal.clock.time()
    assert journal.records()[1:] == [
        {"_set": ["config", "a", "b"], "value": {"_tuple": [1, "Infinity"]}, "ts": ts},
        {"_set": ["tags", "x"], "ts": ts},
        {"_sys": {"cpu": 0.5, "bad": "NaN"}, "ts": ts},
        {"_out": "half a ? pair\n", "stream": "stderr", "ts": ts},
        {"_file": {"name": "x"}, "step": 3, "ts": ts},
    ]


def test_plans_are_bounded(journal: Journal) -> None:
    """Ever new combinations of keys do not grow the memory of the writer without end."""
    for index in range(3000):
        journal.writer.append({f"k{index}": 1.0})
    assert len(journal.writer._plans) <= writer_module.MAX_PLANS
    assert len(journal.writer._float_rows) <= writer_module.MAX_PLANS
    assert len(journal.rows()) == 3000
