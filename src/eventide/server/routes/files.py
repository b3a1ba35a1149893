"""References of runs to objects."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from eventide.model import FileQuery
from eventide.server import plain, schema
from eventide.server.questions import Filter, Offset, Project, RunId, listed, many_runs, one_run
from eventide.server.served import Reading

router = APIRouter(tags=["files"])

Kind = Annotated[str, Query(max_length=1_000, description="Kinds with commas; empty means all.")]
MOST_FILES = 10_000


@router.get("/api/runs/{run_id}/files", response_model=schema.Files)
def files_of_run(asked: Reading, run_id: RunId, kind: Kind = "") -> Response:
    """Return the references of one run, in the order of time."""
    query = FileQuery((one_run(asked.source, run_id),), kinds=listed(kind), limit=MOST_FILES)
    return plain.reply({"files": [plain.file(file) for file in asked.source.files(query)]})


@router.get("/api/files", response_model=schema.Files)
def files(
    asked: Reading,
    project: Project = None,
    q: Filter = "",
    kind: Kind = "",
    name: Annotated[str | None, Query(max_length=1_000)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_FILES)] = 1_000,
    offset: Offset = 0,
) -> Response:
    """Return the references of the runs that match, in the order of time."""
    ids = tuple(run.id for run in many_runs(asked.source, project, q, keys=(), details=False)) if q else None
    query = FileQuery(ids, project, listed(kind), name, limit, offset)
    return plain.reply({"files": [plain.file(file) for file in asked.source.files(query)]})
