"""Logged rows as they were logged, a stretch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from eventide.server import plain, schema
from eventide.server.questions import Keys, Offset, RunId, listed, one_run
from eventide.server.served import Asked, Reading

if TYPE_CHECKING:
    import pyarrow as pa

router = APIRouter(tags=["rows"])

Attempts = Annotated[Literal["last", "all"], Query()]


@router.post("/api/rows", response_model=schema.RowsAnswer)
def rows(asked: Reading, question: schema.RowsRequest) -> Response:
    """Return a stretch of the rows of some runs."""
    table = asked.rows(question.run_ids, question.keys, question.attempts)
    return plain.reply(_answer(asked, question.run_ids, table, question.offset, question.limit))


@router.get("/api/runs/{run_id}/rows", response_model=schema.RowsAnswer)
def rows_of_run(
    asked: Reading,
    run_id: RunId,
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
    around: Annotated[int | None, Query(ge=0, description="The step to look at; the offset is found then.")] = None,
    window: Annotated[int, Query(ge=0, le=5_000, description="So many rows before and after it.")] = 100,
    keys: Keys = None,
    attempts: Attempts = "last",
) -> Response:
    """Return a stretch of the rows of one run, or those around a step."""
    whole = one_run(asked.source, run_id)
    chosen = listed(keys) or None
    table = asked.rows([whole], chosen, attempts)
    if around is not None:
        nearest = _nearest_row(table, around)
        offset = max(0, nearest - window)
        limit = nearest + window + 1 - offset
    return plain.reply(_answer(asked, [whole], table, offset, limit))


def _nearest_row(table: pa.Table, step: int) -> int:
    """Return the place of the row whose step is nearest to one that was asked for; the first of several."""
    import numpy as np  # noqa: PLC0415 - only for rows

    steps = table.column("step").to_numpy()
    return int(np.argmin(np.abs(steps - step))) if len(steps) else 0


def _answer(asked: Asked, run_ids: list[str], table: pa.Table, offset: int, limit: int) -> dict[str, Any]:
    from eventide.table.rows import decoded_rows  # noqa: PLC0415 - numpy, with the first rows

    source = asked.source
    tags: dict[str, str] = {}
    for key in source.keys(run_ids=run_ids):
        tags[key.key] = "".join(sorted({*tags.get(key.key, ""), *key.tags}))
    names, columns = decoded_rows(table.slice(offset, limit), tags)
    return {"columns": names, "rows": plain.table(names, columns), "offset": offset, "total": table.num_rows}
