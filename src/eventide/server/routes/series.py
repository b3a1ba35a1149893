"""Curves."""

from __future__ import annotations

from hashlib import sha256

from fastapi import APIRouter, Request
from starlette.responses import Response

from eventide._version import __version__
from eventide.server import schema
from eventide.server.served import Reading

router = APIRouter(tags=["curves"])

MEDIA_TYPE = "application/vnd.eventide.series"

_FORM = {
    200: {
        "description": "Curves as docs/reference/http.md describes them: a JSON header and aligned blocks.",
        "content": {MEDIA_TYPE: {}},
    },
    304: {"description": "They are as the ETag says."},
}


@router.post("/api/series", response_class=Response, responses=_FORM)  # type: ignore[arg-type]
def series(asked: Reading, question: schema.SeriesRequest, request: Request) -> Response:
    """Return curves in bins on one grid, single points where there are at most two per pixel, bands for groups."""
    from eventide.server.curves import Answering, chosen_runs  # noqa: PLC0415 - numpy, with the first curve
    from eventide.table.derived_curves import derived_curves  # noqa: PLC0415

    watcher = asked.served.watcher
    cursor = watcher.sync()
    derived = derived_curves(
        asked.source,
        question.keys,
        question.x,
        run_ids=question.run_ids,
        project=question.project,
        minus=question.minus,
    )
    runs = chosen_runs(asked.source, question, derived.inputs(question.keys))
    state = (
        __version__,
        question.model_dump_json(),
        tuple(run.id for run in runs),
        watcher.version([*(run.id for run in runs), *([question.minus] if question.minus else [])]),
    )
    etag = f'"{sha256(repr(state).encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = asked.served.answers.once(etag, lambda: Answering(asked.source, derived, question, runs, cursor).answer())
    watcher.worked()
    return Response(body, headers=headers, media_type=MEDIA_TYPE)
