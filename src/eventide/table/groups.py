"""Runs that are alike, and their metrics in numbers: seeds as one thing.

Invariant: all runs of a group enter its statistics, failed ones included where they have a value; how many entered is always said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from eventide.model import RunInfo, RunStatus
from eventide.table.columns import frozen, param_columns

Pick = Literal["best", "last", "min", "max", "mean"]
SEED_NAMES = ("seed", "random_seed", "rng_seed", "manual_seed", "random_state")
_FIELDS = ("state", "status", "project", "group", "host", "user")


class Spread(NamedTuple):
    """One metric over the runs of a group; None where too few runs have a finite value."""

    n: int
    mean: float | None
    std: float | None
    """Of the sample; None below two."""
    sem: float | None
    """Standard error of the mean."""
    median: float | None
    q1: float | None
    q3: float | None
    min: float | None
    max: float | None


class Group(NamedTuple):
    """Runs with the same values of some fields."""

    key: dict[str, Any]
    label: str
    runs: tuple[RunInfo, ...]
    metrics: dict[str, Spread]

    @property
    def failed(self) -> int:
        """How many did not finish well."""
        return sum(run.status in (RunStatus.FAILED, RunStatus.CRASHED, RunStatus.KILLED) for run in self.runs)


def resolve_by(runs: Sequence[RunInfo], by: Sequence[str]) -> list[str]:
    """Return the fields to group by: the given ones, or with a leading `-` or `!` all varying parameters but the given.

    `-seed` stands for every parameter that is a random seed by its name.
    """
    left_out = [field[1:] for field in by if field[:1] in ("-", "!")]
    if not left_out:
        return list(dict.fromkeys(by))
    named = {field.removeprefix("config.") for field in left_out}
    if "seed" in named:
        named |= set(SEED_NAMES)

    def is_out(path: str) -> bool:
        return path in named or ("seed" in named and path.rsplit(".", 1)[-1].lower() in SEED_NAMES)

    varying = [column.path for column in param_columns(runs) if column.varying and not is_out(column.path)]
    return [*(field for field in by if field[:1] not in ("-", "!")), *varying]


def field_of(run: RunInfo, field: str) -> Any:
    """Return a run's value of a field to group by: a parameter, or one of state, project, group, host, user, tag."""
    if field in ("state", "status"):
        return str(run.status)
    if field in _FIELDS:
        return getattr(run, field)
    if field in ("tag", "tags"):
        return ", ".join(run.tags)
    return run.params.get(field.removeprefix("config."))


def group_runs(
    runs: Sequence[RunInfo], by: Sequence[str], metrics: Sequence[str] = (), pick: Pick = "best"
) -> list[Group]:
    """Return the groups of runs, in the order of their first runs; `by` as in `resolve_by`, one group when it names nothing."""
    fields = resolve_by(runs, by)
    found: dict[tuple[bytes, ...], list[RunInfo]] = {}
    for run in runs:
        found.setdefault(tuple(frozen(field_of(run, field)) for field in fields), []).append(run)
    groups = []
    for members in found.values():
        key = {field: field_of(members[0], field) for field in fields}
        spreads = {metric: spread([value_of(run, metric, pick) for run in members]) for metric in metrics}
        groups.append(Group(key, label_of(key), tuple(members), spreads))
    return groups


def label_of(key: Mapping[str, Any]) -> str:
    """Return a group's key as people read it."""
    return " ".join(f"{field.rsplit('.', 1)[-1]}={_short(value)}" for field, value in key.items()) or "all"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "·" if value is None else str(value)


def value_of(run: RunInfo, metric: str, pick: Pick) -> float | None:
    """Return the value of a metric that stands for a run; None when there is no finite one."""
    stats = run.metrics.get(metric)
    value = getattr(stats, pick, None)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def spread(values: Sequence[float | None]) -> Spread:
    """Return values in numbers; missing and non-finite ones do not count."""
    found = sorted(value for value in values if value is not None and math.isfinite(value))
    n = len(found)
    if not n:
        return Spread(0, None, None, None, None, None, None, None, None)
    mean = math.fsum(found) / n
    std = math.sqrt(math.fsum((value - mean) ** 2 for value in found) / (n - 1)) if n > 1 else None
    return Spread(
        n, mean, std, None if std is None else std / math.sqrt(n), quantile(found, 0.5), quantile(found, 0.25),
        quantile(found, 0.75), found[0], found[-1],
    )  # fmt: skip


def quantile(ascending: Sequence[float], share: float) -> float:
    """Return a quantile of sorted values, interpolated linearly as numpy does by default."""
    place = share * (len(ascending) - 1)
    below = int(place)
    above = min(below + 1, len(ascending) - 1)
    return ascending[below] + (ascending[above] - ascending[below]) * (place - below)
