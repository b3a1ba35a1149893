"""Physical tables to what people see: rows as dicts, and columns under the keys' own names.

Invariant: the rule for names and types is `columns.logical_columns`, as in SQL; nothing that was logged is hidden, only reshaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from eventide.journal.codec import INT64_MAX, decode
from eventide.names import unescape_key
from eventide.store.rows import arrays
from eventide.store.rows.columns import INTERNAL, JSON, LONG, MORE, NUMBER, Logical, logical_columns, parse

SHOWN = ("run_id", "step", "ts")


def to_python(table: pa.Table) -> list[dict[str, Any]]:
    """Return the user's keys and decoded values of every row of a physical table; None and missing are both left out.

    Numbers come back as floats where a DOUBLE holds them exactly, and as ints beyond that.
    """
    rows: list[dict[str, Any]] = [{} for _ in range(table.num_rows)]
    for name in table.column_names:
        if name in INTERNAL:
            continue
        key, kind = parse(name)
        key = unescape_key(key)
        for row, value in zip(rows, table[name].to_pylist(), strict=True):
            if value is not None:
                row[key] = decode(orjson.loads(value)) if kind == JSON else value
    if MORE in table.column_names:
        for row, text in zip(rows, table[MORE].to_pylist(), strict=True):
            if text is not None:
                row.update((unescape_key(key), decode(raw)) for key, raw in orjson.loads(text).items())
    return rows


def logical_table(table: pa.Table, tags: Mapping[str, str], *, keys: Sequence[str] | None = None) -> pa.Table:
    """Return `run_id, step, ts` and the logged keys of a physical events table under their own names.

    `tags` is stored key → tags; `keys` are stored keys, in the order wanted, None for all that have a column. A key that lives in
    `_more` is found when it is asked for; a key that nothing has is left out. With all keys, `_more` itself is kept as it is.
    """
    wanted = None if keys is None else set(keys)
    physical = [name for name in table.column_names if wanted is None or parse(name).key in wanted]
    logical = logical_columns(physical, tags)
    columns: dict[str, Any] = {name: table[name] for name in SHOWN if name in table.column_names}
    if wanted is None:
        columns.update((item.name, shape(table, item)) for item in logical)
        if MORE in table.column_names:
            columns[MORE] = table[MORE]
        return pa.table(columns)
    for key in dict.fromkeys(keys or ()):
        found = [item for item in logical if item.key == key]
        columns.update((item.name, shape(table, item)) for item in found)
        if not found and MORE in table.column_names and (values := from_more(table[MORE], key)) is not None:
            columns[key] = values
    return pa.table(columns)


def shape(table: pa.Table, item: Logical) -> pa.ChunkedArray:
    """Return one logical column of a physical table."""
    parts = [table[name] for name in item.columns]
    if item.kind in (NUMBER, LONG):
        target = pa.float64() if item.kind == NUMBER else pa.int64()
        parts = [part.cast(target, safe=False) for part in parts]
    return parts[0] if len(parts) == 1 else pc.coalesce(*parts)


def from_more(more: pa.ChunkedArray, key: str) -> pa.Array | None:
    """Return the values a key has in `_more`, as JSON text unless they are all numbers, text or booleans; None without any."""
    found = [None if text is None else orjson.loads(text).get(key) for text in more.to_pylist()]
    values = [None if raw is None else decode(raw) for raw in found]
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return None
    if kinds == {int} and all(value is None or abs(value) <= INT64_MAX for value in values):
        return arrays.ints(values)
    if kinds <= {int, float}:
        return arrays.floats(values)
    if kinds == {bool}:
        return arrays.bools(values)
    if kinds == {str}:
        return arrays.texts(values)
    return arrays.texts([None if raw is None else orjson.dumps(raw).decode() for raw in found])
