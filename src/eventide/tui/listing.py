"""What the table of runs shows: which columns, and what stands in them.

Invariant: made in the background from one answer of the Source, and never changed afterwards; all text in it is safe.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.model import MetricStats, RunInfo, RunQuery, RunStatus
from eventide.table import values
from eventide.table.columns import metric_columns, param_columns
from eventide.table.goals import GoalMetric, best_run, guess_goal, weight
from eventide.table.groups import Group, Pick, group_runs
from eventide.table.suggest import named
from eventide.tui.grid import Cell, Column
from eventide.tui.look import MARKS
from eventide.tui.safe import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.source import Source

STATES = {
    RunStatus.RUNNING: ("●", "r", "ok"),
    RunStatus.FINISHED: ("✓", "f", "dim"),
    RunStatus.FAILED: ("✗", "x", "error"),
    RunStatus.KILLED: ("■", "k", "warn"),
    RunStatus.CRASHED: ("!", "!", "error"),
}
MOST_METRICS = 2
MOST_PARAMS = 6
RANKED_FROM = 12
"""With more curves than this, colours say the rank instead of the run."""
_CALL = re.compile(r"(best|last|min|max|mean|first)\((.+)\)")
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs, and how they are to be listed."""

    filter: str = ""
    project: str | None = None
    sort: str = "-started"
    group: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """Names of columns; empty means the default ones."""
    goal: GoalMetric | None = None
    """The metric runs are judged by; None guesses."""
    limit: int = 200
    archived: bool = False
    deleted: bool = False
    pinned: str = ""

    def query(self) -> RunQuery:
        """Return the question for the runs."""
        return RunQuery(self.filter, self.project, self.sort, self.limit, archived=self.archived, deleted=self.deleted)


class Listing(NamedTuple):
    """An answer."""

    wanted: Wanted
    runs: tuple[RunInfo, ...]
    total: int
    goal: GoalMetric | None
    columns: tuple[Column, ...]
    metrics: tuple[str, ...]
    """Keys of numeric metrics, those most runs have first."""
    same: dict[str, Any]
    """Parameters that all runs share."""
    groups: tuple[Group, ...]
    best: str
    """Id of the best run, "" when there is none."""
    by_id: dict[str, RunInfo]


def fetch(source: Source, wanted: Wanted) -> Listing:
    """Ask for runs and choose the columns; raises InvalidFilter."""
    page = source.runs(wanted.query())
    runs = page.runs
    if wanted.pinned and not any(run.id == wanted.pinned for run in runs):
        runs = (*_pinned(source, wanted), *runs)
    runs = tuple(sorted(runs, key=lambda run: run.id != wanted.pinned)) if wanted.pinned else runs
    goal = wanted.goal or guess_goal(runs)
    params = param_columns(runs)
    metrics = tuple(column.key for column in metric_columns(runs) if column.numeric)
    if goal is not None:
        metrics = (goal.key, *(key for key in metrics if key != goal.key))
    having = Counter(path for run in runs for path, value in run.params.items() if value is not None)
    telling = sorted((column.path for column in params if column.varying), key=lambda path: -having[path])
    names = wanted.columns or _default(goal, metrics, telling)
    columns = _columns(names, {column.path for column in params}, set(metrics), goal)
    groups = tuple(group_runs(runs, wanted.group, metrics[:20])) if wanted.group else ()
    found = best_run(runs, goal) if goal is not None else None
    same = {column.path: column.value for column in params if not column.varying} if len(runs) > 1 else {}
    return Listing(
        wanted,
        runs,
        page.total,
        goal,
        columns,
        metrics,
        same,
        groups,
        found.id if found else "",
        {r.id: r for r in runs},
    )


def _pinned(source: Source, wanted: Wanted) -> tuple[RunInfo, ...]:
    from eventide.errors import EventideError  # noqa: PLC0415

    try:
        return (source.run(wanted.pinned),)
    except EventideError:
        return ()


def _default(goal: GoalMetric | None, metrics: Sequence[str], varying: Sequence[str]) -> tuple[str, ...]:
    found = ["name"]
    if goal is not None:
        found.append(f"best({goal.key})")
    telling = sorted((key for key in metrics if goal is None or key != goal.key), key=lambda key: -weight(key))
    found += [f"last({key})" for key in telling if weight(key) >= 0][:MOST_METRICS]
    found += varying[:MOST_PARAMS]
    return (*found, "duration", "started", "tags", "notes")


_FIXED = ("name", "state", "project", "group", "duration", "started", "tags", "notes", "host", "user", "id", "rows")


def _columns(names: Sequence[str], params: set[str], metrics: set[str], goal: GoalMetric | None) -> tuple[Column, ...]:
    found = [Column("state", "", width=1, frozen=True), Column("mark", "", width=1, frozen=True)]
    titles = _titles(params)
    for name in names:
        call = _CALL.fullmatch(name)
        if call is not None:
            arrow = {"max": " ↑", "min": " ↓"}[goal.direction] if goal is not None and call.group(2) == goal.key else ""
            title = safe(call.group(2)) if call.group(1) in ("last", "best") else safe(name)
            found.append(
                Column(
                    f"{call.group(1)}({call.group(2)})",
                    title + arrow,
                    right=True,
                    most=16,
                    role="bold" if arrow else "dim",
                )
            )
        elif name in _FIXED:
            found.append(
                Column(
                    name, {"notes": "note"}.get(name, name), right=name == "duration", frozen=name == "name", most=32
                )
            )
        elif name in metrics and name not in params:
            found.append(Column(f"last({name})", safe(name), right=True, most=16))
        else:
            found.append(
                Column(
                    f"config.{name.removeprefix('config.')}",
                    safe(titles.get(name.removeprefix("config."), name)),
                    right=True,
                    most=18,
                )
            )
    return tuple(found)


def _titles(params: set[str]) -> dict[str, str]:
    """Return the shortest end of each parameter's path that nothing else is called."""
    parts = {path: path.split(".") for path in params}
    taken = Counter(".".join(words[at:]) for words in parts.values() for at in range(len(words)))
    taken.update(_FIXED)
    return {
        path: next((end for at in range(len(words) - 1, 0, -1) if taken[end := ".".join(words[at:])] == 1), path)
        for path, words in parts.items()
    }


def sort_of(column: str) -> str:
    """Return a column as the grammar sorts by it."""
    call = _CALL.fullmatch(column)
    if call is not None:
        return f"{call.group(1)}({named(call.group(2))})"
    if column.startswith("config."):
        return f"config.{named(column.removeprefix('config.'))}"
    return {"notes": "note", "tags": "tag", "rows": "started"}.get(column, column)


@dataclass(slots=True)
class Cells:
    """What stands in the cells of a listing."""

    listing: Listing
    roles: dict[str, str] = field(default_factory=dict)
    """Run → role of its colour, for those with a curve."""
    letters: dict[str, str] = field(default_factory=dict)
    """Run → letter, where there is no colour."""
    open_groups: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    ascii: bool = False
    _texts: dict[str, dict[str, str]] = field(default_factory=dict)

    def rows(self) -> list[str]:
        """Return the rows by id, groups before their runs."""
        if not self.listing.wanted.group:
            return [run.id for run in self.listing.runs]
        found = []
        for group in self.listing.groups:
            found.append(group_id(group))
            if group_id(group) in self.open_groups:
                found += [run.id for run in group.runs]
        return found

    def cell(self, row: str, column: str) -> Cell:
        """Return what stands where."""
        run = self.listing.by_id.get(row)
        if run is None:
            return self._group_cell(row, column)
        if column == "state":
            mark, letter, role = STATES[run.status]
            return (letter if self.ascii else mark), role
        if column == "mark":
            return self._mark(row)
        if column == "name":
            indent = "  " if self.listing.wanted.group else ""
            pin = "^ " if row == self.listing.wanted.pinned else ""
            return indent + pin + safe(run.name), "dim" if row in self.hidden else ""
        text = self._column(column).get(row, values.MISSING)
        return text, self._role(row, column, text)

    def _mark(self, row: str) -> Cell:
        if row in self.hidden:
            return ("-", "dim")
        if row in self.letters:
            return self.letters[row], "bold"
        if row in self.roles:
            return ("#" if self.ascii else "━"), self.roles[row]
        return " ", ""

    def _role(self, row: str, column: str, text: str) -> str:
        if row == self.listing.best and self.listing.goal is not None and column == f"best({self.listing.goal.key})":
            return "bold"
        if text.strip() in ("NaN", "inf", "-inf"):
            return "error"
        if column in ("tags", "notes", "duration", "started", "host", "user", "id") or text.strip() == values.MISSING:
            return "accent" if column == "tags" else "dim"
        return ""

    def _column(self, column: str) -> dict[str, str]:
        """Return the texts of a column, numbers with their points below each other."""
        found = self._texts.get(column)
        if found is None:
            raw = {run.id: value_of(run, column) for run in self.listing.runs}
            texts = {
                row: value if isinstance(value, str) and column in _FIXED else safe(value) for row, value in raw.items()
            }
            numeric = [
                row for row, value in raw.items() if isinstance(value, int | float) and not isinstance(value, bool)
            ]
            texts |= dict(zip(numeric, values.align([texts[row] for row in numeric]), strict=True))
            found = self._texts[column] = texts
        return found

    def _called(self, group: Group) -> str:
        """Return what tells a group from the others: words as they are and first, the rest with its name."""
        telling = {
            path: value
            for path, value in group.key.items()
            if len(group.key) == 1
            or (value is not None and any(each.key[path] != value for each in self.listing.groups))
        }
        titles = {column.key.removeprefix("config."): column.title for column in self.listing.columns}
        words = [safe(value) for value in telling.values() if isinstance(value, str) and value]
        words += [
            f"{titles.get(path, safe(path.rsplit('.', 1)[-1]))}={safe(value)}"
            for path, value in telling.items()
            if not isinstance(value, str) or not value
        ]
        return " ".join(words) or "all"

    def _group_cell(self, row: str, column: str) -> Cell:
        group = next((each for each in self.listing.groups if group_id(each) == row), None)
        if group is None:
            return "", ""
        if column == "name":
            fold = ("v " if self.ascii else "▾ ") if row in self.open_groups else ("> " if self.ascii else "▸ ")
            failed = f"  {group.failed} failed" if group.failed else ""
            return f"{fold}{len(group.runs)} \u00d7 {self._called(group)}{failed}", "bold"
        call = _CALL.fullmatch(column)
        if call is not None:
            if call.group(1) != "best":
                pick: Pick = call.group(1) if call.group(1) in ("last", "min", "max", "mean") else "last"  # type: ignore[assignment]
                found = group_runs(group.runs, (), (call.group(2),), pick)[0].metrics[call.group(2)]
            else:
                found = (
                    group.metrics.get(call.group(2))
                    or group_runs(group.runs, (), (call.group(2),))[0].metrics[call.group(2)]
                )
            return values.spread(found.mean, found.std), ""
        if column.startswith("config."):
            path = column.removeprefix("config.")
            return (safe(group.key[path]), "") if path in group.key else ("", "")
        return "", ""


def group_id(group: Group) -> str:
    """Return the row of a group."""
    return f"group:{group.label}"


def value_of(run: RunInfo, column: str) -> Any:  # noqa: PLR0911 - one return per kind of column
    """Return the value of a column for a run: a number, text, or None."""
    call = _CALL.fullmatch(column)
    if call is not None:
        stats: MetricStats | None = run.metrics.get(call.group(2))
        value = getattr(stats, call.group(1), None)
        if value is None and stats is not None and stats.nonfinite:
            return float("nan")  # logged, but never a number
        return float(value) if value in ("NaN", "Infinity", "-Infinity") else value
    if column.startswith("config."):
        return run.params.get(column.removeprefix("config."))
    if column == "duration":
        return values.duration(run.duration_s)
    if column == "started":
        return when(run.started)
    if column == "tags":
        return safe(" ".join(run.tags))
    if column == "state":
        return run.status.value
    if column == "notes":
        return safe(run.notes.partition("\n")[0])
    value = getattr(run, column, None)
    return safe(value) if isinstance(value, str) else value


def when(ts: float, now: float | None = None) -> str:
    """Return a moment in local time: `14:02` on the same day, else `Nov 20 14:02`, else with its year."""
    here, today = time.localtime(ts), time.localtime(time.time() if now is None else now)
    if here[:3] == today[:3]:
        return time.strftime("%H:%M", here)
    return time.strftime("%b %d %H:%M" if here.tm_year == today.tm_year else "%Y-%m-%d", here)


def colors(runs: Sequence[RunInfo], goal: GoalMetric | None) -> dict[str, str]:
    """Return the roles of curves: by run, or by rank where there are more than can be told apart."""
    if len(runs) <= RANKED_FROM or goal is None:
        return {run.id: f"run:{run.id}" for run in runs}
    having = [run for run in runs if (stats := run.metrics.get(goal.key)) is not None and stats.best is not None]
    ranked = sorted(having, key=lambda run: run.metrics[goal.key].best or 0.0, reverse=goal.direction == "min")
    last = max(1, len(ranked) - 1)
    shares = {run.id: f"ramp:{place / last:.3f}" for place, run in enumerate(ranked)}
    return {run.id: shares.get(run.id, "dim") for run in runs}


def letters(runs: Sequence[RunInfo]) -> dict[str, str]:
    """Return a letter for each of some runs."""
    return {run.id: MARKS[place % len(MARKS)] for place, run in enumerate(runs)}


def with_all(wanted: Wanted) -> Wanted:
    """Return the same question without the limit of the first answer."""
    return replace(wanted, limit=10_000)
