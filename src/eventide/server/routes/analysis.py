"""Runs taken together: groups, what goes with a metric, runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from eventide.errors import InvalidSetting
from eventide.model import FileQuery
from eventide.server import plain, schema
from eventide.server.questions import Filter, Keys, Project, kept, listed, many_runs, one_run
from eventide.server.routes.projects import goal_of, keys_of
from eventide.server.schema import MAX_TEXT
from eventide.server.served import Asked, Reading
from eventide.table.computed import field_values
from eventide.table.groups import Group, group_runs, resolve_by, spread
from eventide.table.importance import importance as importance_of
from eventide.table.selection import infos
from eventide.table.side_by_side import config_lines, environment_lines, metric_lines

if TYPE_CHECKING:
    from eventide.model import KeyInfo
    from eventide.source import Source

router = APIRouter(tags=["analysis"])

MOST_COMPARED = 100
MOST_METRICS = 12
"""Of a group where nobody says which."""

Pick = Annotated[Literal["best", "last", "min", "max", "mean"], Query(description="What stands for a run.")]


Fields = Annotated[
    str | None, Query(max_length=MAX_TEXT, description="Numbers of metrics, such as `min(loss)`, with commas.")
]


@router.get("/api/groups", response_model=schema.GroupsAnswer)
def groups(
    asked: Reading,
    by: Annotated[
        str, Query(max_length=MAX_TEXT, description="Fields with commas; `-seed`: all that vary but the seed.")
    ],
    project: Project = None,
    q: Filter = "",
    stat: Annotated[Literal["mean", "median"], Query(description="What ranks the groups.")] = "mean",
    metrics: Keys = None,
    pick: Pick = "best",
    fields: Fields = None,
) -> Response:
    """Return all groups of the runs that match, with their metrics over every run of theirs, the best first."""
    goal = asked.served.preferences.get(project).goal if project else None
    question = (by, project, q, stat, metrics, pick, fields, goal)
    body = kept(asked, "groups", question, lambda: _groups(asked, by, project, q, stat, metrics, pick, fields))
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=plain.JSON_TYPE)


def _groups(
    asked: Asked, by: str, project: str | None, q: str, stat: str, metrics: str | None, pick: Any, fields: str | None
) -> dict[str, Any]:
    keys = keys_of(asked.source, project, many_runs(asked.source, project, q, keys=(), details=False))
    goal = goal_of(asked, project, keys)
    wanted = list(listed(metrics)) if metrics is not None else _usual(keys, goal.key if goal else None)
    runs = many_runs(asked.source, project, q, keys=tuple(wanted))
    direction = next((run.metrics[wanted[0]].goal for run in runs if wanted and wanted[0] in run.metrics), "max")
    if goal is not None and wanted and goal.key == wanted[0]:
        direction = goal.direction
    found = group_runs(runs, listed(by), wanted, pick)
    values = field_values(asked.source, runs, listed(fields))

    def rank(group: Group) -> tuple[bool, float]:
        value = getattr(group.metrics[wanted[0]], stat) if wanted else None
        return value is None, 0.0 if value is None else (-value if direction == "max" else value)

    described = [
        {
            "key": plain.plain(group.key),
            "label": group.label,
            "n": len(group.runs),
            "failed": group.failed,
            "run_ids": [run.id for run in group.runs],
            "metrics": {key: plain.words(numbers._asdict()) for key, numbers in group.metrics.items()},
            "fields": {
                field: plain.words(spread([of.get(run.id) for run in group.runs])._asdict())
                for field, of in values.items()
            },
        }
        for group in sorted(found, key=rank)
    ]
    return {"by": resolve_by(runs, listed(by)), "metrics": wanted, "groups": described, "total": len(runs)}


def _usual(keys: list[KeyInfo], goal: str | None) -> list[str]:
    """Return the metrics to show where nobody says which: the goal, then those that most runs have."""
    numbers = sorted((one for one in keys if one.finite), key=lambda one: (one.key != goal, -one.finite, one.key))
    return [one.key for one in numbers[:MOST_METRICS]]


@router.get("/api/importance", response_model=schema.Importance)
def importance(
    asked: Reading,
    metric: Annotated[str, Query(min_length=1, max_length=MAX_TEXT)],
    project: Project = None,
    q: Filter = "",
    pick: Pick = "best",
) -> Response:
    """Return how much each parameter that varies goes with a metric, the strongest first."""

    def make() -> dict[str, Any]:
        n, items = importance_of(many_runs(asked.source, project, q, keys=(metric,)), metric, pick)
        return {"metric": metric, "n": n, "items": [item._asdict() for item in items]}

    body = kept(asked, "importance", (metric, project, q, pick), make)
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=plain.JSON_TYPE)


@router.get("/api/compare", response_model=schema.Comparison)
def compare(
    asked: Reading, runs: Annotated[str, Query(max_length=MAX_TEXT, description="Ids, with commas.")]
) -> Response:
    """Return runs side by side: config, metrics, environment."""
    wanted = [one_run(asked.source, selector) for selector in listed(runs)]
    if not 1 <= len(wanted) <= MOST_COMPARED:
        raise InvalidSetting(f"{len(wanted)} runs cannot be compared; name 1 to {MOST_COMPARED}", hint="runs=ID,ID")
    found = infos(asked.source, wanted)
    answer = {
        "runs": [plain.run(run) for run in found],
        "config": [_line(line) for line in config_lines(found)],
        "metrics": [plain.plain(line._asdict()) for line in metric_lines(found)],
        "environment": [_line(line) for line in environment_lines(found)],
    }
    return plain.reply({**answer, "views": _views(asked.source, wanted, answer)})


def _views(source: Source, run_ids: list[str], answer: dict[str, list[Any]]) -> list[str]:
    """Return the views of a comparison that have something to show."""
    there = {
        "config": answer["config"],
        "metrics": answer["metrics"],
        "curves": answer["metrics"],
        "code": source.files(FileQuery(run_ids=tuple(run_ids), kinds=("snapshot",))),
        "environment": answer["environment"],
        "console": any(source.console_count(run_id) for run_id in run_ids),
    }
    return [view for view, found in there.items() if found]


def _line(line: Any) -> dict[str, Any]:
    return {"path": line.path, "values": plain.plain(line.values), "same": line.same}
