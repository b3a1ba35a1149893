"""The routes, one module per noun: each takes a question apart, asks the source or a pure function, and puts the answer together.

Invariant: no route imports the store, and every one of them says which right it needs (`served.Reading` and its like).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventide.server.routes import (
    analysis,
    artifacts,
    changes,
    code,
    columns,
    console,
    edits,
    export,
    files,
    health,
    media,
    objects,
    page,
    preferences,
    projects,
    rows,
    runs,
    series,
    source,
    sql,
    views,
)

if TYPE_CHECKING:
    from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (
        health, projects, runs, columns, analysis, series, rows, console, files, objects, code, artifacts, media, sql, views, export,
        edits, preferences, changes, source, page,
    )
)  # fmt: skip
"""In the order in which they are asked; the page comes last, because it answers for every other path."""
