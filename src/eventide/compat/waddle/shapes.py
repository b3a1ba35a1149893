"""Answers in WaddleML's shapes, both generations', from any Source.

Invariant: every answer is valid JSON: a number that is not finite is null, with its name beside it as text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from eventide.clock import iso
from eventide.compat.waddle.logger import DEFAULT_CATEGORY, TAG_PREFIX
from eventide.errors import RunNotFound
from eventide.model import FileQuery, RunQuery, RunStatus, Series, SeriesQuery

if TYPE_CHECKING:
    from eventide.model import FileInfo, RunInfo
    from eventide.source import Source

STATUS_NAMES = {
    RunStatus.RUNNING: "running",
    RunStatus.FINISHED: "completed",
    RunStatus.FAILED: "failed",
    RunStatus.KILLED: "aborted",
    RunStatus.CRASHED: "aborted",
}
SORTS = {"started_at": "started", "ended_at": "ended", "name": "name", "status": "state", "project": "project"}
ENTRY_KEY = "waddle/entry"
"""Key under which an ingested entry's own name is kept, so that it is never taken in twice."""


def number(value: float) -> float | None:
    """Return a number as JSON has it."""
    return value if math.isfinite(value) else None


# ── the first generation ────────────────────────────────────────────────────────────────────────────────────────────────


def info(source: Source) -> dict[str, Any]:
    """Return what `GET /info` answers: the most recently active project, and all of them."""
    projects = source.projects()
    newest = projects[0] if projects else None
    return {
        "name": newest.name if newest else "",
        "description": "",
        "timestamp": iso(newest.updated) if newest else None,
        "projects": [{"name": project.name, "runs": project.runs} for project in projects],
    }


def runs_of_first(source: Source) -> list[dict[str, Any]]:
    """Return what `GET /runs` answers: id and start time, the newest first."""
    page = source.runs(RunQuery(limit=1000, keys=(), details=False))
    return [{"id": run.name if is_ingested(run) else run.id, "start_time": iso(run.started)} for run in page.runs]


def is_ingested(run: RunInfo) -> bool:
    """Tell whether a run came in entry by entry; its name is the id its logger gave it."""
    return run.id.startswith("waddle-")


def entries(source: Source, run_id: str, history: int = 10) -> list[dict[str, Any]]:
    """Return what `GET /run/{id}` answers: the last `history` values of every name; raises RunNotFound."""
    run = find(source, run_id)
    found: list[dict[str, Any]] = []
    for key, held in curves(source, run):
        category, _, name = key.rpartition("/")
        for place in range(max(0, len(held) - max(1, history)), len(held)):
            value = float(held.y[place])
            text = None if math.isfinite(value) else str(value)
            found.append(
                {
                    "id": run_id, "step": int(held.step[place]), "category": category or DEFAULT_CATEGORY, "name": name or key,
                    "value": number(value), "value_double": number(value), "value_string": text,
                    "timestamp": iso(float(held.ts[place])),
                }
            )  # fmt: skip
    return found


# ── the newest generation ───────────────────────────────────────────────────────────────────────────────────────────────


def row(run: RunInfo) -> dict[str, Any]:
    """Return one run as `GET /api/runs` lists it."""
    git = run.provenance.get("git") or {}
    return {
        "id": run.id,
        "project": run.project,
        "name": run.name,
        "status": STATUS_NAMES[run.status],
        "started_at": run.started,
        "ended_at": run.ended,
        "commit_sha": git.get("commit"),
    }


def runs_of_newest(
    source: Source, *, project: str | None, status: str | None, sort: str, order: str, limit: int, offset: int
) -> list[dict[str, Any]]:
    """Return what `GET /api/runs` answers; an unknown sort is that by start."""
    field = SORTS.get(sort, "started")
    wanted = [name for name, text in STATUS_NAMES.items() if status in {text, name}]
    text = "" if not status else f"state in ({', '.join(wanted)})" if wanted else 'name="" and has:name'
    query = RunQuery(
        text, project or None, field if order.lower() == "asc" else f"-{field}", limit=max(0, limit), offset=max(0, offset), keys=()
    )  # fmt: skip
    return [row(run) for run in source.runs(query).runs]


def details(source: Source, run_id: str) -> dict[str, Any]:
    """Return what `GET /api/runs/{id}` answers; raises RunNotFound."""
    run = find(source, run_id)
    tags = {key.removeprefix(TAG_PREFIX): value for key, value in run.values.items() if key.startswith(TAG_PREFIX)}
    return {
        "run": {**row(run), "env": run.provenance, "config": run.config, "notes": run.notes or None},
        "params": run.params,
        "tags": {**dict.fromkeys((tag for tag in run.tags if tag.partition(":")[0] not in tags), True), **tags},
        "artifacts": artifact_rows(source.files(FileQuery((run.id,), kinds=("artifact",)))),
        "metric_keys": sorted(run.metrics),
    }


def metrics(source: Source, run_id: str, key: str | None, limit: int) -> list[dict[str, Any]]:
    """Return what `GET /api/runs/{id}/metrics` answers; raises RunNotFound."""
    run = find(source, run_id)
    found = sorted(points(source, run, [key] if key else None), key=lambda point: (point["key"], point["step"]))
    return [{**point, "value": number(point["value"])} for point in found[: max(0, limit)]]


def compare(source: Source, run_ids: Sequence[str]) -> dict[str, Any]:
    """Return what `POST /api/compare` answers; ids that are none are left out."""
    runs = []
    for run_id in run_ids:
        try:
            runs.append(find(source, run_id))
        except RunNotFound:
            continue
    found: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        for point in points(source, run):
            values = found.setdefault(point["key"], [])
            values.append({"run_id": run.id, "step": point["step"], "value": number(point["value"])})
    paths = sorted({path for run in runs for path in run.params})
    differing = [path for path in paths if len({repr(run.params.get(path)) for run in runs}) > 1]
    return {
        "runs": [row(run) for run in runs],
        "params": {run.id: run.params for run in runs if run.params},
        "param_diff": {path: {run.id: run.params.get(path) for run in runs} for path in differing},
        "metrics": dict(sorted(found.items())),
    }


def metric_keys(source: Source) -> list[str]:
    """Return what `GET /api/metric-keys` answers."""
    return sorted({key.key for key in source.keys(project=None) if key.numeric and not key.key.startswith("system/")})


def metric_summary(source: Source, key: str, limit: int) -> list[dict[str, Any]]:
    """Return what `GET /api/metric-summary` answers: the last value of a metric in the newest runs that have it."""
    runs = source.runs(RunQuery(limit=None, keys=(key,), details=False)).runs
    found = [(run, run.metrics[key].last) for run in runs if key in run.metrics]
    return [
        {"run_id": run.id, "name": run.name, "value": number(last) if isinstance(last, int | float) else None}
        for run, last in found[: max(0, limit)]
    ]


def artifact_rows(files: Iterable[FileInfo]) -> list[dict[str, Any]]:
    """Return artifacts as the seed lists them."""
    return [
        {
            "id": f"{file.name}:v{file.record.get('version')}",
            "run_id": file.run_id,
            "name": file.name,
            "kind": file.record.get("type", "file"),
            "created_at": file.ts,
            "uri": (file.record.get("metadata") or {}).get("uri"),
            "sha256": file.sha256,
            "size_bytes": file.size_bytes,
        }
        for file in files
    ]


# ── looking things up ───────────────────────────────────────────────────────────────────────────────────────────────────


def find(source: Source, run_id: str) -> RunInfo:
    """Return a run by its id, a prefix, or the id its own logger gave it; raises RunNotFound."""
    return source.run(source.resolve(run_id)[0])


def curves(source: Source, run: RunInfo, keys: Sequence[str] | None = None) -> Iterator[tuple[str, Series]]:
    """Yield key and points of the metrics of a run, by key."""
    wanted = tuple(sorted(run.metrics)) if keys is None else tuple(keys)
    for held in source.series(SeriesQuery((run.id,), wanted)) if wanted else ():
        if isinstance(held, Series):
            yield held.key, held


def points(source: Source, run: RunInfo, keys: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the points of a run's metrics as key, step, ts, value."""
    for key, held in curves(source, run, keys):
        for step, ts, value in zip(held.step.tolist(), held.ts.tolist(), held.y.tolist(), strict=True):
            yield {"key": key, "step": step, "ts": ts, "value": value}
