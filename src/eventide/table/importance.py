"""How much a parameter and a metric go together over runs: Spearman's rank correlation.

It says what went together in these runs, not what caused what. Texts and booleans count by the mean rank of the metric at each of their
values (which makes it a correlation ratio with a sign of +).
Invariant: a result lies between -1 and 1 and says how many runs it is made of.
Source: C. Spearman, "The proof and measurement of association between two things", 1904.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.table.columns import frozen, param_columns
from eventide.table.groups import Pick, value_of

if TYPE_CHECKING:
    from eventide.model import RunInfo

MIN_RUNS = 3


class Importance(NamedTuple):
    """One parameter."""

    path: str
    correlation: float
    n: int


def importance(runs: Sequence[RunInfo], metric: str, pick: Pick = "best") -> tuple[int, list[Importance]]:
    """Return how many runs have the metric, and the parameters that vary among them, the strongest first."""
    measured = [(run, value) for run in runs if (value := value_of(run, metric, pick)) is not None]
    found = []
    for column in param_columns([run for run, _ in measured]):
        if not column.varying:
            continue
        pairs = [(run.params[column.path], value) for run, value in measured if column.path in run.params]
        if len(pairs) >= MIN_RUNS and len({frozen(param) for param, _ in pairs}) > 1:
            found.append(Importance(column.path, _strength(pairs, numeric=column.numeric), len(pairs)))
    return len(measured), sorted(found, key=lambda item: (-abs(item.correlation), item.path))


def _strength(pairs: Sequence[tuple[Any, float]], *, numeric: bool) -> float:
    goal = ranks([value for _, value in pairs])
    if numeric and all(math.isfinite(param) for param, _ in pairs):
        return pearson(ranks([float(param) for param, _ in pairs]), goal)
    by_value: dict[bytes, list[float]] = {}
    for (param, _), rank in zip(pairs, goal, strict=True):
        by_value.setdefault(frozen(param), []).append(rank)
    means = {value: math.fsum(found) / len(found) for value, found in by_value.items()}
    return abs(pearson([means[frozen(param)] for param, _ in pairs], goal))


def ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        stop = start
        while stop + 1 < len(order) and values[order[stop + 1]] == values[order[start]]:
            stop += 1
        for place in order[start : stop + 1]:
            found[place] = (start + stop) / 2 + 1
        start = stop + 1
    return found


def pearson(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the linear correlation of two sequences; 0 where one of them does not vary."""
    n = len(x)
    mean_x, mean_y = math.fsum(x) / n, math.fsum(y) / n
    xx = math.fsum((a - mean_x) ** 2 for a in x)
    yy = math.fsum((b - mean_y) ** 2 for b in y)
    if not xx or not yy:
        return 0.0
    xy = math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return max(-1.0, min(1.0, xy / math.sqrt(xx * yy)))
