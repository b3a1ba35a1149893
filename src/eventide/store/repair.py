"""Repair: put right what can be put right without guessing.

Journals and tables are never edited. What a killed process left half is left: a torn line is ignored by every reader, and whoever
guessed at it would invent data. What is done: finish purges, remove stale temporary files, delete the index (it comes back the same),
and, only when asked, write a missing store.json.

Invariant: repairing twice is repairing once, and a dry run changes nothing.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.store.purge import PURGING, finish_purges, pending_purges
from eventide.store.verify import leftovers

if TYPE_CHECKING:
    from eventide.layout import Layout


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing that was put right, or would be."""

    path: str
    what: str
    dry_run: bool = False


def repair(
    layout: Layout,
    *,
    clock: Clock = SYSTEM_CLOCK,
    dry_run: bool = False,
    store_json: bool = False,
    index_dir: Path | None = None,
) -> list[Repair]:
    """Put right what can be put right safely; return what was done, or would be.

    `store_json` writes a missing store.json beside an existing `runs/` (the store gets a new id); `index_dir` is the folder of
    rebuildable files to delete.

    Raises:
        StoreUnwritable: the store cannot be written to.
        StoreError: a purge cannot be finished.
    """
    done: list[Repair] = []
    now_s = clock.time()
    if store_json and layout.runs_dir.is_dir() and not layout.store_json.exists():
        if not dry_run:
            layout.create(now_s=now_s)
        done.append(Repair(str(layout.store_json), "written anew, with a new store id", dry_run))
    for problem in leftovers(layout, now_s):
        path = Path(problem.path)
        if not path.name.startswith(PURGING):
            if not dry_run:
                path.unlink(missing_ok=True)
            done.append(Repair(problem.path, "stale temporary file removed", dry_run))
    done += [
        Repair(str(layout.runs_dir / f"{PURGING}{run_id}"), f"purge of the run `{run_id}` finished", dry_run)
        for run_id in sorted(pending_purges(layout))
    ]
    if not dry_run:
        finish_purges(layout)
    if index_dir is not None and index_dir.is_dir():
        if not dry_run:
            shutil.rmtree(index_dir)
        done.append(Repair(str(index_dir), "index deleted; it is made anew by the next reader", dry_run))
    return done
