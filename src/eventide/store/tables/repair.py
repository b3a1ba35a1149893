"""Repair: put right what can be put right without guessing.

Journals and tables are never edited. What a killed process left half is left: a torn line is ignored by every reader, and whoever
guessed at it would invent data. What is done: finish purges, remove stale temporary files, delete the index (it comes back the same),
and, only when asked, write a missing store.json.

Invariant: repairing twice is repairing once, and a dry run changes nothing.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.model import Problem
from eventide.store.tables.purge import PURGING, finish_purges
from eventide.store.tables.verify import verify

if TYPE_CHECKING:
    from eventide.layout import Layout


def repair(
    layout: Layout,
    *,
    clock: Clock = SYSTEM_CLOCK,
    dry_run: bool = False,
    store_json: bool = False,
    index_dir: Path | None = None,
    objects: bool = True,
) -> list[Problem]:
    """Verify the store and put right what can be; return all problems, with `repairable` for what was put right, or would be.

    `store_json` writes a missing store.json beside an existing `runs/` (the store gets a new id); `index_dir` is the folder of
    rebuildable files to delete.

    Raises:
        StoreUnwritable: the store cannot be written to.
        StoreError: a purge cannot be finished.
    """
    found = [
        replace(problem, repairable=problem.repairable and (store_json or problem.path != str(layout.store_json)))
        for problem in verify(layout, clock=clock, objects=objects)
    ]
    if index_dir is not None and index_dir.is_dir():
        found.append(Problem(str(index_dir), 0, "the index, deleted so that it is made anew", repairable=True))
    if not dry_run:
        for problem in found:
            if problem.repairable:
                _put_right(layout, Path(problem.path), index_dir, clock.time())
    return found


def _put_right(layout: Layout, path: Path, index_dir: Path | None, now_s: float) -> None:
    if path == layout.store_json:
        layout.create(now_s=now_s)
    elif path == index_dir:
        shutil.rmtree(path)
    elif path.name.startswith(PURGING):
        finish_purges(layout)
    else:
        path.unlink(missing_ok=True)
