"""How projects are shown."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from eventide.errors import AccessDenied
from eventide.names import check_label
from eventide.server import plain, schema
from eventide.server.served import Asked, Reading, Writing

router = APIRouter(tags=["server"])

Name = Annotated[str, Path(max_length=1_000)]


@router.get("/api/settings/{project}", response_model=schema.ProjectSettings)
def settings(asked: Reading, project: Name) -> Response:
    """Return how a project is shown."""
    return plain.reply(asked.served.preferences.get(_checked(asked, project)).model_dump())


@router.put("/api/settings/{project}", response_model=schema.ProjectSettings)
def set_settings(asked: Writing, project: Name, question: schema.ProjectSettings) -> Response:
    """Keep how a project is shown, all of it at once."""
    asked.served.preferences.put(_checked(asked, project), question)
    return plain.reply(question.model_dump())


def _checked(asked: Asked, project: str) -> str:
    if asked.access.projects is not None and project not in asked.access.projects:
        raise AccessDenied(f"this access is not about the project `{project:.80}`")
    return check_label(project, "project")
