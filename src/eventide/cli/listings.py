"""Runs as listings: which fields, one row a run or one row a group.

Invariant: all runs of a group enter its statistics, and N is shown; a run without the value counts in `runs`, not in the mean.
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any

from eventide.cli.output import Column, Listing
from eventide.errors import InvalidSetting
from eventide.table import choose, fields, values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.model import RunInfo
    from eventide.table.fields import Field

_KINDS = {
    "started": "time",
    "ended": "time",
    "updated": "time",
    "deleted": "time",
    "duration_s": "duration",
    "status": "status",
    "rows": "number",
    "attempts": "number",
    "world_size": "number",
}
_TITLES = {"duration_s": "duration"}


def choose_fields(runs: Sequence[RunInfo], *, people: bool, deleted: bool = False) -> list[Field]:
    """Return the fields a list of runs shows by default: for people the name first, for programs the id and fixed fields first."""
    goal = choose.goal_metric(runs)
    names = ["status", "name"] if people else ["id", "name", "status", "project", "started", "duration_s"]
    if people and len({run.project for run in runs}) > 1:
        names.append("project")
    names += [f"best({_quoted(goal)})"] if goal else []
    names += [f"last({_quoted(key)})" for key in choose.common_metrics(runs, limit=3 if people else 4, without=goal)]
    names += [f"config.{path}" for path in choose.varying_params(runs, limit=6)] if len(runs) > 1 else []
    if people:
        names += ["deleted"] if deleted else ["duration_s", "started"]
    names += ["tags"] if any(run.tags for run in runs) else []
    names += ["notes"] if people and any(run.notes for run in runs) else []
    if people and any(run.error for run in runs):
        names.append("error")
    return [fields.parse(name) for name in names]


def _quoted(key: str | None) -> str:
    return f"`{key}`" if key and any(character in "(),` " for character in key) else str(key)


def column_of(field: Field, cells: Sequence[Any]) -> Column:
    """Return the column that shows a field with these values."""
    title = _TITLES.get(field.path, "") if field.kind == "base" else field.path if field.kind == "config" else ""
    if field.kind == "base" and field.path in _KINDS:
        return Column(field.text, _KINDS[field.path], title)
    if field.kind == "tree":
        return Column(field.text, "tree")
    known = [cell for cell in cells if cell is not None]
    numeric = bool(known) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in known)
    return Column(field.text, "number" if numeric else "text", title, wide=not numeric)


def goal_of(field: Field, runs: Sequence[RunInfo]) -> str:
    """Return the goal of the metric whose best value a field shows, else the empty string."""
    if field.kind != "metric" or field.aggregate != "best":
        return ""
    return next((run.metrics[field.path].goal for run in runs if field.path in run.metrics), "")


def run_listing(runs: Sequence[RunInfo], chosen: Sequence[Field], *, total: int) -> Listing:
    """Return one row per run; a traceback is cut to its last line, which says why."""
    cells = [[_shown(field, run) for run in runs] for field in chosen]
    columns = []
    for field, column in zip(chosen, cells, strict=True):
        plain = column_of(field, column)
        columns.append(Column(plain.name, plain.kind, plain.title, goal_of(field, runs), plain.wide))
    return Listing("runs", columns, [list(row) for row in zip(*cells, strict=True)], total)


def _shown(field: Field, run: RunInfo) -> Any:
    value = field.of(run)
    if field.kind == "base" and field.path == "error" and isinstance(value, str):
        return value.strip().rsplit("\n", 1)[-1]
    return value


def group_keys(runs: Sequence[RunInfo], by: str) -> list[Field]:
    """Return the fields to group by; names with `-` in front mean all varying parameters but those.

    Raises:
        InvalidSetting: some names have a `-` in front and some have not, or none is left.
    """
    names = fields.split(by)
    without = [name[1:].removeprefix("config.") for name in names if name.startswith("-")]
    if without and len(without) < len(names):
        raise InvalidSetting(
            f"`--group {by}` mixes names with and without `-`", hint="--group lr,model or --group -seed"
        )
    if not names:
        raise InvalidSetting("`--group` needs a field", hint="--group lr or --group -seed")
    if not without:
        return [fields.parse(name) for name in names]
    held = {path for run in runs for path in run.params}
    unknown = [name for name in without if name not in held]
    if unknown and runs:
        raise InvalidSetting(f"no run has the parameter `{unknown[0]}`", hint=f"--group -{min(held)}" if held else "")
    return [fields.parse(f"config.{path}") for path in choose.varying_params(runs, limit=None) if path not in without]


def group_listing(runs: Sequence[RunInfo], by: str, wanted: Sequence[str], *, limit: int | None = None) -> Listing:
    """Return one row per group: its values, how many runs, how many of them failed, mean and std of each metric."""
    keys = group_keys(runs, by)
    goal = choose.goal_metric(runs)
    names = list(wanted) or [
        *([f"best({_quoted(goal)})"] if goal else []),
        *(f"last({_quoted(key)})" for key in choose.common_metrics(runs, limit=3, without=goal)),
    ]
    measured = [fields.parse(name) for name in names]
    groups: dict[str, list[RunInfo]] = {}
    for run in runs:
        groups.setdefault(repr([field.of(run) for field in keys]), []).append(run)
    ordered = sorted(groups.values(), key=lambda members: _group_rank(members, measured[0] if measured else None))
    rows = [_group_row(members, keys, measured) for members in ordered[:limit]]
    cells = list(zip(*rows, strict=True)) if rows else [()] * (len(keys) + 2 + 3 * len(measured))
    columns = [column_of(field, cells[place]) for place, field in enumerate(keys)]
    columns += [Column("runs", "number", "n"), Column("failed", "number")]
    for field in measured:
        columns += [
            Column(f"{field.text}.mean", "number", goal=goal_of(field, runs)),
            Column(f"{field.text}.std", "number"),
            Column(f"{field.text}.n", "number"),
        ]
    return Listing("groups", columns, rows, len(ordered))


def for_people(listing: Listing) -> Listing:
    """Return a listing of groups with mean and std in one cell, and n of a metric only where it is not that of the group."""
    columns: list[Column] = []
    picks: list[Any] = []
    names = [column.name for column in listing.columns]
    for place, column in enumerate(listing.columns):
        stem = column.name.removesuffix(".mean")
        if stem != column.name and f"{stem}.std" in names:
            columns.append(Column(stem, "spread", goal=column.goal))
            picks.append(
                lambda row, place=place: (
                    values.spread(row[place], row[place + 1]) + _partial(row[place + 2], row, names)
                )
            )
        elif not column.name.endswith((".std", ".n")):
            columns.append(column)
            picks.append(lambda row, place=place: row[place])
    return Listing(listing.name, columns, [[pick(row) for pick in picks] for row in listing.rows], listing.total)


def _partial(count: int, row: list[Any], names: list[str]) -> str:
    return "" if count == row[names.index("runs")] else f" (n={count})"


def _numbers(members: Sequence[RunInfo], field: Field) -> list[float]:
    found = (field.of(run) for run in members)
    return [float(value) for value in found if isinstance(value, int | float) and math.isfinite(value)]


def _group_rank(members: Sequence[RunInfo], field: Field | None) -> tuple[bool, float]:
    """Sort groups by the mean of the first metric, best first; those without it last."""
    numbers = _numbers(members, field) if field is not None else []
    if field is None or not numbers:
        return True, 0.0
    up = goal_of(field, members) == "max"
    return False, -statistics.fmean(numbers) if up else statistics.fmean(numbers)


def _group_row(members: Sequence[RunInfo], keys: Sequence[Field], measured: Sequence[Field]) -> list[Any]:
    row: list[Any] = [field.of(members[0]) for field in keys]
    row += [len(members), sum(run.status.value in ("failed", "crashed", "killed") for run in members)]
    for field in measured:
        numbers = _numbers(members, field)
        row.append(statistics.fmean(numbers) if numbers else None)
        row.append(statistics.stdev(numbers) if len(numbers) > 1 else None)
        row.append(len(numbers))
    return row
