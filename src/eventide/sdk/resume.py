"""Find out what other processes have done to a run, from the ends of its files.

Invariant: reads only; costs one header and the last kilobytes of the newest part per writer, however long the run is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import orjson

from eventide.errors import StoreDamaged
from eventide.journal.process import is_gone
from eventide.journal.reader import read_header
from eventide.journal.records import END, ROLE_RUN, ROW_PREFIX, STEP, TS, Header, Record
from eventide.layout import PART_SUFFIX

STALE_AFTER_S = 45.0
"""A part whose mtime is older than this has lost its writer, where the process itself cannot be looked up."""
_TAIL_BYTES = 64 * 1024


class Past(NamedTuple):
    """One writer of a run, as its newest part tells."""

    header: Header
    status: str | None
    """What its trailer says; None while it writes, or when it was cut off."""
    mtime_s: float
    step: int | None
    """Step of its last row; None when it logged none."""
    ts: float

    def is_over(self, now_s: float) -> bool:
        """Tell whether this writer has ended, is gone, or has not been heard of for too long."""
        header = self.header
        return (
            self.status is not None
            or is_gone(pid=header.pid, pid_start=header.pid_start, machine=header.machine)
            or now_s - self.mtime_s > STALE_AFTER_S
        )


def writers_of(folder: Path) -> list[Past]:
    """Return every writer of a run's folder; an empty list when there is no such run."""
    parts: dict[str, list[str]] = {}
    try:
        names = os.listdir(folder)  # noqa: PTH208 - at the start of every process
    except OSError:
        return []
    for name in sorted(names):
        if name.endswith(PART_SUFFIX):
            parts.setdefault(name[: -len(PART_SUFFIX)].rpartition("-")[0], []).append(name)
    found = (_past([folder / name for name in reversed(own)]) for own in parts.values())
    return [past for past in found if past is not None]


def next_attempt(earlier: list[Past], rank: int, now_s: float) -> int:
    """Return the attempt that a new writer of `rank` belongs to: the current one while somebody still writes it, else the next."""
    same = [past for past in earlier if past.header.role == ROLE_RUN and past.header.rank == rank]
    if not same:
        return max((past.header.attempt for past in earlier if past.header.role == ROLE_RUN), default=1)
    newest = max(past.header.attempt for past in same)
    return newest + all(past.is_over(now_s) for past in same)


def next_step(earlier: list[Past], rank: int) -> int:
    """Return the step after the row that was logged last by `rank`, in any process; 0 when there is none."""
    rows = [(past.ts, past.step) for past in earlier if past.header.rank == rank and past.step is not None]
    return max(rows)[1] + 1 if rows else 0


def _past(newest_first: list[Path]) -> Past | None:
    """Read one writer's newest part, and earlier ones as long as no row turns up."""
    past = None
    for path in newest_first:
        try:
            header, status = read_header(path), path.stat()
            last, row = _ends(path, status.st_size)
        except (OSError, StoreDamaged):
            continue
        if header is None:
            continue
        if past is None:
            end = last.get(END) if last else None
            past = Past(header, end.get("status") if isinstance(end, dict) else None, status.st_mtime, None, 0.0)
        if row is not None:
            return past._replace(step=int(row[STEP]), ts=float(row[TS]))
    return past


def _ends(path: Path, size: int) -> tuple[Record | None, Record | None]:
    """Return the last whole record of a part and its last row, reading backwards only as far as needed."""
    with open(path, "rb") as file:  # noqa: PTH123
        reach = _TAIL_BYTES
        while True:
            start = max(0, size - reach)
            file.seek(start)
            lines = file.read(size - start).split(b"\n")[(1 if start else 0) : -1]
            row = next((line for line in reversed(lines) if line.startswith(ROW_PREFIX)), None)
            if (row is not None and lines) or not start:
                return _load(lines[-1] if lines else b""), _load(row or b"")
            reach *= 8


def _load(line: bytes) -> Record | None:
    try:
        record = orjson.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
