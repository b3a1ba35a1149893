"""Journal bytes to Arrow tables with the physical columns of the sealed tables.

Used for live tails, for the index and for sealing alike, so that what is read live and what is sealed is the same. Lines are told
apart with numpy; rows go through `arrow_rows`, the other records, which are few, through orjson one by one.

Invariant: every whole line ends up as a row of exactly one table, except lines that are no records, which are counted in `damaged`.
The content of `_keys` lines is in `tags` too. `_seq` is the place of a line in its writer's journal: unique, and increasing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from eventide.journal.reader import Chunk, is_row, merge_tags
from eventide.journal.records import CONSOLE, HEADER, KEYS, ROW_PREFIX, STEP, SYSTEM, TS, Header, Record
from eventide.store.rows import arrays
from eventide.store.rows.arrow_rows import FastPathRefusedError, RowLines, Rows, fast_rows, slow_rows, value_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eventide.store.rows.columns import ColumnMap

EVENTS_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("step", pa.int64()),
        ("ts", pa.float64()),
        ("_attempt", pa.int32()),
        ("_rank", pa.int32()),
        ("_writer", pa.string()),
        ("_seq", pa.int64()),
    ]
)
"""The columns every events table begins with; the keys follow."""
SYSTEM_SCHEMA = pa.schema([EVENTS_SCHEMA.field(name) for name in ("run_id", "ts", "_writer", "_seq")])
CONSOLE_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("ts", pa.float64()),
        ("stream", pa.string()),
        ("text", pa.string()),
        ("_writer", pa.string()),
        ("_seq", pa.int64()),
    ]
)
RUNS_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("ts", pa.float64()),
        ("kind", pa.string()),
        ("record", pa.string()),
        ("_writer", pa.string()),
        ("_seq", pa.int64()),
    ]
)
MIN_FAST_ROWS = 32
"""Below this many rows, setting up the fast path costs more than it saves."""

_ROW_WORD = np.frombuffer(ROW_PREFIX, dtype="<u8")[0]
_NEWLINE, _BRACE = 10, 125


class Tables(NamedTuple):
    """What a piece of a journal holds; None where there is no row for a table.

    `tags` are the tags handed in and those found in this piece, per stored key; `rows` counts logged rows, `damaged` lines that are
    no records.
    """

    events: pa.Table | None
    system: pa.Table | None
    console: pa.Table | None
    runs: pa.Table | None
    tags: dict[str, str]
    damaged: int
    rows: int


class _Lines(NamedTuple):
    """Where lines start and end (without the newline), and which of them look like rows."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    rows: NDArray[np.bool_]


def read_tables(header: Header, chunk: Chunk, *, tags: Mapping[str, str] | None, column_map: ColumnMap) -> Tables:
    """Return the records of `chunk` as tables.

    `tags` is what the part said about its keys before the chunk (`reader.read_tags`, or the `tags` of the piece before); None means
    unknown, which is slower unless the chunk is the beginning of its part. `column_map` gets the chunk's new keys, sorted.
    """
    known = dict(tags or {})
    lines = _find_lines(chunk.data)
    others = _Others(header, chunk.start)
    for index in np.flatnonzero(~lines.rows).tolist():
        start = int(lines.starts[index])
        if others.add(start, chunk.data[start : int(lines.ends[index])], known):
            lines.rows[index] = True  # a row with unusual white space
            others.odd = True
    trusted = (tags is not None or chunk.start == 0) and not others.odd
    events, damaged = _events(header, chunk, lines, known, column_map, trusted=trusted)
    return Tables(
        events,
        others.system_table(column_map.system),
        _records_table(others.console, CONSOLE_SCHEMA),
        _records_table(others.runs, RUNS_SCHEMA),
        known,
        others.damaged + damaged,
        0 if events is None else events.num_rows,
    )


def _find_lines(data: bytes) -> _Lines:
    array = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(array == _NEWLINE)
    starts = np.empty_like(ends)
    if len(ends):
        starts[0] = 0
        starts[1:] = ends[:-1] + 1
    rows = np.zeros(len(ends), dtype=np.bool_)
    if len(data) >= len(ROW_PREFIX):
        words = np.ndarray((len(data) - len(ROW_PREFIX) + 1,), dtype="<u8", buffer=data, strides=(1,))
        usable = starts < len(words)
        rows[usable] = words[starts[usable]] == _ROW_WORD
    return _Lines(starts, ends, rows)


def _events(
    header: Header, chunk: Chunk, lines: _Lines, tags: dict[str, str], column_map: ColumnMap, *, trusted: bool
) -> tuple[pa.Table | None, int]:
    """Return the events table, None when empty, and the number of damaged lines among the rows."""
    data = chunk.data
    starts, ends = lines.starts[lines.rows], lines.ends[lines.rows]
    if not len(starts):
        return None, 0
    rows: Rows | None = None
    if trusted and len(starts) >= MIN_FAST_ROWS and bool((np.frombuffer(data, np.uint8)[ends - 1] == _BRACE).all()):
        row_lines = RowLines(data, _row_spans(data, lines), len(starts), int((ends - starts).max()))
        with contextlib.suppress(FastPathRefusedError):
            rows = fast_rows(row_lines, tags, column_map)
    if rows is None:
        texts = [data[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        rows = slow_rows(texts, tags, column_map)
    if rows.kept is not None:
        starts = starts[rows.kept]
    if not len(starts):
        return None, rows.damaged
    return _with_fixed(header, rows, starts + (header.at + chunk.start)), rows.damaged


def _row_spans(data: bytes, lines: _Lines) -> list[tuple[int, int]]:
    """Return where the row lines of `data` are, neighbours as one span."""
    spans, position = [], 0
    for index in np.flatnonzero(~lines.rows).tolist():
        start = int(lines.starts[index])
        if start > position:
            spans.append((position, start))
        position = int(lines.ends[index]) + 1
    if position < len(data):
        spans.append((position, len(data)))
    return spans


def _with_fixed(header: Header, rows: Rows, seq: NDArray[np.int64]) -> pa.Table:
    """Return the physical table: the fixed columns, then the keys."""
    count = len(seq)
    columns: dict[str, Any] = {
        "run_id": arrays.constant(header.run, count),
        "step": rows.step,
        "ts": rows.ts,
        "_attempt": arrays.from_numpy(np.full(count, header.attempt, dtype=np.int32), pa.int32()),
        "_rank": arrays.from_numpy(np.full(count, header.rank, dtype=np.int32), pa.int32()),
        "_writer": arrays.constant(header.writer, count),
        "_seq": arrays.from_numpy(seq.astype(np.int64, copy=False), pa.int64()),
        **rows.columns,
    }
    return pa.table(columns)


class _Others:
    """Collects the records that are no rows."""

    def __init__(self, header: Header, chunk_start: int) -> None:
        self._header = header
        self._at = header.at + chunk_start
        self.console: list[tuple[Any, ...]] = []
        self.runs: list[tuple[Any, ...]] = []
        self._samples: list[Record] = []
        self._sample_places: list[tuple[float, int]] = []
        self.damaged = 0
        self.odd = False

    def add(self, start: int, line: bytes, tags: dict[str, str]) -> bool:
        """Take one line in; return whether it is a row after all."""
        try:
            record = orjson.loads(line)
        except ValueError:
            record = None
        kind = next(iter(record), "") if type(record) is dict else ""
        if kind == STEP:
            return is_row(record)
        if not kind.startswith("_") or not self._add_known(kind, record, self._at + start, line, tags):
            self.damaged += 1
        return False

    def _add_known(self, kind: str, record: Record, seq: int, line: bytes, tags: dict[str, str]) -> bool:
        """File a record of a kind; return whether it is what its kind promises."""
        content = record[kind]
        writer, run = self._header.writer, self._header.run
        if kind == KEYS:
            if type(content) is not dict or not all(type(tag) is str for tag in content.values()):
                return False
            merge_tags(tags, content)
        ts = _seconds(record.get(TS), content.get(TS) if kind == HEADER and type(content) is dict else self._header.ts)
        if kind == SYSTEM:
            if type(content) is not dict:
                return False
            self._samples.append(content)
            self._sample_places.append((ts, seq))
        elif kind == CONSOLE:
            if type(content) is not str:
                return False
            self.console.append((run, ts, str(record.get("stream", "stdout")), content, writer, seq))
        else:  # `_run`, `_keys`, `_set`, `_file`, `_end`, and kinds of later versions, which are kept as they are
            self.runs.append((run, ts, kind, line.decode(), writer, seq))
        return True

    def system_table(self, column_map: ColumnMap) -> pa.Table | None:
        """Return the system samples as a table; None when there are none."""
        if not self._samples:
            return None
        count = len(self._samples)
        return pa.table(
            {
                "run_id": arrays.constant(self._header.run, count),
                "ts": arrays.floats([ts for ts, _ in self._sample_places]),
                "_writer": arrays.constant(self._header.writer, count),
                "_seq": arrays.ints([seq for _, seq in self._sample_places]),
                **value_columns(self._samples, column_map),
            }
        )


def _seconds(value: Any, otherwise: Any) -> float:
    """Return a time stamp of a record as a float, or the next best one."""
    for candidate in (value, otherwise):
        if type(candidate) in (int, float):
            return float(candidate)
    return 0.0


def _records_table(records: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table | None:
    if not records:
        return None
    build: dict[pa.DataType, Callable[[list[Any]], pa.Array]] = {
        pa.string(): arrays.texts,
        pa.float64(): arrays.floats,
        pa.int64(): arrays.ints,
    }
    columns = zip(*records, strict=True)
    return pa.Table.from_arrays(
        [build[of](list(c)) for of, c in zip(schema.types, columns, strict=True)], schema=schema
    )


def empty_events() -> pa.Table:
    """Return an events table without rows and keys."""
    return EVENTS_SCHEMA.empty_table()
