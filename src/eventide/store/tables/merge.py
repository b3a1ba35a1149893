"""Merge small files of a table into larger ones, those with neighbouring runs together.

Invariant: the rows of a table are the same before and after, whatever else is committed meanwhile (see `rewrite`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eventide.store.tables.delta import arrow_schema, open_table
from eventide.store.tables.rewrite import discard, swap, write_file
from eventide.store.tables.sealed import SealedFile, Snapshot

TARGET_BYTES = 128 * 1024 * 1024
SMALL_BYTES = 32 * 1024 * 1024
MIN_SMALL_FILES = 4
"""Below so many small files, merging costs more than it saves."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What merging one table did."""

    files: int = 0
    """Small files that went into larger ones."""
    conflicts: int = 0
    """Merges given up because somebody else had changed the files."""


def merge_small_files(path: Path) -> Merged:
    """Merge the small files of the table in the folder `path`, those with neighbouring runs together.

    Raises:
        StoreDamaged: the table's log cannot be read.
        OSError: a file cannot be read or written.
    """
    table = open_table(path)
    if table is None:
        return Merged()
    files = conflicts = 0
    for group in _groups(Snapshot(path, table).files()):
        try:
            target = write_file(path, group, arrow_schema(table))
        except FileNotFoundError:  # merged and vacuumed by somebody else
            conflicts += 1
            continue
        if swap(path, group, [target], data_change=False):
            files += len(group)
        else:
            conflicts += 1
            discard(path, [target])
    return Merged(files, conflicts)


def _groups(files: Sequence[SealedFile]) -> Iterator[list[SealedFile]]:
    """Yield the files to merge, file by file in the order of their runs, up to the size aimed at."""
    small = sorted(
        (file for file in files if file.size_bytes < SMALL_BYTES), key=lambda file: (file.first_run or "", file.path)
    )
    group: list[SealedFile] = []
    size_bytes = 0
    for file in small:
        if group and size_bytes + file.size_bytes > TARGET_BYTES:
            yield group
            group, size_bytes = [], 0
        group.append(file)
        size_bytes += file.size_bytes
    if len(group) >= MIN_SMALL_FILES:
        yield group
