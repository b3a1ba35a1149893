"""Rows of a Hydra tree as a pandas frame.

Invariant: a column has the type its values have: whole numbers stay whole (nullable where some runs lack the key), texts are never read
as numbers, lists stay lists. Rows are in the order given, columns are sorted, collected paths come last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

INDEX_NAMES = ("date", "run")
PATH_COLUMN = "collected_path_"
_EXACT = 1 << 53
_ABSENT = type("_Absent", (), {"__repr__": lambda _: "ABSENT"})()


class Row(NamedTuple):
    """One run: its place, its config with joined keys, facts that Hydra itself wrote, and paths of files."""

    date: str
    number: int
    config: dict[str, Any]
    facts: dict[str, Any]
    paths: list[str]


def build(rows: Sequence[Row]) -> pd.DataFrame:
    """Return one line per row; index `(date, run)`, columns config keys, then facts, then `collected_path_0` and so on."""
    data: dict[str, Any] = {}
    for part in ([row.config for row in rows], [row.facts for row in rows]):
        keys = sorted({key for values in part for key in values})
        data.update((key, column([values.get(key, _ABSENT) for values in part])) for key in keys)
    for place in range(max((len(row.paths) for row in rows), default=0)):
        paths = [row.paths[place] if place < len(row.paths) else _ABSENT for row in rows]
        data[f"{PATH_COLUMN}{place}"] = column(paths)
    index = pd.MultiIndex.from_arrays(
        [[row.date for row in rows], np.array([row.number for row in rows], dtype=np.int64)], names=INDEX_NAMES
    )
    return pd.DataFrame(data, index=index)


def column(values: list[Any]) -> Any:
    """Return values as the array that keeps their type; what a run lacks, and null, is missing."""
    kinds = set(map(type, values))
    lacking = bool(kinds & {type(_ABSENT), type(None)})
    kinds -= {type(_ABSENT), type(None)}
    known = [None if value is _ABSENT else value for value in values] if lacking else values
    if kinds == {bool}:
        return pd.array(known, dtype="boolean") if lacking else np.array(known, dtype=bool)
    if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in known):
        return pd.array(known, dtype="Int64") if lacking else np.array(known, dtype=np.int64)
    if float in kinds and kinds <= {int, float} and _is_exact(known):
        return np.array([np.nan if value is None else value for value in known], dtype=np.float64)
    if kinds == {str}:
        return pd.Series(known).array
    found = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        found[place] = np.nan if value is _ABSENT else value
    return found


def _is_exact(values: list[Any]) -> bool:
    """Tell whether every whole number survives as a float."""
    return all(type(value) is not int or -_EXACT <= value <= _EXACT for value in values)
