"""Verify: look at every byte of a store and say what is not as promised. Nothing is changed.

Invariant: an untouched store has no problems, also while it is written to, sealed and read; a problem names the file and the offset
where it begins, and how many bytes are lost by it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.errors import EventideError, StoreDamaged, StoreTooNew
from eventide.journal.reader import is_row, read_chunks, read_header, records
from eventide.journal.records import END, HEADER, Header, Record
from eventide.journal.scan import writer_is_gone
from eventide.layout import PART_SUFFIX, Layout
from eventide.model import Problem
from eventide.store.tables.garbage import objects_in
from eventide.store.tables.purge import PURGING
from eventide.store.tables.verify_tables import CheckedPart, table_problems

if TYPE_CHECKING:
    from os import stat_result

_BLOCK_BYTES = 4 * 1024 * 1024
TEMPORARY_AGE_S = 3600.0
"""A temporary file younger than this may be in use."""


def verify(layout: Layout, *, clock: Clock = SYSTEM_CLOCK, objects: bool = True) -> list[Problem]:
    """Check a whole store: its description, every line of every part, the sealed tables, and with `objects` every object's hash."""
    now_s = clock.time()
    found = [*_store_json(layout)]
    parts: list[CheckedPart] = []
    for path in sorted(layout.runs_dir.glob(f"[!.]*/*{PART_SUFFIX}")):
        found += _part(path, now_s, parts)
    found += table_problems(layout, parts)
    if objects:
        found += _objects(layout)
    found += leftovers(layout, now_s)
    return found


def _store_json(layout: Layout) -> Iterator[Problem]:
    try:
        layout.check()
    except EventideError as error:
        missing = not layout.store_json.exists()
        yield Problem(str(layout.store_json), 0, error.message, repairable=missing and layout.runs_dir.is_dir())


# ── journals ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _part(path: Path, now_s: float, parts: list[CheckedPart]) -> Iterator[Problem]:
    """Check one part on its own, and add it to `parts` when its header can be read."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return
    try:
        header = read_header(path)
    except FileNotFoundError:
        return
    except (StoreDamaged, StoreTooNew) as error:
        yield Problem(str(path), 0, error.message, lost_bytes=stat.st_size if isinstance(error, StoreDamaged) else 0)
        return
    except OSError as error:
        yield Problem(str(path), 0, f"`{path}` cannot be read: {error.strerror or error}")
        return
    if header is None:
        if now_s - stat.st_mtime > TEMPORARY_AGE_S:
            yield Problem(str(path), 0, "the header was never finished", lost_bytes=stat.st_size)
        return
    yield from _names(path, header)
    check = _Lines(path)
    try:
        yield from check.problems()
    except FileNotFoundError:
        return
    parts.append(CheckedPart(path, header, header.at + check.end, check.trailer is not None, header.rows + check.rows))
    yield from _torn(path, header, stat, check, now_s)


def _names(path: Path, header: Header) -> Iterator[Problem]:
    if header.run != path.parent.name:
        yield Problem(str(path), 0, f"the header names the run `{header.run}`, the folder is `{path.parent.name}`")
    if path.name != f"{header.writer}-{header.part:06d}{PART_SUFFIX}":
        yield Problem(str(path), 0, f"the header names part {header.part} of the writer `{header.writer}`")


def _torn(path: Path, header: Header, stat: stat_result, check: _Lines, now_s: float) -> Iterator[Problem]:
    """Report bytes after the last newline, unless their writer can still finish them."""
    torn = stat.st_size - check.end
    if torn > 0 and (check.trailer is not None or writer_is_gone(header, stat.st_mtime_ns, now_s)):
        yield Problem(str(path), check.end, "the last line was never finished; readers leave it out", lost_bytes=torn)


class _Lines:
    """Goes through the lines of one part."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows = 0
        self._checksum = 0
        self.end = 0
        self.trailer: Record | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with whole lines, and with the trailer's counts."""
        for chunk in read_chunks(self._path, 0, size=_BLOCK_BYTES):
            for offset, record in records(chunk):
                until = chunk.data.index(b"\n", offset - chunk.start) + 1
                yield from self._line(offset, record, chunk.data[offset - chunk.start : until])

    def _line(self, offset: int, record: Record | None, line: bytes) -> Iterator[Problem]:
        if self.trailer is not None:
            yield Problem(str(self._path), offset, "a record after the trailer", lost_bytes=0)
            self.trailer = None
        self.end = offset + len(line)
        if record is None or not (is_row(record) or next(iter(record), "").startswith("_")):
            what = "NUL bytes where records were" if b"\0" in line else "a line that is no record"
            yield Problem(str(self._path), offset, what, lost_bytes=len(line))
        elif HEADER in record and offset:
            yield Problem(str(self._path), offset, "a second header")
        elif next(iter(record)) == END:
            self.trailer = record
            yield from self._counts(offset, record[END])
        elif is_row(record):
            self.rows += 1
        self._checksum = zlib.crc32(line, self._checksum)

    def _counts(self, offset: int, counts: Any) -> Iterator[Problem]:
        seen = {"rows": self.rows, "bytes": offset, "crc32": f"{self._checksum:08x}"}
        for name, value in seen.items():
            said = counts.get(name) if isinstance(counts, dict) else None
            if said != value:
                yield Problem(str(self._path), offset, f"the trailer says {name} {said}, the part has {value}")


# ── objects and leftovers ───────────────────────────────────────────────────────────────────────────────────────────────


def _objects(layout: Layout) -> Iterator[Problem]:
    for found in objects_in(layout):
        path = layout.object(found.sha256)
        digest = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Problem(str(path), 0, f"the object cannot be read: {error.strerror or error}")
            continue
        if digest.hexdigest() != found.sha256:
            yield Problem(str(path), 0, "the object's bytes are not those its name promises", found.size_bytes)


def leftovers(layout: Layout, now_s: float) -> Iterator[Problem]:
    """Yield temporary files that killed processes left behind, and purges that were begun and not finished."""
    folders = (layout.root, layout.runs_dir, layout.launches_dir, layout.objects_dir)
    for path in sorted(path for folder in folders if folder.is_dir() for path in folder.glob(".*.tmp")):
        try:
            old = now_s - path.stat().st_mtime > TEMPORARY_AGE_S
        except FileNotFoundError:
            continue
        if old:
            yield Problem(str(path), 0, "a temporary file that a killed process left behind", repairable=True)
    for path in sorted(layout.runs_dir.glob(f"{PURGING}*")):
        yield Problem(str(path), 0, "a purge that was begun and not finished", repairable=True)
