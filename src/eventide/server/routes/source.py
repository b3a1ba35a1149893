"""The questions of a Source themselves, for Python on other machines (`eventide.open("http://…")`)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from eventide.client.answer import METHODS, answer, writes
from eventide.client.wire import JSON_TYPE
from eventide.server.served import Reading

router = APIRouter(tags=["source"])

SHARED = frozenset({"runs", "keys", "facets", "projects", "series"})
"""Mostly small answers that many ask for at the same time, whenever something has changed."""


@router.post("/api/source/{method}", response_class=Response)
async def question(asked: Reading, request: Request, method: Annotated[str, Path(max_length=40)]) -> Response:
    """Answer one question of the Source protocol; those that change something need the right to write."""
    if writes(method):
        asked.access.check("write")
    body = await request.body()
    if method in SHARED:
        said = await run_in_threadpool(asked.shared, (method, body), lambda _: answer(asked.source, method, body).body)
        return Response(said, headers={"Cache-Control": "no-store"}, media_type=METHODS[method].form)
    found = await run_in_threadpool(answer, asked.source, method, body)
    if writes(method):
        await run_in_threadpool(asked.served.watcher.sync)
    return Response(found.body, headers={"Cache-Control": "no-store"}, media_type=found.media_type or JSON_TYPE)
