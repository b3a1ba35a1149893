"""What a table of runs could show, and what a filter could say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from eventide.errors import InvalidFilter, InvalidSetting
from eventide.model import RunQuery
from eventide.server import plain, schema
from eventide.server.questions import Filter, Project, kept, many_runs
from eventide.server.routes.projects import goal_of, keys_of
from eventide.server.schema import MAX_TEXT
from eventide.server.served import Asked, Reading
from eventide.table.columns import key_columns, param_columns
from eventide.table.groups import SEED_NAMES
from eventide.table.suggest import canonical, suggest

if TYPE_CHECKING:
    from eventide.model import Facet

router = APIRouter(tags=["columns"])

HISTOGRAM_BINS = 24
MOST_FACETS = 10_000
"""Values that a histogram is made of."""


@router.get("/api/columns", response_model=schema.Columns)
def columns(asked: Reading, project: Project = None, q: Filter = "") -> Response:
    """Return the parameters, metrics and tags of the runs that match, and which parameters vary."""
    goal = asked.served.preferences.get(project).goal if project is not None else None
    body = kept(asked, "columns", (project, q, goal), lambda: _columns(asked, project, q))
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=plain.JSON_TYPE)


def _columns(asked: Asked, project: str | None, q: str) -> dict[str, Any]:
    runs = many_runs(asked.source, project, q, keys=())
    keys = keys_of(asked.source, project, runs)
    goal = goal_of(asked, project, keys)
    tags: dict[str, int] = {}
    for run in runs:
        for tag in run.tags:
            tags[tag] = tags.get(tag, 0) + 1
    params = param_columns(runs)
    return {
        "goal": goal and goal._asdict(),
        "params": [{**column._asdict(), "value": plain.plain(column.value)} for column in params],
        "metrics": [column._asdict() for column in key_columns(keys)],
        "system": list(dict.fromkeys(key.key for key in asked.source.keys(project=project, table="system"))),
        "tags": [
            {"tag": tag, "runs": count} for tag, count in sorted(tags.items(), key=lambda item: (-item[1], item[0]))
        ],
        "seeds": [column.path for column in params if column.path.rsplit(".", 1)[-1].lower() in SEED_NAMES],
        "total": len(runs),
    }


@router.get("/api/facets", response_model=schema.Facet)
def facets(
    asked: Reading,
    field: Annotated[str, Query(min_length=1, max_length=1_000)],
    project: Project = None,
    q: Filter = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
) -> Response:
    """Return the values of a field over the runs that match, the most frequent first, and a histogram of numbers."""
    query = RunQuery(q, project, limit=None, keys=(), details=False)
    found = asked.source.facets(field, query, limit=MOST_FACETS)
    values = [{"value": plain.plain(each.value), "runs": each.runs} for each in found[:limit]]
    return plain.reply({"field": field, "values": values, "histogram": _histogram(found)})


def _histogram(found: list[Facet]) -> dict[str, Any] | None:
    """Return how numbers are spread, on a logarithmic grid when they are positive and span more than two decades."""
    numbers = [
        (float(each.value), each.runs)
        for each in found
        if isinstance(each.value, int | float) and not isinstance(each.value, bool) and math.isfinite(each.value)
    ]
    if len(numbers) < 2 or len(numbers) < len(found):
        return None
    low, high = min(value for value, _ in numbers), max(value for value, _ in numbers)
    logarithmic = low > 0 and high / low > 100
    place, back = (math.log, math.exp) if logarithmic else (float, float)
    start, width = place(low), (place(high) - place(low)) / HISTOGRAM_BINS
    if not width > 0 or not math.isfinite(width):
        return None
    counts = [0] * HISTOGRAM_BINS
    for value, runs in numbers:
        counts[min(HISTOGRAM_BINS - 1, int((place(value) - start) / width))] += runs
    edges = [low, *(back(start + width * i) for i in range(1, HISTOGRAM_BINS)), high]
    return {"edges": edges, "counts": counts}


@router.get("/api/complete", response_model=schema.CompletionAnswer)
def complete(
    asked: Reading,
    project: Project = None,
    text: Annotated[str, Query(max_length=MAX_TEXT)] = "",
    cursor: Annotated[int | None, Query(ge=0, le=MAX_TEXT)] = None,
) -> Response:
    """Return what could stand at the cursor of a filter."""
    found = suggest(asked.source, text, len(text) if cursor is None else cursor, project)
    return plain.reply({"start": found.start, "end": found.end, "items": [item._asdict() for item in found.items]})


@router.get("/api/parse", response_model=schema.Parsed)
def parse(asked: Reading, q: Filter = "") -> Response:  # noqa: ARG001 - to read is a right
    """Return a filter in its plain form, or what is wrong with it and where: half a filter is nothing out of the ordinary."""
    answer: dict[str, Any] = {
        "ok": True,
        "canonical": None,
        "message": None,
        "position": None,
        "expected": None,
        "hint": None,
    }
    try:
        answer["canonical"] = canonical(q)
    except InvalidFilter as error:
        expected = error.message.partition(": expected ")[2] or None
        answer |= {"ok": False, "message": error.message, "position": error.position, "expected": expected}
        answer["hint"] = error.hint or None
    return plain.reply(answer)


@router.get("/api/parse/expression", response_model=schema.Parsed)
def parse_curve(asked: Reading, text: Annotated[str, Query(max_length=MAX_TEXT)], project: Project = None) -> Response:
    """Return whether an expression over the metrics of a project can be drawn, or what is wrong with it."""
    from eventide.table.expressions import parse_expression  # noqa: PLC0415 - numpy

    answer: dict[str, Any] = dict.fromkeys(schema.Parsed.model_fields)
    try:
        parse_expression(text, {key.key for key in asked.source.keys(project=project)})
    except InvalidSetting as error:
        return plain.reply({**answer, "ok": False, "message": error.message, "hint": error.hint or None})
    return plain.reply({**answer, "ok": True, "canonical": text})
