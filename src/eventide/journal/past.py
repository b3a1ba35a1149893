"""What earlier writers have done to a run, from the ends of their files.

A writer whose parts were all removed, because the tables hold them, is remembered by a small file `<writer>.past`: one line of JSON.
Invariant: asking costs one header and the last kilobytes of the newest part per writer, however long the run is; a `.past` file is
there before the last part of its writer goes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import orjson

from eventide.errors import StoreDamaged
from eventide.journal.process import is_gone
from eventide.journal.reader import read_header
from eventide.journal.records import END, ROW_PREFIX, STEP, TS, Header, Record
from eventide.layout import PART_SUFFIX

STALE_AFTER_S = 45.0
"""A part whose mtime is older than this has lost its writer, where the process itself cannot be looked up."""
PAST_SUFFIX = ".past"
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
    left = [name for name in names if name.endswith(PAST_SUFFIX) and name.removesuffix(PAST_SUFFIX) not in parts]
    found = [_remembered(folder / name) for name in left]
    found += [past_of([folder / name for name in reversed(own)]) for own in parts.values()]
    return [past for past in found if past is not None]


def remember(folder: Path, past: Past) -> None:
    """Leave a `.past` file for a writer whose last part is about to be removed; raises OSError."""
    final = folder / f"{past.header.writer}{PAST_SUFFIX}"
    temporary = folder / f".{past.header.writer}-{os.urandom(4).hex()}.tmp"
    temporary.write_bytes(orjson.dumps({**past.header.record(), "past": past[1:]}, option=orjson.OPT_APPEND_NEWLINE))
    temporary.replace(final)


def _remembered(path: Path) -> Past | None:
    try:
        record = orjson.loads(path.read_bytes())
        status, mtime_s, step, ts = record["past"]
        return Past(Header.of(record), status, mtime_s, step, ts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def past_of(newest_first: list[Path]) -> Past | None:
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
