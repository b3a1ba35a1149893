"""The annotations of runs, as they are now.

Invariant: of several records with one id the last one counts; one without text is no annotation any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from eventide.errors import NotFound
from eventide.journal.annotations import KIND, annotation
from eventide.model import Edit, FileQuery

if TYPE_CHECKING:
    from eventide.source import Source


class Annotation(NamedTuple):
    """A few words at a step of a run."""

    id: str
    run_id: str
    step: int
    text: str
    ts: float
    """When it was written, seconds since the epoch, UTC."""


def annotations_of(source: Source, run_ids: Sequence[str]) -> list[Annotation]:
    """Return the annotations of some runs in the order of their steps, run by run."""
    found: dict[tuple[str, str], Annotation] = {}
    for file in source.files(FileQuery(run_ids=tuple(run_ids), kinds=(KIND,))) if run_ids else ():
        step, text = file.record.get("step"), file.record.get("text")
        if isinstance(step, int) and isinstance(text, str):
            found[file.run_id, file.name] = Annotation(file.name, file.run_id, step, text, file.ts)
    places = {run_id: place for place, run_id in enumerate(run_ids)}
    return sorted((one for one in found.values() if one.text), key=lambda one: (places[one.run_id], one.step, one.ts))


def annotate(source: Source, run_id: str, text: str, step: int, id: str | None = None) -> str:  # noqa: A002
    """Add an annotation, or change or (with an empty text) remove the one with this id; return its id.

    Raises:
        InvalidValue: see `journal.annotations.annotation`.
        NotFound: the run has no annotation with this id.
        RunNotFound: there is no such run.
    """
    record = annotation(text, step, id)
    if id is not None and not any(one.id == id for one in annotations_of(source, [run_id])):
        raise NotFound(f"the run `{run_id:.80}` has no annotation `{id:.40}`")
    source.edit([run_id], Edit(files=(record,)))
    return str(record["name"])
