"""Compaction: seal, then fewer and larger files, a checkpoint, and no files that nobody needs.

Invariant: no row is lost or doubled by it. Merging swaps files for their sum in one Delta commit that fails when another merge or a
deletion had one of the files meanwhile; then this one is simply left for another time. Files are removed `vacuum_after_hours` after
they went out of use, so that a reader with an older list finds them; one that does not lists again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.layout import TABLES, Layout
from eventide.names import project_of
from eventide.store.delta import arrow_schema, open_table, writer_properties
from eventide.store.scan import Part, Scanner
from eventide.store.seal import Sealer, SealReport

if TYPE_CHECKING:
    from deltalake import DeltaTable

TARGET_BYTES = 128 * 1024 * 1024
SMALL_BYTES = 32 * 1024 * 1024
MIN_SMALL_FILES = 4
"""Below so many small files, merging costs more than it saves."""
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
    """Tables left alone because somebody else was changing them."""


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
    """
    from eventide.store.purge import finish_purges  # noqa: PLC0415 - purge removes with what is here

    finish_purges(layout)
    if parts is None:
        scanner = Scanner(layout)
        scanner.scan()
        parts = scanner.parts()
    sealed = Sealer(layout, clock).seal(parts, include_open=include_open)
    merged = files = freed = conflicts = 0
    for path in table_paths(layout):
        done, clean = _merge(path)
        merged += done
        conflicts += not clean
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


def _merge(path: Path) -> tuple[int, bool]:
    """Merge the small files of one table; return how many, and False when somebody else got in between."""
    from deltalake.exceptions import DeltaError  # noqa: PLC0415

    table = open_table(path)
    if table is None:
        return 0, True
    sizes = [size for size in _file_sizes(table).values() if size < SMALL_BYTES]
    try:
        merged = 0
        if len(sizes) >= MIN_SMALL_FILES:
            properties = writer_properties(arrow_schema(table))
            result = table.optimize.compact(target_size=TARGET_BYTES, writer_properties=properties)
            merged = int(result["numFilesRemoved"])
        if merged or table.version() % 100 >= 10:
            table.create_checkpoint()
    except (DeltaError, OSError):
        return 0, False
    return merged, True


def _file_sizes(table: DeltaTable) -> dict[str, int]:
    import pyarrow as pa  # noqa: PLC0415

    actions = pa.table(table.get_add_actions(flatten=True))
    return dict(zip(actions["path"].to_pylist(), actions["size_bytes"].to_pylist(), strict=True))


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
