"""What a set of runs has in common and in what it differs: the columns a table of them may show.

Invariant: a parameter varies when two of the runs have different values of it, or only some have it at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from eventide.model import KeyInfo, RunInfo

_NO_NUMBER = frozenset("sj")
"""Types of values that no chart can draw."""


class ParamColumn(NamedTuple):
    """One parameter over all of the runs."""

    path: str
    distinct: int
    varying: bool
    value: Any
    """The value all runs share; None when it varies."""
    numeric: bool


class MetricColumn(NamedTuple):
    """One metric over all of the runs."""

    key: str
    runs: int
    numeric: bool


def param_columns(runs: Sequence[RunInfo]) -> list[ParamColumn]:
    """Return the parameters of the runs, those that vary first, otherwise by path."""
    values: dict[str, Counter[bytes]] = {}
    first: dict[str, Any] = {}
    numbers: dict[str, int] = {}
    for run in runs:
        for path, value in run.params.items():
            values.setdefault(path, Counter())[frozen(value)] += 1
            first.setdefault(path, value)
            numbers[path] = numbers.get(path, 0) + (isinstance(value, int | float) and not isinstance(value, bool))
    found = []
    for path, counts in values.items():
        total = sum(counts.values())
        varying = len(counts) > 1 or total < len(runs)
        found.append(ParamColumn(path, len(counts), varying, None if varying else first[path], numbers[path] == total))
    return sorted(found, key=lambda column: (not column.varying, column.path))


def metric_columns(runs: Sequence[RunInfo]) -> list[MetricColumn]:
    """Return the metrics of the runs, those that most of them have first."""
    counts: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for run in runs:
        for key, stats in run.metrics.items():
            counts[key] += 1
            numbers[key] += stats.min is not None or not isinstance(stats.last, str)
    return sorted(
        (MetricColumn(key, runs, numbers[key] > 0) for key, runs in counts.items()), key=lambda c: (-c.runs, c.key)
    )


def key_columns(keys: Sequence[KeyInfo]) -> list[MetricColumn]:
    """Return the same from the keys that runs logged, without the runs."""
    return sorted(
        (MetricColumn(one.key, one.runs, not set(one.tags) <= _NO_NUMBER) for one in keys),
        key=lambda c: (-c.runs, c.key),
    )


def frozen(value: Any) -> bytes:
    """Return what two equal values share, whatever they are; 1 and 1.0 are one value, 1 and True are two."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return orjson.dumps(value, default=repr, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
