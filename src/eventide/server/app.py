"""The application: a source, the routes, and what stands in front of them.

Invariant: everything that a server does to its store goes through the Source that it was given; what cannot (sealing, sample runs) is
handed in as functions by whoever made the source.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from eventide._version import __version__
from eventide.errors import EventideError
from eventide.server import problems, schema
from eventide.server.auth import Auth, Gate, OpenGate
from eventide.server.guard import Bodies, Guard, Hosts, RefusedBodyError
from eventide.server.limits import Audit, Limits, RateLimit
from eventide.server.live import Watcher
from eventide.server.preferences import Preferences
from eventide.server.routes import ROUTERS
from eventide.server.served import Served

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from eventide.source import Source

PAGE_DIR = Path(__file__).parent / "static"
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": schema.Problem, "description": "A problem, as application/problem+json."}
    for status in (400, 403, 404, 413)
}


def make_app(
    source: Source,
    *,
    gate: Gate | None = None,
    hosts: Hosts | None = None,
    bodies: Iterable[Bodies] = (),
    rate: RateLimit | None = None,
    audit: Audit | None = None,
    frames: bool = False,
    **how: Any,
) -> ASGIApp:
    """Return the application that serves a source: `make_api` with its guards in front.

    Args:
        source: what it answers from; closing it is up to the caller.
        gate: decides who may do what; default everybody everything.
        hosts: names it answers to; default those of the loopback.
        bodies: exceptions from the rule that bodies are small JSON.
        rate: how often one caller may ask; None: as often as it likes.
        audit: where changes and refusals are written down; None: nowhere.
        frames: let pages of this machine, such as notebooks, show this one in a frame.
        how: as in `make_api`.
    """
    api = make_api(source, **how)
    inner: ASGIApp = Auth(api, gate or OpenGate())
    if rate is not None or audit is not None:
        inner = Limits(inner, rate, audit)
    return Guard(_Counted(inner, api.state.served), hosts or Hosts("127.0.0.1"), bodies, frames=frames)


def make_api(
    source: Source,
    *,
    read_only: bool = False,
    hub: bool = False,
    preferences_dir: Path | None = None,
    page_dir: Path | None = PAGE_DIR,
    seal: Callable[[], Any] | None = None,
    make_demo: Callable[[], tuple[str, int]] | None = None,
    routers: Iterable[APIRouter] = (),
) -> FastAPI:
    """Return the routes over a source, unguarded.

    Args:
        source: what they answer from.
        read_only: tell the page that nothing can be changed (the gate has to see to it).
        hub: hide where the store lies.
        preferences_dir: folder for how projects are shown; None keeps that in memory.
        page_dir: folder of the built page.
        seal: called once a minute in a thread of its own.
        make_demo: makes sample runs in an empty store and returns their project and number.
        routers: further routes, asked before the page.
    """
    watcher = Watcher(source, seal=seal)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        watcher.start()
        if hub:  # many may ask at once, right from the start
            app.state.served.expect_curves()
        try:
            yield
        finally:
            watcher.stop()

    app = FastAPI(
        title="Eventide",
        version=__version__,
        summary="Runs of a store over HTTP.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        responses=_PROBLEMS,
        redirect_slashes=False,
    )
    app.state.served = Served(
        source,
        watcher,
        Preferences(preferences_dir),
        read_only=read_only,
        hub=hub,
        page_dir=page_dir,
        make_demo=make_demo,
    )
    watcher.keep(app.state.served.tables.clear)
    for router in (*routers, *ROUTERS):
        app.include_router(router)
    app.add_exception_handler(EventideError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _unexpected)
    return app


class _Counted:
    """Counts answers."""

    def __init__(self, app: ASGIApp, served: Served) -> None:
        self.app = app
        self.served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                place = (scope["method"] if scope["method"] in _METHODS else "other", message["status"])
                self.served.requests[place] = self.served.requests.get(place, 0) + 1
            await send(message)

        await self.app(scope, receive, sending)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


async def _ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, EventideError)  # noqa: S101 - registered for it
    return problems.of_error(error)


async def _unexpected(_request: Request, error: Exception) -> Response:
    return problems.unexpected(error)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    return problems.invalid(list(error.errors()))


async def _framework(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    if isinstance(error.__cause__, RefusedBodyError):
        answer: Response = error.__cause__.answer
        return answer
    code = {404: "not_found", 405: "misuse"}.get(error.status_code, "misuse")
    return problems.problem(error.status_code, str(error.detail), code=code, headers=dict(error.headers or {}))
