"""Compaction: seal, then fewer and larger files, a checkpoint, and no files that nobody needs.

Invariant: no row is lost or doubled by it. Files are removed `vacuum_after_hours` after they went out of use, so that a reader with an
older list finds them; one that does not lists again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.journal.scan import Part, Scanner
from eventide.layout import TABLES, Layout
from eventide.names import project_of
from eventide.store.tables.delta import open_table
from eventide.store.tables.merge import merge_small_files
from eventide.store.tables.seal import Sealer, SealReport

VACUUM_AFTER_HOURS = 24


@dataclass(frozen=True, slots=True)
class CompactReport:
    """What a compaction did."""

    sealed: SealReport = field(default_factory=SealReport)
    merged: int = 0
    """Small files that went into larger ones."""
    files: int = 0
    """Files removed from disk."""
    freed_bytes: int = 0
    conflicts: int = 0
    """Merges given up because somebody else had changed the files."""


def compact(
    layout: Layout,
    parts: Iterable[Part] | None = None,
    *,
    clock: Clock = SYSTEM_CLOCK,
    include_open: bool = False,
    vacuum_after_hours: int = VACUUM_AFTER_HOURS,
) -> CompactReport:
    """Seal `parts` (None: all of the store), merge small files, write checkpoints, and remove files out of use for a day.

    Raises:
        StoreError: a table cannot be read or written.
        OSError: a file of a table cannot be read or written.
    """
    from eventide.store.tables.purge import finish_purges  # noqa: PLC0415 - purge removes with what is here

    finish_purges(layout)
    if parts is None:
        scanner = Scanner(layout)
        scanner.scan()
        parts = scanner.parts()
    sealed = Sealer(layout, clock).seal(parts, include_open=include_open)
    merged = files = freed = conflicts = 0
    for path in table_paths(layout):
        done = merge_small_files(path)
        merged += done.files
        conflicts += done.conflicts
        _checkpoint(path)
        removed, size_bytes = vacuum(path, after_hours=vacuum_after_hours, full=True)
        files += removed
        freed += size_bytes
    return CompactReport(sealed, merged, files, freed, conflicts)


def table_paths(layout: Layout, projects: Iterable[str] | None = None) -> list[Path]:
    """Return the folders of all tables of some projects, or of all."""
    if projects is None:
        try:
            projects = sorted(project_of(entry.name) for entry in os.scandir(layout.tables_dir) if entry.is_dir())
        except FileNotFoundError:
            projects = []
    return [layout.table(project, table) for project in projects for table in TABLES]


def _checkpoint(path: Path) -> None:
    """Write a checkpoint when opening the table would read many commits; delta-rs itself does after every hundredth."""
    from deltalake.exceptions import DeltaError  # noqa: PLC0415

    table = open_table(path)
    if table is not None and table.version() % 100 >= 10:
        with contextlib.suppress(DeltaError, OSError):  # somebody else is writing one
            table.create_checkpoint()


def vacuum(path: Path, *, after_hours: int, full: bool) -> tuple[int, int]:
    """Remove files that went out of use `after_hours` ago, and with `full` those that killed writers left behind.

    Returns the number of files and their bytes. Whoever is in the way is left in peace: nothing is removed then. A file no commit
    names yet may be one that a sealer is about to commit; so `full` needs at least an hour, and is ignored below.
    """
    from deltalake.exceptions import DeltaError  # noqa: PLC0415

    table = open_table(path)
    if table is None:
        return 0, 0
    full = full and after_hours >= 1
    try:
        names = table.vacuum(after_hours, dry_run=True, enforce_retention_duration=False, full=full)
        if not names:
            return 0, 0
        sizes = {name: _size_of(path / name) for name in names}
        removed = table.vacuum(after_hours, dry_run=False, enforce_retention_duration=False, full=full)
    except (DeltaError, OSError):
        return 0, 0
    return len(removed), sum(sizes.get(name, 0) for name in removed)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
