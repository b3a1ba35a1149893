"""What relays send to a hub: journal bytes by offset and objects by hash.

Invariant: a sender writes to the projects its access is for and to no other; large bodies come in here and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import orjson
from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from eventide.relay.answer import dispatch
from eventide.relay.frames import MAX_FRAME_BYTES, unpacked
from eventide.server.guard import Bodies
from eventide.server.served import Writing

if TYPE_CHECKING:
    from eventide.relay.receiver import Receiver

BODIES = Bodies(
    "/api/relay/",
    ("application/json", "application/octet-stream"),
    MAX_FRAME_BYTES + 1024 * 1024,
    ("identity", "gzip"),
)


def relay_router(receiver: Receiver, hub: str) -> APIRouter:
    """Return the routes of a hub.

    Args:
        receiver: where what comes in goes.
        hub: id of the hub's store.
    """
    router = APIRouter(tags=["relay"])

    @router.api_route("/api/relay/{what:path}", methods=["POST", "PUT"], response_class=Response)
    async def take(asked: Writing, request: Request, what: Annotated[str, Path(max_length=200)]) -> Response:
        """Take journal bytes or objects in, and say what is here then."""
        body = await request.body()

        def answer() -> bytes:
            plain = unpacked(body) if request.headers.get("content-encoding") == "gzip" else body
            projects = asked.access.projects
            found = dispatch(
                receiver,
                what,
                dict(request.query_params),
                plain,
                allowed=lambda project: projects is None or project in projects,
                hub=hub,
            )
            return orjson.dumps(found)

        return Response(await run_in_threadpool(answer), media_type="application/json")

    return router
