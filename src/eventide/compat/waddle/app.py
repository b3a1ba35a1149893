"""WaddleML's HTTP interface over a source: the routes of both generations, for clients that speak them.

`waddle_router` has the first generation's (`POST /ingest`, `GET /info`, `GET /runs`, `GET /run/{id}`, `WS /ws`), which stand beside the
page of any server; `newest_router` has the newest's `/api/*`, whose addresses are those of our own interface, so that it takes their place
or lives below a prefix. Invariant: reading needs the right to read, `ingest` and deleting the right to write, a socket the right to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocketDisconnect

from eventide.compat.waddle import shapes
from eventide.errors import InvalidValue, RunNotFound
from eventide.model import Edit
from eventide.server.served import Asked, Reading, Writing  # noqa: TC001 - FastAPI reads annotations

if TYPE_CHECKING:
    from eventide.compat.waddle.ingest import Ingester
    from eventide.source import Source

TELL_S = 0.25
Id = Annotated[str, Path(max_length=300)]
Count = Annotated[int, Query(ge=0, le=1_000_000)]


def waddle_router(ingester: Ingester | None = None) -> APIRouter:
    """Return the first generation's routes; without an ingester nothing is taken in."""
    router = APIRouter(tags=["waddle"])

    @router.get("/info", response_class=Response)
    def info(asked: Reading) -> Response:
        """Return the project that was active last, and all of them."""
        return _json(shapes.info(asked.source))

    @router.get("/runs", response_class=Response)
    def runs(asked: Reading) -> Response:
        """Return id and start time of every run, the newest first."""
        return _json(shapes.runs_of_first(asked.source))

    @router.get("/run/{run_id}", response_class=Response)
    def run(asked: Reading, run_id: Id, history: Annotated[int, Query(ge=1, le=100_000)] = 10) -> Response:
        """Return the last values of every name of a run."""
        return _json(shapes.entries(asked.source, run_id, history))

    if ingester is not None:

        @router.post("/ingest", response_class=Response)
        async def ingest(asked: Writing, request: Request) -> Response:
            """Take one entry in."""
            try:
                raw = orjson.loads(await request.body())
            except ValueError:
                raise InvalidValue("an entry is a JSON object") from None
            project = str(raw.get("project") or "default") if isinstance(raw, dict) else "default"
            if asked.access.projects is not None and project not in asked.access.projects:
                raise RunNotFound(f"no project `{project:.80}` for this token")
            await run_in_threadpool(ingester.entry, raw)
            return _json({"status": "ok", "message": "Log entry ingested successfully"})

    @router.websocket("/ws")
    async def stream(asked: Reading, socket: WebSocket) -> None:
        """Send every new value as it comes."""
        await _stream(asked, socket)

    return router


def newest_router(prefix: str = "") -> APIRouter:
    """Return the newest generation's routes, below a prefix."""
    router = APIRouter(prefix=prefix, tags=["waddle"])

    @router.get("/api/runs", response_class=Response)
    def runs(  # noqa: PLR0917 - parameters of an address have no places
        asked: Reading,
        project: str | None = None,
        status: str | None = None,
        sort: str = "started_at",
        order: str = "desc",
        limit: Count = 200,
        offset: Count = 0,
    ) -> Response:
        """List runs."""
        return _json(
            shapes.runs_of_newest(
                asked.source, project=project, status=status, sort=sort, order=order, limit=limit, offset=offset
            )
        )

    @router.get("/api/runs/{run_id}", response_class=Response)
    def run(asked: Reading, run_id: Id) -> Response:
        """Return one run with parameters, tags, artifacts and keys."""
        return _found(lambda: shapes.details(asked.source, run_id))

    @router.delete("/api/runs/{run_id}", response_class=Response)
    def delete(asked: Writing, run_id: Id) -> Response:
        """Put a run into the bin, from where it can be taken back."""

        def gone() -> dict[str, Any]:
            asked.source.edit([shapes.find(asked.source, run_id).id], Edit(deleted=True))
            return {"ok": True}

        return _found(gone)

    @router.get("/api/runs/{run_id}/metrics", response_class=Response)
    def metrics(asked: Reading, run_id: Id, key: str | None = None, limit: Count = 5000) -> Response:
        """Return points of a run."""
        return _found(lambda: shapes.metrics(asked.source, run_id, key, limit))

    @router.post("/api/compare", response_class=Response)
    async def compare(asked: Reading, request: Request) -> Response:
        """Return parameters and curves of several runs."""
        try:
            run_ids = [str(run_id) for run_id in orjson.loads(await request.body()).get("run_ids", [])][:100]
        except (ValueError, AttributeError, TypeError):
            raise InvalidValue('what to compare is asked as {"run_ids": [...]}') from None
        return _json(await run_in_threadpool(shapes.compare, asked.source, run_ids))

    @router.get("/api/metric-keys", response_class=Response)
    def metric_keys(asked: Reading) -> Response:
        """Return all metrics."""
        return _json(shapes.metric_keys(asked.source))

    @router.get("/api/metric-summary", response_class=Response)
    def metric_summary(asked: Reading, key: str = "", limit: Count = 20) -> Response:
        """Return the last value of a metric in the newest runs."""
        return _json(shapes.metric_summary(asked.source, key, limit))

    return router


def _json(content: Any) -> Response:
    return Response(orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS), media_type="application/json")


def _found(answer: Callable[[], Any]) -> Response:
    """Return an answer, or that there is no such run, as the seed says it."""
    try:
        return _json(answer())
    except RunNotFound:
        return JSONResponse({"error": "not found"}, 404)


# ── the stream ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _stream(asked: Asked, socket: WebSocket) -> None:
    await socket.accept()
    news = News(asked.source)
    await run_in_threadpool(news.skip)
    listening = asyncio.create_task(_until_gone(socket))
    try:
        while not listening.done():
            for message in await run_in_threadpool(lambda: list(news.take())):
                await socket.send_text(orjson.dumps(message).decode())
            await asyncio.wait([listening], timeout=TELL_S)
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        listening.cancel()


async def _until_gone(socket: WebSocket) -> None:
    """Read what the client says, which means nothing, until it goes."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive()


class News:
    """What came to the runs of a source since it was last asked."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._cursor = ""
        self._rows: dict[str, int] = {}

    def skip(self) -> None:
        """Pass over what there is already."""
        changes = self._source.changes()
        self._cursor = changes.cursor
        for run_id in changes.run_ids:
            with contextlib.suppress(RunNotFound):
                self._rows[run_id] = self._source.run(run_id).rows

    def take(self) -> Iterator[dict[str, Any]]:
        """Yield every new value, with the field names of both generations."""
        changes = self._source.changes(self._cursor)
        self._cursor = changes.cursor
        for run_id in changes.run_ids:
            try:
                run = self._source.run(run_id)
            except RunNotFound:
                continue
            known, self._rows[run_id] = self._rows.get(run_id, 0), run.rows
            if run.rows > known:
                yield from self._values(run, run.rows - known)

    def _values(self, run: Any, fresh: int) -> Iterator[dict[str, Any]]:
        table = self._source.rows([run.id], attempts="all")
        table = table.slice(max(0, table.num_rows - fresh))
        names = [name for name in table.column_names if name not in ("run_id", "step", "ts")]
        for row in table.to_pylist():
            for name in names:
                value = row[name]
                if value is None or name.startswith(shapes.ENTRY_KEY):
                    continue
                category, _, last = name.rpartition("/")
                text = isinstance(value, float) and not math.isfinite(value)
                yield {
                    "type": "metric", "run_id": run.id, "id": run.name if shapes.is_ingested(run) else run.id, "project": run.project,
                    "key": name, "category": category or "default", "name": last or name, "step": row["step"], "ts": row["ts"],
                    "timestamp": row["ts"], "value": None if text else value,
                }  # fmt: skip
