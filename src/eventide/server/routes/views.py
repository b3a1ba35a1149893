"""Saved queries, which later statements can read FROM by name.

Invariant: what is kept ran when it was kept, under the same checks as any statement; nothing is removed that another one reads.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from eventide.errors import AccessDenied, EventideError, InvalidQuery
from eventide.model import SqlLimits
from eventide.names import check_label
from eventide.server import plain, schema
from eventide.server.questions import kept
from eventide.server.served import Asked, Reading, Writing
from eventide.table.named import check_name, check_query, expand

router = APIRouter(tags=["sql"])

MOST_VIEWS = 100
_LIMITS = SqlLimits(timeout_s=10.0)

Name = Annotated[str, Path(max_length=200)]
Scope = Annotated[str | None, Query(max_length=1_000, description="Of this project; absent: of the whole store.")]


def may_name(asked: Asked, project: str | None) -> bool:
    """Return whether an access may read what was saved for a project, or with None for the whole store."""
    projects = asked.access.projects
    return projects is None or (project is not None and project in projects)


@router.get("/api/sql/views", response_model=schema.SavedViews)
def views(asked: Reading, project: Scope = None) -> Response:
    """Return the saved queries by name, with their columns, or why they no longer run."""
    saved = asked.served.preferences.queries(project or "") if may_name(asked, project) else {}
    return _answer(asked, project, saved)


@router.put("/api/sql/views/{name}", response_model=schema.SavedViews)
def save_view(asked: Writing, name: Name, question: schema.SaveQuery) -> Response:
    """Keep a query under a name, anew or in the place of what has it; with `was`, what had that name gets this one."""
    query = check_query(question.query)
    check_name(asked.source, name)

    def change(saved: dict[str, str]) -> dict[str, str]:
        old = {one.lower(): one for one in saved}
        before = old.get((question.was or name).lower())
        if name.lower() in old and old[name.lower()] != before:
            raise InvalidQuery(f"there is a view `{name}` already", hint="choose another name")
        if before is not None and before.lower() != name.lower():
            _refuse_if_read(asked, saved, before)
        others = {one: text for one, text in saved.items() if one != before}
        if len(others) >= MOST_VIEWS:
            raise InvalidQuery(f"there are {MOST_VIEWS} views already", hint="delete one of them")
        made = dict(sorted({**others, name: query}.items(), key=lambda item: item[0].lower()))
        _columns(asked, made, name)
        return made

    return _answer(
        asked, question.project, asked.served.preferences.change_queries(_scope(asked, question.project), change)
    )


@router.delete("/api/sql/views/{name}", response_model=schema.SavedViews)
def delete_view(asked: Writing, name: Name, project: Scope = None) -> Response:
    """Forget a saved query; refused while another one reads it."""

    def change(saved: dict[str, str]) -> dict[str, str]:
        if name in saved:
            _refuse_if_read(asked, saved, name)
        return {one: text for one, text in saved.items() if one != name}

    return _answer(asked, project, asked.served.preferences.change_queries(_scope(asked, project), change))


def _scope(asked: Asked, project: str | None) -> str:
    if not may_name(asked, project):
        raise AccessDenied("this access is about some projects only: name one of them")
    return "" if project is None else check_label(project, "project")


def _refuse_if_read(asked: Asked, saved: dict[str, str], name: str) -> None:
    """Raise where a saved query reads another one."""
    without = {one: text for one, text in saved.items() if one == name}
    for other, text in saved.items():
        if other != name and expand(asked.source, text, without) != text:
            raise InvalidQuery(f"the view `{other}` reads `{name}`", hint=f"change `{other}` first")


def _columns(asked: Asked, saved: dict[str, str], name: str) -> list[dict[str, Any]]:
    statement = expand(asked.source, f'SELECT * FROM "{name}" LIMIT 0', saved)  # noqa: S608 - an identifier
    empty = asked.source.sql(statement, limits=_LIMITS)
    return [{"name": field.name, "type": str(field.type)} for field in empty.schema]


def _answer(asked: Asked, project: str | None, saved: dict[str, str]) -> Response:
    def described(name: str) -> dict[str, Any]:
        try:
            return {"name": name, "query": saved[name], "columns": _columns(asked, saved, name), "problem": None}
        except EventideError as error:
            return {"name": name, "query": saved[name], "columns": [], "problem": error.message}

    body = kept(asked, "views", (project, saved), lambda: {"views": [described(name) for name in saved]})
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=plain.JSON_TYPE)
