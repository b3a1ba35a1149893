"""Files of runs, rows and curves at full resolution, and a view as one page without a server."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from eventide.errors import InvalidSetting
from eventide.server import onefile, schema
from eventide.server.questions import Filter, Keys, Project, Sort, listed, many_runs
from eventide.server.routes.objects import disposition
from eventide.server.schema import MAX_TEXT
from eventide.server.served import Reading

router = APIRouter(tags=["export"])


@router.post("/api/export.html", response_class=Response)
async def export_page(asked: Reading, question: schema.OneFile, request: Request) -> Response:
    """Return what a view shows as one HTML file that needs no server: the page, and the answers to its questions."""
    folder = asked.served.page_dir
    if folder is None:
        raise InvalidSetting("this server has no page to export")
    body = await onefile.build(request, question, folder)
    headers = {"Content-Disposition": disposition("eventide.html"), "Content-Security-Policy": onefile.POLICY}
    return Response(body, headers=headers, media_type="text/html; charset=utf-8")


@router.get("/api/export.{form}", response_class=Response)
def export(
    asked: Reading,
    form: Annotated[Literal["csv", "parquet", "jsonl"], Path()],
    project: Project = None,
    q: Filter = "",
    sort: Sort = "-started",
    run_ids: Annotated[str | None, Query(max_length=MAX_TEXT, description="These runs instead, with commas.")] = None,
    what: Annotated[Literal["rows", "runs", "series"], Query()] = "rows",
    keys: Keys = None,
    *,
    archived: bool = False,
) -> Response:
    """Return every logged row (`rows`), one row a run (`runs`), or every point as run_id, key, step, ts, value (`series`)."""
    from eventide.server import exports  # noqa: PLC0415 - Arrow, which a server that exports nothing never loads

    runs = many_runs(asked.source, project, q, run_ids, sort=sort or "-started", archived=archived)
    wanted = listed(keys) or None
    tables = exports.TABLES[what](asked.source, runs, wanted)
    chunks, media_type = exports.FORMS[form](tables)
    headers = {"Content-Disposition": disposition(f"eventide-{what}.{form}"), "Cache-Control": "no-store"}
    return StreamingResponse(chunks, headers=headers, media_type=media_type)
