"""What a run printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from eventide.server import plain, schema
from eventide.server.questions import RunId, one_run
from eventide.server.served import Reading

if TYPE_CHECKING:
    from eventide.model import ConsoleLine
    from eventide.source import Source

router = APIRouter(tags=["console"])

MOST_LINES = 10_000
STRETCH = 50_000
"""Lines that are looked through at once."""


@router.get("/api/runs/{run_id}/console", response_model=schema.ConsoleAnswer)
def console(
    asked: Reading,
    run_id: RunId,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 2_000,
    tail: Annotated[int | None, Query(ge=1, le=MOST_LINES, description="The last so many instead.")] = None,
    search: Annotated[str, Query(max_length=1_000, description="Only text that holds this; case does not count.")] = "",
) -> Response:
    """Return a stretch of console text; go on with `next` as `after`."""
    source, whole = asked.source, one_run(asked.source, run_id)
    total = source.console_count(whole)
    first = after if tail is None or search else max(after, total - tail)
    found = _found(source, whole, first, search.casefold(), limit if tail is None else tail, from_end=tail is not None)
    complete = tail is not None or len(found) < limit
    following = total if complete else found[-1][0] + 1
    asked.served.watcher.worked()
    return plain.reply({"lines": [_text(n, line) for n, line in found], "total": total, "next": following})


def _found(
    source: Source, run_id: str, first: int, wanted: str, most: int, *, from_end: bool
) -> list[tuple[int, ConsoleLine]]:
    """Return the first or last so many lines, from a place on, that hold a text, with their places; a stretch is read at a time."""
    found: list[tuple[int, ConsoleLine]] = []
    size = STRETCH if wanted else most
    while from_end or len(found) < most:
        lines = source.console(run_id, after=first, limit=size)
        found += [(n, line) for n, line in enumerate(lines, first) if wanted in line.text.casefold()]
        found = found[-most:] if from_end else found[:most]
        first += len(lines)
        if len(lines) < size:
            break
    return found


def _text(n: int, line: ConsoleLine) -> dict[str, object]:
    return {"n": n, "ts": line.ts, "stream": line.stream, "text": line.text}
