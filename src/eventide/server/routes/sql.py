"""Read-only SQL with limits, which can be cancelled."""

from __future__ import annotations

import os
import threading
import time
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from eventide.errors import LimitExceeded
from eventide.model import SqlLimits
from eventide.server import plain, schema
from eventide.server.routes.views import may_name
from eventide.server.served import Reading
from eventide.table.named import expand

router = APIRouter(tags=["sql"])

MOST_RUNNING = 8
"""Statements that run or wait at once; they take turns at one engine."""


@router.post("/api/sql", response_model=schema.SqlAnswer)
def sql(asked: Reading, question: schema.SqlRequest) -> Response:
    """Run one read-only statement and return its rows, at most `max_rows` of them."""
    queries = asked.served.queries
    name = question.id or os.urandom(8).hex()
    if len(queries) >= MOST_RUNNING:
        raise LimitExceeded(f"{MOST_RUNNING} statements are running already", hint="cancel one, or wait")
    if name in queries:
        raise LimitExceeded(f"a statement with the id `{name}` is running", hint="choose another id")
    cancelled = queries[name] = threading.Event()
    begun = time.perf_counter()
    limits = SqlLimits(question.timeout_s, question.max_rows + 1, truncate=True, cancelled=cancelled.is_set)
    try:
        saved = asked.served.preferences.queries(question.project or "") if may_name(asked, question.project) else {}
        statement = expand(asked.source, question.query, saved) if saved else question.query
        table = asked.source.sql(statement, question.params, limits=limits)
    finally:
        del queries[name]
        asked.served.watcher.worked()
    shown = table.slice(0, question.max_rows)
    columns = [column.to_pylist() for column in shown.columns]
    return plain.reply(
        {
            "columns": [{"name": field.name, "type": str(field.type)} for field in table.schema],
            "rows": plain.table(list(shown.column_names), columns),
            "truncated": table.num_rows > question.max_rows,
            "elapsed_s": time.perf_counter() - begun,
            "id": name,
            "expanded": None if statement == question.query else statement,
        }
    )


@router.post("/api/sql/{query_id}/cancel", response_model=schema.SqlCancelled)
def cancel(asked: Reading, query_id: Annotated[str, Path(max_length=64)]) -> Response:
    """Stop a statement; whoever waits for it gets a problem."""
    found = asked.served.queries.get(query_id)
    if found is not None:
        found.set()
    return plain.reply({"cancelled": found is not None})


@router.get("/api/sql/schema", response_model=schema.SqlSchema)
def sql_schema(asked: Reading) -> Response:
    """Return the views that can be queried, with their columns."""
    limits = SqlLimits(timeout_s=10.0)
    names = [str(row["name"]) for row in asked.source.sql("SHOW TABLES", limits=limits).to_pylist()]
    views: list[dict[str, Any]] = []
    for name in names:
        quoted = name.replace('"', '""')
        empty = asked.source.sql(f'SELECT * FROM db."{quoted}" LIMIT 0', limits=limits)  # noqa: S608 - a name of ours
        views.append(
            {"name": name, "columns": [{"name": field.name, "type": str(field.type)} for field in empty.schema]}
        )
    return plain.reply({"views": views})
