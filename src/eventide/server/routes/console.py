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

router = APIRouter(tags=["console"])

MOST_LINES = 10_000


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
    lines = asked.source.console(one_run(asked.source, run_id))
    found = list(enumerate(lines))
    if search:
        wanted = search.casefold()
        found = [(n, line) for n, line in found if wanted in line.text.casefold()]
    if tail is not None:
        found = [(n, line) for n, line in found[-tail:] if n >= after]
    else:
        found = [(n, line) for n, line in found if n >= after][:limit]
    complete = tail is not None or len(found) < limit
    following = len(lines) if complete else found[-1][0] + 1
    return plain.reply({"lines": [_text(n, line) for n, line in found], "total": len(lines), "next": following})


def _text(n: int, line: ConsoleLine) -> dict[str, object]:
    return {"n": n, "ts": line.ts, "stream": line.stream, "text": line.text}
