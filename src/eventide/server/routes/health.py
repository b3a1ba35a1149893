"""Whether the server is well, for people and machines that watch it."""

from __future__ import annotations

import os

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from eventide.server import plain, schema
from eventide.server.served import Reading

router = APIRouter(tags=["server"])


@router.get("/healthz", response_model=schema.Health)
async def healthz() -> Response:
    """Say that the server answers; asks for no token."""
    return plain.reply({"status": "ok"})


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(asked: Reading) -> Response:
    """Return the server in numbers, in the text format of Prometheus."""
    served = asked.served
    info = asked.source.info()
    gauges = (
        ("eventide_runs", "Runs in the store.", info.runs),
        ("eventide_projects", "Projects in the store.", info.projects),
        ("eventide_journal_bytes", "Bytes of journal.", info.journal_bytes),
        ("eventide_sealed_bytes", "Bytes of sealed tables.", info.sealed_bytes),
        ("eventide_object_bytes", "Bytes of objects.", info.object_bytes),
        ("eventide_listeners", "Pages that are told of changes.", served.watcher.listeners),
        ("eventide_sql_running", "SQL statements that run now.", len(served.queries)),
        ("eventide_resident_bytes", "Memory of the server.", _resident_bytes()),
    )
    lines = []
    for name, about, value in gauges:
        lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge", f"{name} {value}"]
    lines += ["# HELP eventide_requests_total Answers given.", "# TYPE eventide_requests_total counter"]
    for (method, status), count in sorted(served.requests.items()):
        lines.append(f'eventide_requests_total{{method="{method}",status="{status}"}} {count}')
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


def _resident_bytes() -> int:
    import psutil  # noqa: PLC0415 - only where it is asked for

    return int(psutil.Process(os.getpid()).memory_info().rss)


@router.get("/openapi.json", include_in_schema=False)
def openapi(asked: Reading, request: Request) -> Response:  # noqa: ARG001 - to read is a right
    """Return this interface as OpenAPI."""
    return plain.reply(request.app.openapi())
