"""What changed: a stream over a WebSocket, and the same by asking again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Any

import anyio.to_thread
import orjson
from fastapi import APIRouter, Query
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from eventide.server import plain, schema
from eventide.server.live import TELL_S, Listener, missed
from eventide.server.questions import Project
from eventide.server.served import Reading

router = APIRouter(tags=["changes"])

MOST_LISTENERS = 500
TRY_AGAIN_LATER = 1013
GOING_AWAY = 1001

Cursor = Annotated[str, Query(max_length=1_000, description="Where to go on; empty: from now.")]


@router.get("/api/changes", response_model=schema.Changes)
def changes(asked: Reading, cursor: Cursor = "", project: Project = None) -> Response:
    """Return what changed since a cursor, for whom WebSockets do not reach."""
    return plain.reply(missed(asked.source, asked.served.watcher, cursor, project))


@router.websocket("/api/changes")
async def stream(socket: WebSocket, asked: Reading, cursor: Cursor = "", project: Project = None) -> None:
    """Tell of changes as they happen, at most four times a second; what was missed since `cursor` comes first."""
    watcher = asked.served.watcher
    await socket.accept()
    if watcher.listeners >= MOST_LISTENERS:
        await socket.close(TRY_AGAIN_LATER)
        return
    listener = watcher.listen(project, asked.access.projects)
    reading = asyncio.create_task(_read(socket))
    try:
        first = await anyio.to_thread.run_sync(missed, asked.source, watcher, cursor, project)
        await _send(socket, {"type": "hello", "cursor": first["cursor"]})
        if first["total"]:
            await _send(socket, first)
        await _tell(socket, listener, reading)
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        watcher.forget(listener)
        reading.cancel()
        with suppress(RuntimeError, asyncio.CancelledError, WebSocketDisconnect):
            await socket.close(GOING_AWAY)


async def _tell(socket: WebSocket, listener: Listener, reading: asyncio.Task[None]) -> None:
    """Send changes until either side has enough."""
    while not listener.ended and not reading.done():
        waiting = asyncio.create_task(listener.next())
        await asyncio.wait({waiting, reading}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            return
        await _send(socket, waiting.result())
        await asyncio.sleep(TELL_S)


async def _read(socket: WebSocket) -> None:
    """Read what the page says it looks at, until it goes; every change is sent all the same, so nothing is remembered."""
    with suppress(WebSocketDisconnect, RuntimeError, KeyError):
        while True:
            await socket.receive_text()


async def _send(socket: WebSocket, message: dict[str, Any]) -> None:
    await socket.send_text(orjson.dumps(message).decode())
