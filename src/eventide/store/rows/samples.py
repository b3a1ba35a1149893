"""System samples as points: what was measured of the machine while a run went on.

Invariant: the samples of a run come in the order of time, whatever files they lie in, and count as steps 0, 1, 2, ... in that order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eventide.names import unescape_key
from eventide.store.rows import arrays
from eventide.store.rows.columns import parse
from eventide.store.rows.points import Points
from eventide.store.rows.stretches import number_columns

if TYPE_CHECKING:
    from eventide.model import Floats

FIXED = ("run_id", "ts", "_writer", "_seq")


def columns_of(keys: Sequence[str] | None) -> Any:
    """Return what chooses the columns of some keys (None: all) in a sealed file of samples."""

    def choose(names: list[str]) -> list[str]:
        if keys is None:
            return names
        columns = [name for found in number_columns(names, keys).values() for name in found]
        return [*FIXED, *columns]

    return choose


def sample_points(
    tables: Iterable[pa.Table], run_ids: Sequence[str], keys: Sequence[str]
) -> dict[tuple[str, str], Points]:
    """Return (run id, key) → points of every pair that has any."""
    held = [table for table in tables if table.num_rows]
    if not held:
        return {}
    joined = pa.concat_tables(held, promote_options="permissive")
    joined = joined.sort_by([("ts", "ascending"), ("_writer", "ascending"), ("_seq", "ascending")])
    owners = np.asarray(joined.column("run_id").to_pylist(), dtype=object)
    ts = arrays.to_numpy(joined.column("ts"))
    numbers = {
        key: _numbers(joined, names) for key, names in number_columns(joined.column_names, keys).items() if names
    }
    found = {}
    for run_id in dict.fromkeys(run_ids):
        rows = np.flatnonzero(owners == run_id)
        steps = np.arange(len(rows), dtype=np.int64)
        for key, (there, values) in numbers.items():
            has = there[rows]
            if has.any():
                found[run_id, key] = Points(steps[has], ts[rows][has], values[rows][has])
    return found


def _numbers(table: pa.Table, names: Sequence[str]) -> tuple[Any, Floats]:
    """Return which rows have a number of a key, and the numbers."""
    columns = [table.column(name).cast(pa.float64()) for name in names]
    values = columns[0] if len(columns) == 1 else pc.coalesce(*columns)
    there = arrays.to_numpy(pc.is_valid(values))
    return there, arrays.to_numpy(values)


def sampled_keys(tables: Iterable[pa.Table]) -> dict[str, set[str]]:
    """Return key → ids of the runs that have samples of it."""
    found: dict[str, set[str]] = {}
    for table in tables:
        for name in table.column_names:
            if name in FIXED:
                continue
            valid = table.filter(pc.is_valid(table.column(name))) if table.column(name).null_count else table
            if valid.num_rows:
                key = unescape_key(parse(name).key)
                found.setdefault(key, set()).update(pc.unique(valid.column("run_id")).to_pylist())
    return found
