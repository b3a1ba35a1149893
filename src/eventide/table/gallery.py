"""Logged media by key and step: what a grid with one slider for all runs shows.

Invariant: at a step, a run shows what it logged at that step or, where it logged nothing then, what it logged last before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from eventide.model import FileInfo


class MediaKey(NamedTuple):
    """One key under which media were logged."""

    key: str
    type: str
    steps: list[int]
    runs: int


def media_keys(files: Iterable[FileInfo]) -> list[MediaKey]:
    """Return the keys of media, by name, each with its steps in ascending order."""
    steps: dict[str, set[int]] = {}
    runs: dict[str, set[str]] = {}
    types: dict[str, str] = {}
    for file in files:
        steps.setdefault(file.name, set()).add(file.step or 0)
        runs.setdefault(file.name, set()).add(file.run_id)
        types[file.name] = str(file.record.get("type", "file"))
    return [MediaKey(key, types[key], sorted(steps[key]), len(runs[key])) for key in sorted(steps)]


def at_step(files: Iterable[FileInfo], step: int | None) -> list[FileInfo]:
    """Return the media of each run at a step (None: its last), runs in order of their first appearance."""
    newest: dict[str, list[FileInfo]] = {}
    for file in files:
        held = newest.setdefault(file.run_id, [])
        if step is not None and (file.step or 0) > step:
            continue
        if not held or (file.step or 0) > (held[0].step or 0):
            newest[file.run_id] = [file]
        elif (file.step or 0) == (held[0].step or 0):
            held.append(file)
    return [file for held in newest.values() for file in _by_index(held)]


def _by_index(files: Sequence[FileInfo]) -> list[FileInfo]:
    """Return media of one step as they were logged; the same index twice means that the later one counts."""
    found: dict[int, FileInfo] = {}
    for place, file in enumerate(files):
        index = file.record.get("index", place)
        found[index if isinstance(index, int) else place] = file
    return [file for _, file in sorted(found.items())]
