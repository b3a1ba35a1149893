"""Find the parts of all journals, and what changed about them, at the price of a few stats.

Every writer moves the mtime of `runs/` when it opens or ends a part (`Layout.announce`). So a scan that finds it unmoved looks only
at parts that are still open; one that finds it moved looks at each run's folder, and lists only folders whose own mtime moved.
Invariant: a part whose bytes changed is found by the next scan. Timestamps younger than `SETTLE_NS` are never trusted to mean
"unchanged", because file systems stamp several changes of one tick alike.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from eventide.errors import StoreDamaged, StoreTooNew
from eventide.journal.process import is_gone
from eventide.journal.reader import read_header
from eventide.journal.records import END, Header
from eventide.layout import PART_SUFFIX, Layout

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

SETTLE_NS = 100_000_000
STALE_AFTER_S = 45.0
"""A writer whose part was not touched for so long, and whose process cannot be looked up, counts as gone."""
_TAIL_BYTES = 64 * 1024
_END_PREFIX = f'{{"{END}":'.encode()


@dataclass(frozen=True, slots=True)
class Part:
    """One part as it was seen last."""

    run_id: str
    name: str
    path: Path
    size_bytes: int
    mtime_ns: int
    header: Header
    closed: bool
    """Whether it ends with a trailer."""

    @property
    def end(self) -> int:
        """Bytes of the writer's journal up to and including this part."""
        return self.header.at + self.size_bytes

    def is_abandoned(self, now_s: float) -> bool:
        """Tell whether the part is open although its writer is gone, or has been silent for too long."""
        return not self.closed and writer_is_gone(self.header, self.mtime_ns, now_s)


def writer_is_gone(header: Header, mtime_ns: int, now_s: float) -> bool:
    """Tell whether the writer of a part is gone: certain by its process, else by a part not touched for `STALE_AFTER_S`."""
    if is_gone(pid=header.pid, pid_start=header.pid_start, machine=header.machine):
        return True
    return now_s - mtime_ns / 1e9 > STALE_AFTER_S


@dataclass(slots=True)
class _RunDir:
    mtime_ns: int = 0
    parts: dict[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scan:
    """What one look at the store found."""

    changed: tuple[Part, ...]
    """Parts that are new, grew or were closed since the last scan."""
    removed: tuple[str, ...]
    """Runs whose folder is gone."""
    damaged: dict[str, str]
    """Path → why it cannot be read, for parts without a usable header."""


class Scanner:
    """Remembers the parts of a store between scans. Not safe for threads: its owner holds a lock."""

    def __init__(self, layout: Layout, known: Iterable[Part] = (), *, only: Collection[str] | None = None) -> None:
        """Begin with the `known` parts; `only` looks at the folders of these runs and at no other."""
        self._layout = layout
        self._only = only
        self._runs: dict[str, _RunDir] = {}
        self._open: set[str] = set()
        self._root_mtime_ns = -1
        self._scanned_at_ns = 0
        self._damaged: dict[str, str] = {}
        for part in known:
            self._runs.setdefault(part.run_id, _RunDir()).parts[part.name] = part
            self._note_open(part.run_id)

    def parts(self, run_id: str | None = None) -> Iterator[Part]:
        """Yield the known parts of one run or of all, each writer's in order."""
        folders = self._runs.values() if run_id is None else filter(None, [self._runs.get(run_id)])
        for folder in folders:
            yield from sorted(folder.parts.values(), key=lambda part: part.name)

    def scan(self) -> Scan:
        """Look at the store and return what changed since the last call."""
        changed: list[Part] = []
        removed: list[str] = []
        moved = self._root_moved()
        if moved:
            removed = self._visit_all(changed)
        else:
            for run_id in list(self._open):
                self._revisit(run_id, self._runs[run_id], changed)
        return Scan(tuple(changed), tuple(removed), dict(self._damaged))

    def _root_moved(self) -> bool:
        try:
            mtime_ns = self._layout.runs_dir.stat().st_mtime_ns
        except FileNotFoundError:
            mtime_ns = 0
        settled = self._scanned_at_ns - mtime_ns > SETTLE_NS
        moved = mtime_ns != self._root_mtime_ns or not settled
        self._root_mtime_ns = mtime_ns
        self._scanned_at_ns = time.time_ns()
        return moved

    def _visit_all(self, changed: list[Part]) -> list[str]:
        present: set[str] = set()
        now_ns = time.time_ns()
        for run_id, mtime_ns in self._folders():
            present.add(run_id)
            folder = self._runs.setdefault(run_id, _RunDir())
            if mtime_ns != folder.mtime_ns or now_ns - mtime_ns < SETTLE_NS:
                self._list(run_id, folder, changed)
                folder.mtime_ns = mtime_ns
            elif run_id in self._open:
                self._revisit(run_id, folder, changed)
        removed = [run_id for run_id in self._runs if run_id not in present]
        for run_id in removed:
            del self._runs[run_id]
            self._open.discard(run_id)
        return removed

    def _folders(self) -> Iterator[tuple[str, int]]:
        """Yield id and mtime (nanoseconds) of the runs that have a folder."""
        if self._only is not None:
            for run_id in self._only:
                with suppress(FileNotFoundError):
                    yield run_id, self._layout.run_dir(run_id).stat().st_mtime_ns
            return
        try:
            entries = list(os.scandir(self._layout.runs_dir))
        except FileNotFoundError:
            entries = []
        for entry in entries:
            if entry.name[0] != "." and entry.is_dir(follow_symlinks=False):
                yield entry.name, entry.stat(follow_symlinks=False).st_mtime_ns

    def _note_open(self, run_id: str) -> None:
        """Remember whether a run has parts that may grow."""
        folder = self._runs[run_id]
        if any(not part.closed for part in folder.parts.values()):
            self._open.add(run_id)
        else:
            self._open.discard(run_id)

    def _list(self, run_id: str, folder: _RunDir, changed: list[Part]) -> None:
        directory = self._layout.runs_dir / run_id
        names: set[str] = set()
        try:
            entries = list(os.scandir(directory))
        except FileNotFoundError:
            entries = []
        for entry in entries:
            if entry.name.endswith(PART_SUFFIX) and entry.is_file(follow_symlinks=False):
                names.add(entry.name)
                self._look(run_id, folder, entry.name, entry.stat(follow_symlinks=False), changed)
        for name in folder.parts.keys() - names:
            del folder.parts[name]
        self._note_open(run_id)

    def _revisit(self, run_id: str, folder: _RunDir, changed: list[Part]) -> None:
        for name, part in list(folder.parts.items()):
            if not part.closed:
                try:
                    self._look(run_id, folder, name, part.path.stat(), changed)
                except FileNotFoundError:
                    del folder.parts[name]
        self._note_open(run_id)

    def _look(self, run_id: str, folder: _RunDir, name: str, stat: os.stat_result, changed: list[Part]) -> None:
        known = folder.parts.get(name)
        if known is not None and known.size_bytes == stat.st_size:
            if known.mtime_ns != stat.st_mtime_ns:
                folder.parts[name] = replace(known, mtime_ns=stat.st_mtime_ns)
            return
        path = self._layout.runs_dir / run_id / name
        try:
            header = known.header if known is not None else read_header(path)
            if header is None:
                return
            if header.run != run_id:
                raise StoreDamaged(f"`{path}` belongs to the run `{header.run}`")  # noqa: TRY301 - handled like damage
            part = Part(run_id, name, path, stat.st_size, stat.st_mtime_ns, header, is_closed(path, stat.st_size))
        except (StoreDamaged, StoreTooNew, OSError) as error:
            self._damaged[str(path)] = str(error)
            return
        self._damaged.pop(str(path), None)
        folder.parts[name] = part
        changed.append(part)


def is_closed(path: Path, size_bytes: int) -> bool:
    """Tell whether a part ends with a trailer; reads at most its last 64 KiB, or a longer last line."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - many small files
        window = _TAIL_BYTES
        while True:
            start = max(0, size_bytes - window)
            file.seek(start)
            tail = file.read(size_bytes - start)
            if not tail.endswith(b"\n"):
                return False
            cut = tail.rfind(b"\n", 0, -1)
            if cut >= 0 or start == 0:
                return tail[cut + 1 :].startswith(_END_PREFIX)
            window *= 16
