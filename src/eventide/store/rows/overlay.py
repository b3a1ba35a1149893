"""Values set for whole runs (`run.set`), laid over logged rows at read.

Invariant: sealed files are never rewritten for them; a value set for a run shows in every row of the run, whenever the row was logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from eventide.names import escape_key
from eventide.store.rows import arrays

Value = tuple[str, str, float | None, str | None, str]
"""(run id, key, number, text, json), as the index holds them."""


def apply_overlay(table: pa.Table, values: Iterable[Value], keys: Sequence[str] | None) -> pa.Table:
    """Return a logical table with the values of its runs in place; `keys` None means all keys."""
    present = set(pc.unique(table.column("run_id")).to_pylist()) if table.num_rows else set()
    by_key: dict[str, dict[str, Any]] = {}
    for run_id, key, number, text, json in values:
        if run_id in present and (keys is None or key in keys):
            by_key.setdefault(escape_key(key), {})[run_id] = _plain(number, text, json)
    for key, by_run in by_key.items():
        table = _lay(table, key, by_run)
    return table


def _plain(number: float | None, text: str | None, json: str) -> Any:
    """Return a stored value as a column can hold it: number, bool or text; JSON text for everything else."""
    if json in ("true", "false"):
        return json == "true"
    if number is not None:
        return int(json) if json.lstrip("-").isdigit() else number
    if json in ('"NaN"', '"Infinity"', '"-Infinity"'):
        return float(json.strip('"'))
    return text if json.startswith('"') else json


def _lay(table: pa.Table, key: str, by_run: dict[str, Any]) -> pa.Table:
    run_ids = table.column("run_id")
    names = arrays.texts(list(by_run))
    values = _array(list(by_run.values()))
    place = pc.index_in(run_ids, value_set=names)
    laid = pc.take(values, place)
    if key not in table.column_names:
        return table.append_column(key, laid)
    at = table.column_names.index(key)
    logged = table.column(key)
    if logged.type != laid.type:
        numeric = all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in (logged.type, laid.type))
        target = pa.float64() if numeric else pa.string()
        logged, laid = logged.cast(target), laid.cast(target)
    return table.set_column(at, key, pc.coalesce(laid, logged))


def _array(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values}
    if len(kinds) == 1:
        return arrays.floats(values) if kinds == {float} else _plainly(values)
    if kinds <= {int, float}:
        return arrays.floats([float(value) for value in values])
    return arrays.texts([str(value) for value in values])


def _plainly(values: list[Any]) -> pa.Array:
    """Return integers, booleans or texts, all of one type."""
    if type(values[0]) is bool:
        return arrays.bools(values)
    return arrays.ints(values) if type(values[0]) is int else arrays.texts(values)
