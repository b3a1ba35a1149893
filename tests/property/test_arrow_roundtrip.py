"""Rows of difficult values become Arrow columns and come back, on both paths."""

from __future__ import annotations

import math
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.journal.reader import Chunk, read_chunks, read_header, row_values
from eventide.journal.reader import records as journal_records
from eventide.journal.records import STEP, Header
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.store.rows import arrow
from eventide.store.rows.columns import ColumnMap
from eventide.store.rows.frames import to_python

if TYPE_CHECKING:
    import pyarrow as pa

KEYS = st.sampled_from(["loss", "Loss", "a b", 'q"', "step", "_x", "ts", "é", "n", "x~2", "k:s"]) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8
)
NUMBERS = st.floats() | st.integers(-(2**70), 2**70) | st.integers(-5, 5) | st.integers(2**53 - 2, 2**53 + 2)
TEXTS = st.text(max_size=8) | st.sampled_from(
    ["NaN", "Infinity", ':"NaN"', "a:", "\\", '"', "\0", "{}", "2024-01-01", "1", "\n", "true"]
)
ODD = st.sampled_from(
    [Decimal("0.10"), datetime(2024, 1, 1, tzinfo=UTC), b"\xff", (1, "a"), {"_x": 1}, {"a": [math.nan]}, [], "\ud83d"]
)
VALUES = NUMBERS | TEXTS | st.booleans() | st.none() | ODD


@st.composite
def logged(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows in which most keys keep one type, as in life, and some do not."""
    kinds = st.sampled_from([st.floats(), NUMBERS, TEXTS, st.booleans(), st.integers(0, 9), VALUES])
    columns = draw(st.dictionaries(KEYS, kinds, max_size=5))
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        chosen = [key for key in columns if draw(st.integers(0, 9))]
        rows.append({key: draw(columns[key]) for key in chosen})
    return [row for row in rows if row] or [{"loss": 1.0}]


def journal(folder: Path, rows: list[dict[str, Any]]) -> tuple[Header, Chunk]:
    """Log rows, and return the only part of their journal."""
    layout = Layout(folder / "store")
    layout.create(now_s=0.0)
    writer = JournalWriter(layout, Identity("r", "p", "run"))
    for row in rows:
        writer.append(row)
    writer.close({"status": "finished"})
    path = layout.part("r", writer.name, 0)
    header = read_header(path)
    assert header is not None
    (chunk,) = read_chunks(path, 0)
    return header, chunk


def plain(value: Any) -> Any:
    """Return a value in which NaN equals itself, and 1 differs from True but not from 1.0."""
    if isinstance(value, float) and math.isnan(value):
        return "not a number"
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def plain_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows as they compare, None left out."""
    return [{key: plain(value) for key, value in row.items() if value is not None} for row in rows]


def tables(
    header: Header,
    chunk: Chunk,
    *,
    fast: bool,
    column_map: ColumnMap | None = None,
    tags: dict[str, str] | None = None,
) -> arrow.Tables:
    """Return a chunk as tables, by one of the two paths."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrow, "MIN_FAST_ROWS", 1 if fast else 10**9)
        return arrow.read_tables(header, chunk, tags=tags or {}, column_map=column_map or ColumnMap())


def same(first: pa.Table | None, second: pa.Table | None) -> None:
    """Fail unless two tables are equal, NaN included."""
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert first.schema == second.schema
        assert plain_rows(first.to_pylist()) == plain_rows(second.to_pylist())


@given(logged())
def test_what_was_logged_comes_back_and_both_paths_agree(rows: list[dict[str, Any]]) -> None:
    """Every value survives the way into physical columns, and the fast path changes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        header, chunk = journal(Path(folder), rows)
    fast, slow = (tables(header, chunk, fast=mode) for mode in (True, False))
    assert fast.events is not None
    same(fast.events, slow.events)
    same(fast.runs, slow.runs)
    assert (fast.tags, fast.rows, fast.damaged) == (slow.tags, slow.rows, slow.damaged)
    assert plain_rows(to_python(fast.events)) == plain_rows(rows)
    fast.events.validate(full=True)


@given(logged())
def test_keys_without_a_column_come_back_too(rows: list[dict[str, Any]]) -> None:
    """When a project has all the columns it may have, new keys live in `_more` and lose nothing."""
    with tempfile.TemporaryDirectory() as folder:
        header, chunk = journal(Path(folder), rows)
    full = [f"c{number}" for number in range(1999)]
    fast, slow = (tables(header, chunk, fast=mode, column_map=ColumnMap(full)) for mode in (True, False))
    assert fast.events is not None
    same(fast.events, slow.events)
    assert plain_rows(to_python(fast.events)) == plain_rows(rows)


@given(logged(), st.data())
def test_a_chunk_may_begin_and_end_at_any_line(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    """Reading in pieces, with the tags handed on, gives the rows of reading at once, each at its place."""
    with tempfile.TemporaryDirectory() as folder:
        header, chunk = journal(Path(folder), rows)
    starts = [offset for offset, _ in journal_records(chunk)]
    cut = starts[int(data.draw(st.floats(0, 1, exclude_max=True)) * len(starts))]
    pieces = [Chunk(0, chunk.data[:cut]), Chunk(cut, chunk.data[cut:])]
    tags: dict[str, str] = {}
    found: list[dict[str, Any]] = []
    places: list[int] = []
    for piece in pieces:
        part = tables(header, piece, fast=True, tags=tags)
        tags = part.tags
        if part.events is not None:
            found += to_python(part.events)
            places += part.events["_seq"].to_pylist()
    expected = [
        (offset, record) for offset, record in journal_records(chunk) if record and STEP in record and "ts" in record
    ]
    expected = [(offset, record) for offset, record in expected if next(iter(record)) == STEP]
    assert places == [offset for offset, _ in expected]
    assert plain_rows(found) == plain_rows([row_values(record) for _, record in expected])
    assert tags == tables(header, chunk, fast=False).tags


@given(logged(), st.data())
def test_damage_costs_the_damaged_lines_and_no_others(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    """Overwriting a stretch of the journal changes nothing before and after it, on both paths alike."""
    with tempfile.TemporaryDirectory() as folder:
        header, chunk = journal(Path(folder), rows)
    at = int(data.draw(st.floats(0, 1, exclude_max=True)) * len(chunk.data))
    junk = data.draw(
        st.sampled_from([b"\0" * 9, b"}", b'{"step":', b"\xff\xfe", b'"', b"\n", b",\n", b"NaN", b':"NaN"', b"1e999"])
    )
    torn = Chunk(0, (chunk.data[:at] + junk + chunk.data[at + len(junk) :]).rpartition(b"\n")[0] + b"\n")
    fast, slow = (tables(header, torn, fast=mode) for mode in (True, False))
    same(fast.events, slow.events)
    assert (fast.rows, fast.damaged) == (slow.rows, slow.damaged)
