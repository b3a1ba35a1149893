"""Changes to runs: names, notes, tags, archive, bin; and the bin's end."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from eventide.errors import InvalidSetting, RunNotFound
from eventide.model import Edit
from eventide.server import plain, schema
from eventide.server.served import Administering, Asked, Writing
from eventide.table.actions import keeper
from eventide.table.annotations import annotate as write_annotation
from eventide.table.selection import infos

router = APIRouter(tags=["changes"])


@router.patch("/api/runs", response_model=schema.Edited)
def edit(asked: Writing, question: schema.RunEdit) -> Response:
    """Change runs and return them as they are then; where one does not exist, none is changed."""
    change = Edit(
        name=question.name,
        notes=question.notes,
        group=question.group,
        add_tags=tuple(question.add_tags),
        remove_tags=tuple(question.remove_tags),
        archived=question.archived,
        deleted=question.deleted,
    )
    if change == Edit():
        raise InvalidSetting("nothing is to be changed", hint='{"run_ids": ["…"], "notes": "…"}')
    asked.source.edit(question.run_ids, change)
    asked.served.watcher.sync()
    return plain.reply({"runs": [plain.run(run) for run in infos(asked.source, question.run_ids)]})


@router.post("/api/annotations", response_model=schema.Annotated)
def annotate(asked: Writing, question: schema.AnnotationEdit) -> Response:
    """Write a few words at a step of a run, change them, or take them away."""
    made = write_annotation(asked.source, question.run_id, question.text, question.step, question.id)
    asked.served.watcher.sync()
    return plain.reply({"id": made})


@router.post("/api/purge", response_model=schema.Purged)
def purge(asked: Administering, question: schema.Purge) -> Response:
    """Destroy runs that lie in the bin; there is no way back."""
    _check_binned(asked, question.run_ids)
    removal = keeper(asked.served.source, "purge")(question.run_ids)
    asked.served.watcher.sync()
    return plain.reply({"runs": list(removal.runs), "files": removal.files, "size_bytes": removal.size_bytes})


def _check_binned(asked: Asked, run_ids: list[str]) -> None:
    """Raise unless every run lies in the bin."""
    found = {run.id: run for run in infos(asked.source, run_ids, keys=(), details=False)}
    for run_id in run_ids:
        if run_id not in found:
            raise RunNotFound(f"no run answers to `{run_id:.80}`", hint="eventide runs --bin")
        if found[run_id].deleted is None:
            raise InvalidSetting(f"`{run_id}` does not lie in the bin", hint="put it there first")
