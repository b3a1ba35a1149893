"""Logged rows to Arrow columns: a fast path for rows whose keys keep one type, and a path for everything.

The fast path lets Arrow parse the lines with a schema made of the tags the journal states; whatever does not fit that schema, or
could be read wrongly by it, makes it refuse, and the rows go through orjson and are sorted by kind value by value.
Invariant: both paths give the same columns, and no value changes type or loses a bit on either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from eventide.journal import codec
from eventide.journal.reader import merge_tags
from eventide.journal.records import STEP, TS, Record
from eventide.store.rows import arrays
from eventide.store.rows.columns import BOOL, JSON, KINDS, LONG, MORE, NUMBER, TEXT, ColumnMap, kind_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK_BYTES = 1 << 20
MAX_FAST_LINE_BYTES = 16 << 20
MIN_BYTES_PER_CELL = 4
"""Rows with fewer bytes per column than this are mostly empty: the fast path would spend its time on nulls."""

DENSE_CELLS = 1 << 20
SPARSE_FACTOR = 8
"""Tables of more cells than this, and more than this many cells per value, are built from their values, not from their cells."""

ARROW_TYPES: dict[str, pa.DataType] = {
    NUMBER: pa.float64(),
    LONG: pa.int64(),
    TEXT: pa.string(),
    BOOL: pa.bool_(),
    JSON: pa.string(),
}

_BARE_NONFINITE = (b":NaN", b":Inf", b":-Inf")
_NONFINITE = ((b':"NaN"', b":NaN"), (b':"Infinity"', b":Infinity"), (b':"-Infinity"', b":-Infinity"))


class FastPathRefusedError(Exception):
    """These rows need the other path; never leaves this package."""


class Rows(NamedTuple):
    """Rows as columns; `kept` are the places of the lines that are rows, None when all of them are."""

    step: Any
    ts: Any
    columns: dict[str, Any]
    damaged: int = 0
    kept: NDArray[np.int64] | None = None


# ── the fast path ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RowLines:
    """The row lines of a piece of a journal: `data[first:last]` for every span, newlines included."""

    data: bytes
    spans: list[tuple[int, int]]
    count: int
    longest: int
    """Bytes of the longest line."""


def fast_rows(lines: RowLines, tags: Mapping[str, str], column_map: ColumnMap) -> Rows:
    """Return row lines as columns, parsed by Arrow.

    Raises:
        FastPathRefusedError: a key has several types or a nested value, or a line is not what the tags promise.
    """
    if lines.longest > MAX_FAST_LINE_BYTES or len(lines.data) < MIN_BYTES_PER_CELL * lines.count * len(tags):
        raise FastPathRefusedError
    types = {key: _fast_type(tag) for key, tag in tags.items()}
    schema = pa.schema([(STEP, pa.int64()), (TS, pa.float64()), *types.items()])
    try:
        table = pa.json.read_json(
            pa.BufferReader(_parseable(lines)),
            read_options=pa.json.ReadOptions(block_size=max(BLOCK_BYTES, lines.longest + 2)),
            parse_options=pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )
        for key, of in types.items():
            if pa.types.is_string(of):
                table[key].validate(full=True)  # Arrow does not look whether text is UTF-8
    except (pa.ArrowException, ValueError):
        raise FastPathRefusedError from None
    if table.num_rows != lines.count or table[STEP].null_count or table[TS].null_count:
        raise FastPathRefusedError
    return Rows(table[STEP], table[TS], _fast_columns(table, sorted(types), column_map))


def _parseable(lines: RowLines) -> pa.Buffer:
    """Return the lines as Arrow's parser takes them; refuse lines that it would take too kindly."""
    data, spans = lines.data, lines.spans
    if b"\0" in data:
        raise FastPathRefusedError
    nonfinite = b"NaN" in data or b"Inf" in data
    if nonfinite and any(bare in data for bare in _BARE_NONFINITE):
        raise FastPathRefusedError
    if len(spans) == 1 and not nonfinite:
        first, last = spans[0]
        return pa.py_buffer(data).slice(first, last - first)
    text = b"".join([data[first:last] for first, last in spans])
    if nonfinite:
        for quoted, bare in _NONFINITE:  # a colon and a quote that no backslash precedes: a value, never inside a text
            text = text.replace(quoted, bare)
    return pa.py_buffer(text)


def _fast_type(tags: str) -> pa.DataType:
    """Return the type Arrow shall expect for a key; refuse tags that need a look at every value."""
    kinds = set(tags) - {codec.NULL}
    if kinds <= {codec.INT, codec.LONG}:  # as int64: a float that nobody announced does not pass for an integer
        return pa.int64() if kinds else pa.null()
    if kinds <= {codec.INT, codec.LONG, codec.FLOAT}:
        return pa.float64()
    if kinds == {codec.TEXT}:
        return pa.string()
    if kinds == {codec.BOOL}:
        return pa.bool_()
    raise FastPathRefusedError


def _fast_columns(table: pa.Table, keys: Iterable[str], column_map: ColumnMap) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for key in keys:
        values = table[key]
        if values.null_count == table.num_rows:
            continue
        for kind, part in _fast_parts(values):
            name = column_map.column(key, kind)
            if name is None:
                raise FastPathRefusedError
            columns[name] = part
    return columns


def _fast_parts(values: pa.ChunkedArray) -> list[tuple[str, Any]]:
    """Return a parsed column by kind; integers are told apart by size."""
    if pa.types.is_string(values.type):
        return [(TEXT, values)]
    if pa.types.is_boolean(values.type):
        return [(BOOL, values)]
    if pa.types.is_floating(values.type):
        if any(arrays.holds_large(chunk, codec.EXACT_INT) for chunk in values.chunks):
            raise FastPathRefusedError  # it may have been an integer that a double rounds
        return [(NUMBER, values)]
    bounds = pc.min_max(values).as_py()
    if bounds["min"] >= -codec.EXACT_INT and bounds["max"] <= codec.EXACT_INT:
        return [(NUMBER, values.cast(pa.float64()))]
    return [(kind, _BUILD[kind](part)) for kind, part in _parts(values.to_pylist())]


# ── the path for everything ─────────────────────────────────────────────────────────────────────────────────────────────


def slow_rows(lines: list[bytes], tags: dict[str, str], column_map: ColumnMap) -> Rows:
    """Return row lines as columns, and add to `tags` what the values say beyond them; damaged lines are left out."""
    records: list[Record] = []
    steps: list[int | None] = []
    times: list[float | None] = []
    kept: list[int] = []
    for place, line in enumerate(lines):
        try:
            record = orjson.loads(line)
            step, ts = record.pop(STEP), record.pop(TS)
        except (ValueError, KeyError):
            continue
        if type(step) is int and abs(step) <= codec.INT64_MAX and type(ts) in (float, int):
            records.append(record)
            steps.append(step)
            times.append(float(ts))
            kept.append(place)
    columns = value_columns(records, column_map, tags)
    damaged = len(lines) - len(records)
    where = np.array(kept, dtype=np.int64) if damaged else None
    return Rows(arrays.ints(steps), arrays.floats(times), columns, damaged, where)


def value_columns(records: list[Record], column_map: ColumnMap, tags: dict[str, str] | None = None) -> dict[str, Any]:
    """Return physical column → values for objects of raw JSON values, and `_more` last where it is needed.

    Only keys with a value other than null get a column. `tags`, when given, gets the tags of the values.
    """
    keys = sorted({key for record in records for key in record})
    filled = sum(map(len, records))
    sparse = len(records) * len(keys) > max(DENSE_CELLS, SPARSE_FACTOR * filled)
    cells = _sparse_cells(records) if sparse else {}
    columns: dict[str, Any] = {}
    more: list[Record | None] = [None] * len(records)
    for key in keys:
        places, values = cells[key] if sparse else (None, [record.get(key) for record in records])
        if tags is not None:
            _add_tags(tags, key, values)
        for kind, part in _parts(values):
            name = column_map.column(key, kind)
            if name is None:
                _put_aside(more, key, places, values, kind)
            elif places is None:
                columns[name] = _BUILD[kind](part)
            else:
                columns[name] = _scattered(places, part, kind, len(records))
    if any(more):
        columns[MORE] = arrays.texts([None if row is None else json_text(row) for row in more])
    return columns


def _sparse_cells(records: list[Record]) -> dict[str, tuple[list[int], list[Any]]]:
    """Return key → (places of the rows that have it, their values)."""
    cells: dict[str, tuple[list[int], list[Any]]] = {}
    for place, record in enumerate(records):
        for key, value in record.items():
            cell = cells.get(key)
            if cell is None:
                cell = cells[key] = ([], [])
            cell[0].append(place)
            cell[1].append(value)
    return cells


def _scattered(places: list[int], values: list[Any], kind: str, count: int) -> pa.Array:
    """Return a mostly empty column: `values` at `places`, null elsewhere."""
    present = [(place, value) for place, value in zip(places, values, strict=True) if value is not None]
    if kind in (NUMBER, LONG):
        where = np.array([place for place, _ in present], dtype=np.int64)
        numbers = np.array([value for _, value in present], dtype=np.float64 if kind == NUMBER else np.int64)
        return arrays.scattered(where, numbers, ARROW_TYPES[kind], count)
    full: list[Any] = [None] * count
    for place, value in present:
        full[place] = value
    return _BUILD[kind](full)


def _parts(values: list[Any]) -> list[tuple[str, list[Any]]]:
    """Return one list per kind that occurs, with None where a value is of another kind."""
    types = set(map(type, values))
    types.discard(type(None))
    if types == {float}:
        return [(NUMBER, values)]
    if types == {bool}:
        return [(BOOL, values)]
    kinds = [kind_of(value) for value in values]
    parts = []
    for kind in KINDS:
        if kind in kinds:
            convert = _CONVERT[kind]
            parts.append((kind, [convert(v) if k == kind else None for k, v in zip(kinds, values, strict=True)]))
    return parts


def _same(value: Any) -> Any:
    return value


def json_text(value: Any) -> str:
    """Return a raw JSON value as JSON text."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # nested deeper than orjson goes, or an integer that only the standard library writes
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_CONVERT: dict[str, Callable[[Any], Any]] = {
    NUMBER: float,
    LONG: _same,
    TEXT: _same,
    BOOL: _same,
    JSON: json_text,
}
_BUILD: dict[str, Callable[[list[Any]], pa.Array]] = {
    NUMBER: arrays.floats,
    LONG: arrays.ints,
    TEXT: arrays.texts,
    BOOL: arrays.bools,
    JSON: arrays.texts,
}

_POSSIBLE_TAGS: dict[type, str] = {
    float: codec.FLOAT,
    int: codec.INT + codec.LONG,
    str: codec.FLOAT + codec.TEXT,
    bool: codec.BOOL,
    dict: codec.JSON,
    list: codec.JSON,
    type(None): "",
}


def _put_aside(more: list[Record | None], key: str, places: list[int] | None, values: list[Any], kind: str) -> None:
    """Write the values of one kind into the rows' JSON objects; `places` None means one value per row."""
    for place, value in zip(range(len(more)) if places is None else places, values, strict=True):
        if kind_of(value) == kind:
            row = more[place]
            if row is None:
                more[place] = {key: value}
            else:
                row[key] = value


def _add_tags(tags: dict[str, str], key: str, values: list[Any]) -> None:
    """Add the tags of values to a key, unless they are known."""
    have = set(tags.get(key, ""))
    if codec.LONG in have:
        have.add(codec.INT)  # a writer that has said `l` may not say `i` any more
    if all(have.issuperset(_POSSIBLE_TAGS[of]) for of in set(map(type, values))):
        return
    for tag in {codec.tag_of(value) for value in values if value is not None} - have:
        merge_tags(tags, {key: tag})
