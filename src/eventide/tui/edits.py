"""Changes to runs, and how they are undone.

Invariant: each change knows its opposite, made from what the runs were like before; with `read_only` nothing is ever written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eventide.model import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.model import RunInfo
    from eventide.source import Source

Step = tuple[tuple[str, ...], Edit]


class Change(NamedTuple):
    """One change to some runs."""

    text: str
    """What was done, as people read it."""
    steps: tuple[Step, ...]
    undo: tuple[Step, ...]


def run_steps(source: Source, steps: Sequence[Step]) -> None:
    """Apply edits; raises RunNotFound and its like."""
    for ids, edit in steps:
        source.edit(ids, edit)


def tag(runs: Sequence[RunInfo], text: str) -> Change:
    """Add tags, or take off those with a leading `-`."""
    words = [word for word in text.replace(",", " ").split() if word.strip("-")]
    add = tuple(word for word in words if not word.startswith("-"))
    remove = tuple(word[1:] for word in words if word.startswith("-"))
    undo = []
    for run in runs:
        new = tuple(name for name in add if name not in run.tags)
        gone = tuple(name for name in remove if name in run.tags)
        undo.append(((run.id,), Edit(add_tags=gone, remove_tags=new)))
    said = " ".join([*(f"+{name}" for name in add), *(f"-{name}" for name in remove)])
    return Change(f"tags {said} on {_runs(runs)}", ((_ids(runs), Edit(add_tags=add, remove_tags=remove)),), tuple(undo))


def note(runs: Sequence[RunInfo], text: str) -> Change:
    """Set the notes."""
    undo = tuple(((run.id,), Edit(notes=run.notes)) for run in runs)
    return Change(f"note on {_runs(runs)}", ((_ids(runs), Edit(notes=text)),), undo)


def rename(run: RunInfo, text: str) -> Change:
    """Give a run another name."""
    return Change(f"renamed to {text}", (((run.id,), Edit(name=text)),), (((run.id,), Edit(name=run.name)),))


def archive(runs: Sequence[RunInfo]) -> Change:
    """Hide runs from lists, or show them again when all are hidden."""
    to = not all(run.archived for run in runs)
    undo = tuple(((run.id,), Edit(archived=run.archived)) for run in runs)
    return Change(
        f"{'archived' if to else 'took out of the archive'} {_runs(runs)}", ((_ids(runs), Edit(archived=to)),), undo
    )


def to_bin(runs: Sequence[RunInfo]) -> Change:
    """Put runs into the bin."""
    ids = _ids(runs)
    return Change(f"{_runs(runs)} in the bin", ((ids, Edit(deleted=True)),), ((ids, Edit(deleted=False)),))


def out_of_bin(runs: Sequence[RunInfo]) -> Change:
    """Take runs out of the bin."""
    ids = _ids(runs)
    return Change(f"{_runs(runs)} taken out of the bin", ((ids, Edit(deleted=False)),), ((ids, Edit(deleted=True)),))


def _ids(runs: Sequence[RunInfo]) -> tuple[str, ...]:
    return tuple(run.id for run in runs)


def _runs(runs: Sequence[RunInfo]) -> str:
    return runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
