"""Retention: remove journal files whose every record is in the sealed tables.

Invariant: a part is removed only when it is closed, the `runs` table covers it to its end, and its bytes are those its trailer counts;
a part with damage is evidence and stays. The run's folder stays too, with a `.past` file per writer, so that the run can be resumed. A
writer's later parts find their place by what their header says about earlier ones.
"""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import orjson

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.journal.past import past_of, remember
from eventide.journal.records import END
from eventide.journal.scan import Part, Scanner
from eventide.layout import PART_SUFFIX
from eventide.model import Removal
from eventide.relay.memory import unsent as unsent_runs
from eventide.store.tables.delta import FENCE
from eventide.store.tables.sealed import SealedTables

if TYPE_CHECKING:
    from eventide.layout import Layout

DAY_S = 86400.0
_BLOCK_BYTES = 1024 * 1024
_SOON_S = 3600.0
"""Parts younger than this may be sealed by files that the disk does not hold yet."""


def remove_sealed_parts(
    layout: Layout,
    parts: Iterable[Part] | None = None,
    *,
    keep_days: float | Literal["forever"],
    clock: Clock = SYSTEM_CLOCK,
    dry_run: bool = False,
    unsent: bool = False,
) -> Removal:
    """Remove the sealed parts that were last written more than `keep_days` ago; `runs` names those that lost parts.

    `parts` None means all of the store; `forever` removes nothing. Without `unsent` runs that a hub does not have whole keep theirs.

    Raises:
        StoreDamaged: a table cannot be read, so nothing can be said to be sealed.
    """
    if keep_days == "forever" or math.isinf(keep_days):
        return Removal(dry_run=dry_run)
    if parts is None:
        scanner = Scanner(layout)
        scanner.scan()
        parts = scanner.parts()
    sealed = SealedTables(layout)
    sealed.refresh()
    now_s = clock.time()
    due = [part for part in parts if _is_due(part, sealed, now_s - keep_days * DAY_S)]
    waiting = frozenset[str]() if unsent else unsent_runs(layout, due)
    due = [part for part in due if part.run_id not in waiting]
    if any(now_s - part.mtime_ns / 1e9 < _SOON_S for part in due) and not dry_run and hasattr(os, "sync"):
        os.sync()
    return replace(_remove([part for part in due if is_intact(part)], dry_run=dry_run), unsent=len(waiting))


def _is_due(part: Part, sealed: SealedTables, before_s: float) -> bool:
    if not part.closed or part.mtime_ns / 1e9 > before_s:
        return False
    covered = sealed.covered(part.header.project, "runs", part.header.writer)
    return part.end <= covered < FENCE


def _remove(parts: list[Part], *, dry_run: bool) -> Removal:
    runs: set[str] = set()
    files = size_bytes = 0
    for part in sorted(parts, key=lambda part: (part.run_id, part.name)):
        if not dry_run:
            try:
                _remember_writer(part)
                part.path.unlink()
            except FileNotFoundError:  # another retention run was first
                continue
        runs.add(part.run_id)
        files += 1
        size_bytes += part.size_bytes
    return Removal(tuple(sorted(runs)), files, size_bytes, dry_run)


def _remember_writer(part: Part) -> None:
    """Keep what a later resume has to know, if this is the last part of its writer."""
    later = part.path.with_name(f"{part.header.writer}-{part.header.part + 1:06d}{PART_SUFFIX}")
    if later.exists():
        return
    earlier = sorted(part.path.parent.glob(f"{part.header.writer}-*{PART_SUFFIX}"), reverse=True)
    past = past_of(earlier)
    if past is not None:
        remember(part.path.parent, past)


def is_intact(part: Part) -> bool:
    """Tell whether a closed part holds exactly the bytes that its trailer counts."""
    try:
        with part.path.open("rb") as file:
            file.seek(max(0, part.size_bytes - _BLOCK_BYTES))
            trailer = _trailer(file.read())
            file.seek(0)
            checksum, left = 0, trailer["bytes"]
            if part.size_bytes != left + trailer["_line"]:
                return False
            while left:
                block = file.read(min(left, _BLOCK_BYTES))
                if not block:
                    return False
                checksum = zlib.crc32(block, checksum)
                left -= len(block)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(f"{checksum:08x}" == trailer["crc32"])


def _trailer(tail: bytes) -> dict[str, Any]:
    """Return the counts in the last line of a part, and the line's own length as `_line`."""
    line = tail[tail.rfind(b"\n", 0, -1) + 1 :]
    return {**orjson.loads(line)[END], "_line": len(line)}
