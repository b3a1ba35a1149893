"""The server, its store and its projects."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from eventide._version import __version__
from eventide.errors import RunExists
from eventide.model import Buckets, FileQuery, KeyInfo, RunQuery, SeriesQuery
from eventide.server import plain, schema
from eventide.server.questions import kept
from eventide.server.served import Asked, Reading, Writing
from eventide.store.filter.tree import Field
from eventide.table.goals import GoalMetric, best_run, best_value, goal_of_keys

if TYPE_CHECKING:
    from eventide.model import ProjectInfo, RunInfo
    from eventide.source import Source

router = APIRouter(tags=["server"])

SPARK_POINTS = 40


@router.get("/api/info", response_model=schema.Info)
def info(asked: Reading) -> Response:
    """Return the server and its store in numbers."""
    found = asked.source.info()
    served = asked.served
    root = PurePath(found.root).name if served.hub else found.root
    numbers = {name: getattr(found, name) for name in schema.StoreNumbers.model_fields if name != "root"}
    return plain.reply(
        {
            "version": __version__,
            "store": {**numbers, "root": root},
            "read_only": served.read_only or "write" not in asked.access.rights,
            "hub": served.hub,
            "user": asked.access.user,
            "rights": sorted(asked.access.rights),
        }
    )


@router.get("/api/projects", response_model=schema.Projects)
def projects(asked: Reading) -> Response:
    """Return all projects, the most recently active first, with their best runs."""
    settings = asked.served.preferences
    found = asked.source.projects()
    goals = tuple((project.name, settings.get(project.name).goal) for project in found)
    body = kept(asked, "projects", (goals,), lambda: {"projects": [_project(asked, project) for project in found]})
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=plain.JSON_TYPE)


def goal_of(asked: Asked, project: str | None, keys: Iterable[KeyInfo]) -> GoalMetric | None:
    """Return the metric that ranks a project's runs: the one that was set, else a guess."""
    chosen = asked.served.preferences.get(project).goal if project is not None else None
    return GoalMetric(chosen.key, chosen.direction) if chosen is not None else goal_of_keys(keys)


def keys_of(source: Source, project: str | None, runs: Sequence[RunInfo]) -> list[KeyInfo]:
    """Return the keys that some runs logged, those of several projects taken together."""
    found: dict[str, KeyInfo] = {}
    for key in source.keys(project=project, run_ids=[run.id for run in runs]):
        other = found.get(key.key)
        if other is not None:
            tags = "".join(sorted({*key.tags, *other.tags}))
            numbers = (key.runs + other.runs, key.finite + other.finite, key.rising + other.rising)
            found[key.key] = KeyInfo(key.project, key.key, tags, *numbers)
        else:
            found[key.key] = key
    return list(found.values())


def _project(asked: Asked, about: ProjectInfo) -> dict[str, Any]:
    source = asked.source
    runs = source.runs(RunQuery(project=about.name, limit=None, keys=(), details=False)).runs
    goal = goal_of(asked, about.name, keys_of(source, about.name, runs))
    best = _best(source, about.name, goal) if goal is not None else None
    value = best_value(best.metrics, goal) if best is not None and goal is not None else None
    return {
        "name": about.name,
        "runs": about.runs,
        "running": about.running,
        "failed": sum(run.status.value in ("failed", "crashed") for run in runs),
        "updated": about.updated,
        "goal": goal and goal._asdict(),
        "best": None if best is None or value is None else {"run_id": best.id, "name": best.name, "value": value},
        "spark": _spark(asked, best.id, goal.key) if best is not None and goal is not None else [],
        "holds": [
            what
            for what, kind in (("media", "media"), ("artifacts", "artifact"))
            if source.files(FileQuery(project=about.name, kinds=(kind,), limit=1))
        ],
    }


def _best(source: Source, project: str, goal: GoalMetric) -> RunInfo | None:
    best = Field("call", goal.direction, metric=goal.key)
    sort = f"-{best}" if goal.direction == "max" else str(best)
    found = source.runs(RunQuery(project=project, sort=sort, limit=1, keys=(goal.key,), details=False)).runs
    return best_run(found, goal)


def _spark(asked: Asked, run_id: str, key: str) -> list[float | None]:
    for curve in asked.source.series(SeriesQuery((run_id,), (key,), bins=SPARK_POINTS)):
        if isinstance(curve, Buckets):
            return [
                float(mean) if math.isfinite(mean) else None
                for mean, n in zip(curve.mean, curve.count, strict=True)
                if n
            ]
    return []


@router.post("/api/demo", response_model=schema.Demo)
def demo(asked: Writing) -> Response:
    """Fill an empty store with sample runs; only on a server that this machine alone reaches."""
    make = asked.served.make_demo
    if make is None:
        raise RunExists("sample runs are made on a local server only", hint="eventide demo")
    if asked.source.info().runs:
        raise RunExists("the store has runs; samples are made in an empty one", hint="eventide demo /tmp/sample")
    project, runs = make()
    asked.served.watcher.sync()
    return plain.reply({"project": project, "runs": runs})
