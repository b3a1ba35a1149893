"""Runs: lists, one with all its details, selectors."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from eventide.errors import RunNotFound
from eventide.model import FileQuery, RunQuery
from eventide.server import plain, schema
from eventide.server.questions import Filter, Keys, Limit, Offset, Project, RunId, Sort, listed, one_run, with_nearest
from eventide.server.served import Reading
from eventide.table.computed import computed_values
from eventide.table.selection import infos

if TYPE_CHECKING:
    from eventide.model import RunInfo
    from eventide.source import Source

router = APIRouter(tags=["runs"])

MOST_METRICS = 200
"""Of one run in a list where nobody says which."""


@router.get("/api/runs", response_model=schema.RunsAnswer)
def runs(
    asked: Reading,
    project: Project = None,
    q: Filter = "",
    sort: Sort = "-started",
    limit: Limit = 200,
    offset: Offset = 0,
    *,
    archived: bool = False,
    deleted: bool = False,
    keys: Keys = None,
    details: bool = True,
) -> Response:
    """Return one page of runs, with the metrics named in `keys` (absent: up to 200 of each run, empty: none)."""
    wanted = None if keys is None else listed(keys)
    query = RunQuery(q, project, sort or "-started", limit, offset, archived, deleted, wanted, details)
    body = asked.shared(query, lambda cursor: plain.dumps(_page(asked.source, query, cursor)))
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=plain.JSON_TYPE)


def _page(source: Source, query: RunQuery, cursor: str) -> dict[str, Any]:
    page = source.runs(query)
    found = [plain.run(run) for run in page.runs]
    if query.keys is None:
        for run in found:
            if len(run["metrics"]) > MOST_METRICS:
                run["metrics"] = dict(list(run["metrics"].items())[:MOST_METRICS])
    return {"runs": found, "total": page.total, "cursor": cursor}


@router.post("/api/runs/values", response_model=schema.ValuesAnswer)
def values(asked: Reading, question: schema.ValuesRequest) -> Response:
    """Return columns of a table that need points, all of them at once; a list of runs has every other one."""
    seen = {run.id for run in infos(asked.source, question.run_ids, keys=(), details=False)}
    found = computed_values(asked.source, [run_id for run_id in question.run_ids if run_id in seen], question.fields)
    return plain.reply({"values": found})


@router.get("/api/runs/{run_id}", response_model=schema.RunDetails)
def run(asked: Reading, run_id: RunId) -> Response:
    """Return everything about one run but its points."""
    source = asked.source
    info = source.run(one_run(source, run_id))
    kinds = Counter(file.kind for file in source.files(FileQuery(run_ids=(info.id,))))
    more = {
        "config": plain.plain(info.config),
        "provenance": plain.plain(info.provenance),
        "error": info.error,
        "files": dict(kinds),
        "keys": sorted(info.metrics),
        "system_keys": [key.key for key in source.keys(run_ids=[info.id], table="system")],
        "has_console": source.console_count(info.id) > 0,
        "previous": _previous(source, info),
    }
    return plain.reply({**plain.run(info), **more})


def _previous(source: Source, info: RunInfo) -> str | None:
    """Return the run of the same project that started last before this one."""
    query = RunQuery("", info.project, "-started", limit=None, archived=True, keys=(), details=False)
    return next((run.id for run in source.runs(query).runs if run.started < info.started), None)


@router.get("/api/resolve", response_model=schema.Resolved)
def resolve(
    asked: Reading, selector: Annotated[str, Query(min_length=1, max_length=1_000)], project: Project = None
) -> Response:
    """Return the runs that a selector means: an id, a unique prefix, a name, `@last`, `@running`, `@best:METRIC`."""
    try:
        ids = asked.source.resolve(selector, project=project)
    except RunNotFound as error:
        raise with_nearest(asked.source, error, selector, project) from None
    return plain.reply({"ids": ids})
