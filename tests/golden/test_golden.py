"""Files of every released format version are read for ever: the journals beside this file are never written again."""

from __future__ import annotations

import importlib.util
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventide.journal.codec import decode
from eventide.journal.past import writers_of
from eventide.journal.reader import read_chunks, read_header, read_tags, records, row_values
from eventide.journal.records import Header, Record
from eventide.layout import Layout
from eventide.model import ObjectRef
from eventide.sdk import resume

HERE = Path(__file__).parent
V1 = HERE / "journal-v1"
RUN = "20261120-101502-marvellous-stork-7f3akx2m"


def parts(writer: int) -> list[Path]:
    """Return the parts of one of the golden writers, in order."""
    return sorted(Layout(V1).run_dir(RUN).glob(f"golden_host-{writer}-*.jsonl"))


def read(writer: int) -> list[Record]:
    """Return all records of one golden writer; a line that is no record would be None and fail the test."""
    found = [record for path in parts(writer) for chunk in read_chunks(path, 0) for _, record in records(chunk)]
    return [record for record in found if record is not None]


def logged() -> list[dict[str, Any]]:
    """Return the rows as the script that made the files logged them."""
    spec = importlib.util.spec_from_file_location("make_golden", HERE / "make_golden.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.ROWS)


def test_v1_is_a_store() -> None:
    """The golden store is accepted as it is."""
    assert len(Layout(V1).check()) == 16


def test_v1_headers() -> None:
    """The headers say who wrote what, in which place."""
    headers = [read_header(path) for writer in (1, 2, 3) for path in parts(writer)]
    common = {
        "run": RUN,
        "project": "golden",
        "ts": 1790000000.0,
        "host": "golden-host",
        "pid": 1,
        "pid_start": "12345",
    }
    first: dict[str, Any] = {**common, "machine": "boot:ns", "writer": "golden_host-1-12345-00000001"}
    size = parts(1)[0].stat().st_size
    rows = sum(line.startswith(b'{"step":') for line in parts(1)[0].read_bytes().splitlines())
    assert headers == [
        Header(**first, part=0, at=0, rows=0),
        Header(**first, part=1, at=size, rows=rows),
        Header(
            **{**first, "writer": "golden_host-2-12345-00000002"},
            part=0,
            at=0,
            rows=0,
            attempt=2,
            rank=1,
            world_size=2,
        ),
        Header(
            **{**first, "writer": "golden_host-3-12345-00000003"},
            part=0,
            at=0,
            rows=0,
            role="fork",
            attempt=2,
            rank=1,
            world_size=2,
        ),
    ]


def test_v1_rows_come_back_equal_and_typed() -> None:
    """Every form of value is what it was when it was logged."""
    rows = [row_values(record) for record in read(1) if "step" in record]
    expected = logged()
    assert len(rows) == len(expected) + 1
    for row, original in zip(rows, expected[:-1], strict=False):
        assert repr(row) == repr(original)
    array, reference = rows[len(expected) - 1]["array"], rows[len(expected) - 1]["object"]
    np.testing.assert_array_equal(array, np.array([[1.0, math.nan], [-math.inf, 0.5]], dtype=np.float32))
    assert array.dtype == np.float32
    assert reference == ObjectRef("0" * 64, 3, "pickle", "module.Class", "<Class>")
    assert [record["step"] for record in read(1) if "step" in record] == [*range(len(expected)), 100]


def test_v1_values_of_the_run() -> None:
    """Run-level values, removals, metric definitions and endings are read."""
    found = [record for writer in (1, 2) for record in read(writer)]
    settings = [(record["_set"], decode(record.get("value"))) for record in found if "_set" in record]
    assert settings == [
        (["name"], "marvellous-stork"),
        (["config"], {"lr": 0.1, "net": {"width": 3}}),
        (["tags", "baseline"], True),
        (["config", "net", "width"], 4),
        (["tags", "baseline"], None),
        (["summary", "best"], 0.0625),
        (["values", "seed"], 7),
        (["metrics", "loss"], {"step_metric": None, "summary": "min", "goal": "min"}),
    ]
    ends = [record["_end"] for record in found if "_end" in record]
    assert [end.get("status") for end in ends] == [None, "failed", "finished"]
    assert ends[1]["error"] == "ValueError: boom"


def test_v1_system_console_and_files() -> None:
    """System samples, console text and file references are read."""
    found = read(2)
    assert [record["_sys"] for record in found if "_sys" in record] == [{"cpu": 0.5, "gpu/0/power_w": 210.0}]
    assert [(record["_out"], record["stream"]) for record in found if "_out" in record] == [
        ("epoch 1\n", "stdout"),
        ("careful\n", "stderr"),
    ]
    assert [(record["_file"], record["step"]) for record in found if "_file" in record] == [
        ({"name": "model", "sha256": "1" * 64}, 50)
    ]


def test_v1_unknown_kind_and_torn_tail() -> None:
    """A kind of record that is not known is skipped, and a line without its end is not there yet."""
    assert [next(iter(record)) for record in read(3)] == ["_run", "_keys", "step", "_future"]
    assert read_tags(parts(3)[0], 1 << 20) == {"loss": "f"}


def test_v1_can_be_resumed(tmp_path: Path) -> None:
    """A run of this version is gone on with as the next attempt, after its last step."""
    root = tmp_path / "store"
    shutil.copytree(V1, root)
    earlier = writers_of(Layout(root).run_dir(RUN))
    assert {past.header.writer[-1]: past.step for past in earlier} == {"1": 100, "2": 50, "3": 51}
    assert resume.next_attempt(earlier, 0, 1.0) == 2
    assert resume.next_attempt(earlier, 1, 1.0) == 3


@pytest.mark.parametrize("path", sorted(V1.rglob("*[12]-00000?.jsonl")), ids=lambda path: path.name)
def test_v1_trailers_are_right_about_their_parts(path: Path) -> None:
    """Bytes, rows and checksum of every trailer agree with the file."""
    import zlib

    import orjson

    lines = path.read_bytes().splitlines(keepends=True)
    end, content = orjson.loads(lines[-1])["_end"], b"".join(lines[:-1])
    rows = sum(line.startswith(b'{"step":') for line in lines)
    assert (end["rows"], end["bytes"], end["crc32"]) == (rows, len(content), f"{zlib.crc32(content):08x}")
