"""Logged media."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from eventide.model import FileQuery
from eventide.server import plain, schema
from eventide.server.questions import Filter, Project, many_runs
from eventide.server.served import Reading
from eventide.table.gallery import at_step, media_keys

router = APIRouter(tags=["files"])


@router.get("/api/media", response_model=schema.Media)
def media(
    asked: Reading,
    project: Project = None,
    q: Filter = "",
    key: Annotated[str | None, Query(max_length=1_000)] = None,
    step: Annotated[int | None, Query(ge=0, le=2**63 - 1, description="None: the last of each run.")] = None,
    run_ids: Annotated[str | None, Query(max_length=65_536, description="These runs instead, with commas.")] = None,
) -> Response:
    """Return the keys of media over the runs that match and, for one key, what each run shows at a step."""
    narrowed = bool(q) or run_ids is not None
    ids = (
        tuple(run.id for run in many_runs(asked.source, project, q, run_ids, keys=(), details=False))
        if narrowed
        else None
    )
    files = asked.source.files(FileQuery(ids, project, kinds=("media",)))
    items = at_step([file for file in files if file.name == key], step) if key is not None else []
    return plain.reply(
        {"keys": [found._asdict() for found in media_keys(files)], "items": [plain.file(file) for file in items]}
    )
