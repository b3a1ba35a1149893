"""Journal bytes as Arrow tables: which record goes where, and what damage costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from eventide.journal.reader import Chunk
from eventide.journal.records import Header
from eventide.store.rows import arrays
from eventide.store.rows.arrow import CONSOLE_SCHEMA, RUNS_SCHEMA, Tables, empty_events, read_tables
from eventide.store.rows.columns import ColumnMap
from eventide.store.rows.frames import from_more, logical_table, to_python

HEADER = Header(run="run-1", project="p", writer="host-1-2-3", part=1, at=1000, rows=5, ts=7.0, attempt=2, rank=3)


def lines(*records: Any) -> bytes:
    """Return records as journal lines; bytes are taken as they are."""
    return b"".join((r if isinstance(r, bytes) else orjson.dumps(r)) + b"\n" for r in records)


def read(
    *records: Any, start: int = 0, tags: dict[str, str] | None = None, column_map: ColumnMap | None = None
) -> Tables:
    """Return records as tables."""
    return read_tables(HEADER, Chunk(start, lines(*records)), tags=tags, column_map=column_map or ColumnMap())


def row(step: int, **values: Any) -> dict[str, Any]:
    """Return a row record."""
    return {"step": step, "ts": float(step), **values}


def test_a_row_has_its_run_its_place_and_one_column_per_key_and_kind() -> None:
    """The physical table is what the format says."""
    first = lines({"_keys": {"loss": "f", "phase": "s"}})
    found = read(
        {"_keys": {"loss": "f", "phase": "s"}}, row(4, loss=0.5, phase="train", ok=True, x=[1], n=2**60), start=100
    )
    assert found.events is not None
    assert found.events.to_pylist() == [
        {
            "run_id": "run-1",
            "step": 4,
            "ts": 4.0,
            "_attempt": 2,
            "_rank": 3,
            "_writer": "host-1-2-3",
            "_seq": 1000 + 100 + len(first),
            "loss": 0.5,
            "n:i": 2**60,
            "ok:b": True,
            "phase:s": "train",
            "x:j": "[1]",
        }
    ]
    assert found.events.schema.names[:7] == empty_events().schema.names
    assert found.events.schema.types[:7] == empty_events().schema.types


def test_records_go_to_their_tables() -> None:
    """Samples, console text and run-level records are rows of tables of their own; tags are handed on."""
    set_line = b'{"_set":["name"],"value":"x","ts":3.5}'
    found = read(
        {"_run": {"v": 1, "ts": 2.0}},
        {"_keys": {"a": "f"}},
        {"_sys": {"cpu": 50, "gpu.0.name": "T4"}, "ts": 3.0},
        {"_out": "hello\n", "stream": "stderr", "ts": 3.25},
        set_line,
        {"_later": {"x": 1}, "ts": 4.0},
        tags={"b": "s"},
    )
    assert found.events is None
    assert found.tags == {"b": "s", "a": "f"}
    assert found.system is not None
    assert found.console is not None
    assert found.runs is not None
    assert found.system.drop_columns(["_writer", "_seq"]).to_pylist() == [
        {"run_id": "run-1", "ts": 3.0, "cpu": 50.0, "gpu.0.name:s": "T4"}
    ]
    assert found.console.schema == CONSOLE_SCHEMA
    assert found.console["text"].to_pylist() == ["hello\n"]
    assert found.runs.schema == RUNS_SCHEMA
    assert found.runs["kind"].to_pylist() == ["_run", "_keys", "_set", "_later"]
    assert found.runs["ts"].to_pylist() == [2.0, 7.0, 3.5, 4.0]
    assert found.runs["record"].to_pylist()[2] == set_line.decode()
    assert (found.damaged, found.rows) == (0, 0)


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{}",
        b"[1]",
        b"\0\0\0\0",
        b'{"step":1,"ts":2.0,"a":1',
        b'{"step":1,"ts":2.0,"a":"\xff"}',
        b'{"step":1}',
        b'{"step":"1","ts":1.0}',
        b'{"step":1.5,"ts":1.0}',
        b'{"step":1,"ts":null}',
        b'{"loss":1}',
        b'{"_out":1,"ts":1.0}',
        b'{"_sys":[],"ts":1.0}',
        b'{"_keys":{"a":1}}',
        b'{"step":1,"ts":1.0}{"step":2,"ts":1.0}',
        b'"text"',
    ],
)
@pytest.mark.parametrize("count", [1, 100])
def test_a_damaged_line_is_counted_and_skipped(damage: bytes, count: int) -> None:
    """What is no record costs itself alone, however many rows surround it."""
    rows = [row(step, a=float(step)) for step in range(count)]
    found = read({"_keys": {"a": "f"}}, *rows, damage, *rows)
    assert found.events is not None
    assert (found.rows, found.damaged) == (2 * count, 1)
    assert found.events["a"].to_pylist() == [float(step) for step in range(count)] * 2


def test_a_row_with_unusual_white_space_is_a_row() -> None:
    """Another writer's JSON is JSON."""
    found = read(b' { "step" : 3 , "ts" : 1, "a" : 2 }', row(4, a=1))
    assert found.events is not None
    assert found.events.select(["step", "a"]).to_pylist() == [{"step": 3, "a": 2.0}, {"step": 4, "a": 1.0}]


def test_a_chunk_of_a_part_can_be_read_without_knowing_its_tags() -> None:
    """Where tags are unknown, the values tell."""
    found = read(*[row(step, a=step, b=float(step)) for step in range(100)], start=50, tags=None)
    assert found.tags == {"a": "i", "b": "f"}


def test_text_that_looks_like_a_time_stays_text() -> None:
    """Arrow is never asked to guess a type."""
    rows = [row(step, day="2024-01-01", clock="2024-01-01 10:00:00", number="1") for step in range(50)]
    found = read({"_keys": {"day": "s", "clock": "s", "number": "s"}}, *rows)
    assert found.events is not None
    assert [found.events.schema.field(name).type for name in ("day:s", "clock:s", "number:s")] == [pa.string()] * 3


def test_ten_thousand_keys_in_one_run_do_not_explode() -> None:
    """Keys beyond the columns live in `_more`, and columns cost what their values cost."""
    rows = [row(step, **{f"key{step}": float(step)}) for step in range(10_000)]
    found = read({"_keys": {f"key{step}": "f" for step in range(10_000)}}, *rows)
    assert found.events is not None
    assert len(found.events.column_names) == 7 + 2000 + 1
    assert to_python(found.events) == [{f"key{step}": float(step)} for step in range(10_000)]


def test_a_very_long_line_is_a_row_like_any_other() -> None:
    """A text of 20 MB among numbers is stored."""
    text = "x" * 20_000_000
    found = read({"_keys": {"a": "f", "t": "s"}}, *[row(step, a=1.0) for step in range(50)], row(50, t=text))
    assert found.events is not None
    assert found.events["t:s"].to_pylist()[-1] == text


def test_nothing_here_imports_pandas() -> None:
    """Reading journals does not cost a command line the import of pandas."""
    code = (
        "import sys, orjson\n"
        "from eventide.journal.reader import Chunk\n"
        "from eventide.journal.records import Header\n"
        "from eventide.store.rows.arrow import read_tables\n"
        "from eventide.store.rows.columns import ColumnMap\n"
        "header = Header('r', 'p', 'w', 0, 0, 0, 0.0)\n"
        "rows = b''.join(orjson.dumps({'step': i, 'ts': 1.0, 'a': 1.5, 'b': i}) + b'\\n' for i in range(100))\n"
        'keys = b\'{"_keys":{"a":"f","b":"i"}}\\n\'\n'
        'more = b\'{"step":1,"ts":1.0,"c":[1],"d":true,"e":"x"}\\n{"_out":"x","ts":1.0}\\n{"_sys":{"a":1},"ts":1.0}\\n\'\n'
        "for data in (keys + rows, keys + rows + more):\n"
        "    assert read_tables(header, Chunk(0, data), tags={}, column_map=ColumnMap()).rows >= 100\n"
        "print('pandas' in sys.modules)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert found.stdout.strip() == "False"


def test_arrays_equal_those_of_arrow() -> None:
    """Arrays made from buffers are what Arrow would have made."""
    pairs = [
        (arrays.floats([1.5, None, float("inf")]), pa.array([1.5, None, float("inf")], pa.float64())),
        (arrays.ints([2**62, None, -1]), pa.array([2**62, None, -1], pa.int64())),
        (arrays.bools([True, None, False] * 5), pa.array([True, None, False] * 5, pa.bool_())),
        (arrays.texts(["é", None, ""]), pa.array(["é", None, ""], pa.string())),
        (arrays.texts([]), pa.array([], pa.string())),
        (arrays.constant("ab", 3), pa.array(["ab"] * 3, pa.string())),
        (arrays.constant("ab", 0), pa.array([], pa.string())),
    ]
    assert [mine.to_pylist() for mine, _ in pairs] == [other.to_pylist() for _, other in pairs]
    assert [mine.type for mine, _ in pairs] == [other.type for _, other in pairs]
    for mine, _ in pairs:
        mine.validate(full=True)


def test_a_logical_table_has_bare_keys() -> None:
    """Integers come back as integers, numbers win, what conflicts stays visible."""
    found = read(row(0, n=1, a=1, b=1.5), row(1, n=2**60, a="x", b=None))
    assert found.events is not None
    table = logical_table(found.events, found.tags)
    assert table.to_pylist() == [
        {"run_id": "run-1", "step": 0, "ts": 0.0, "a": 1.0, "a:s": None, "b": 1.5, "n": 1},
        {"run_id": "run-1", "step": 1, "ts": 1.0, "a": None, "a:s": "x", "b": None, "n": 2**60},
    ]
    assert table.schema.field("n").type == pa.int64()


def test_a_logical_table_finds_keys_without_a_column() -> None:
    """Asked for by name, a key of `_more` has a column like any other."""
    full = ColumnMap(f"c{number}" for number in range(1999))
    found = read(row(0, a=1, b="x", c=True, d=[1], e=1.5), row(1, a=2), column_map=full)
    assert found.events is not None
    table = logical_table(found.events, found.tags, keys=["e", "d", "c", "b", "a", "none"])
    assert table.drop_columns(["run_id", "ts"]).to_pylist() == [
        {"step": 0, "e": 1.5, "d": "[1]", "c": True, "b": "x", "a": 1},
        {"step": 1, "e": None, "d": None, "c": None, "b": None, "a": 2},
    ]
    assert from_more(found.events["_more"], "none") is None
