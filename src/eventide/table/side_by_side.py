"""Runs side by side: config, metrics and environment, line by line.

Invariant: a line has one value per run, in the order of the runs; `same` means that all of them have it and have it alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.table.columns import frozen

if TYPE_CHECKING:
    from eventide.model import Goal, RunInfo

_MISSING = object()
MOST_LINES = 20_000


class Line(NamedTuple):
    """One value in all runs, None where one has none."""

    path: str
    values: list[Any]
    same: bool


class MetricLine(NamedTuple):
    """One metric in all runs."""

    key: str
    goal: Goal
    last: list[float | str | None]
    best: list[float | None]


def config_lines(runs: Sequence[RunInfo]) -> list[Line]:
    """Return the parameters of runs, by path."""
    return _lines([run.params for run in runs])


def environment_lines(runs: Sequence[RunInfo]) -> list[Line]:
    """Return where runs came from, leaf by leaf."""
    return _lines([dict(_leaves(run.provenance)) for run in runs])


def metric_lines(runs: Sequence[RunInfo]) -> list[MetricLine]:
    """Return the metrics of runs, by key."""
    keys = sorted({key for run in runs for key in run.metrics})
    lines = []
    for key in keys:
        stats = [run.metrics.get(key) for run in runs]
        goal: Goal = next(each.goal for each in stats if each is not None)
        last = [None if each is None else each.last for each in stats]
        lines.append(MetricLine(key, goal, last, [None if each is None else each.best for each in stats]))
    return lines


def _lines(sides: Sequence[Mapping[str, Any]]) -> list[Line]:
    lines = []
    for path in sorted({path for side in sides for path in side})[:MOST_LINES]:
        values = [side.get(path, _MISSING) for side in sides]
        same = all(value is not _MISSING for value in values) and len({frozen(value) for value in values}) == 1
        lines.append(Line(path, [None if value is _MISSING else value for value in values], same))
    return lines


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value
