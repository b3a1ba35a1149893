"""Verify, the part about sealed tables: that they open, that their files are whole, and that they hold what journals say they hold.

Invariant: nothing is changed, and a table that others are committing to meanwhile is not called damaged for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eventide.errors import StoreError
from eventide.layout import TABLES, Layout
from eventide.model import Problem
from eventide.store.tables.compact import table_paths
from eventide.store.tables.delta import FENCE, open_table
from eventide.store.tables.sealed import SealedFile, SealedTables, Snapshot

if TYPE_CHECKING:
    from eventide.journal.records import Header


@dataclass(frozen=True, slots=True)
class CheckedPart:
    """A part that could be read at least in part."""

    path: Path
    header: Header
    end: int
    """Bytes of the writer's journal up to the last whole line."""
    closed: bool
    rows: int
    """Rows of the writer up to there."""


def table_problems(layout: Layout, parts: list[CheckedPart]) -> Iterator[Problem]:
    """Check the tables of a store against themselves and against `parts`, which are all that the journals have."""
    sealed = SealedTables(layout)
    try:
        sealed.refresh()
    except StoreError:  # a table that cannot be opened, which is reported next
        pass
    else:
        yield from _contiguity(sealed, parts)
        yield from _row_counts(sealed, parts)
    yield from _tables(layout, parts)


def _contiguity(sealed: SealedTables, parts: list[CheckedPart]) -> Iterator[Problem]:
    """Check that the parts of each writer follow each other, but for those that were sealed and removed."""
    ordered = sorted(parts, key=lambda part: (part.header.writer, part.header.at))
    for writer, group in itertools.groupby(ordered, key=lambda part: part.header.writer):
        end = 0
        for part in group:
            covered = sealed.covered(part.header.project, "runs", writer)
            missing = part.header.at - max(end, covered)
            if missing > 0:
                what = f"{missing} bytes of the writer's earlier parts are neither here nor in the tables"
                yield Problem(str(part.path), 0, what, lost_bytes=missing)
            elif part.header.at < end:
                yield Problem(
                    str(part.path), 0, f"begins {end - part.header.at} bytes before the end of the part before"
                )
            end = part.end


def _tables(layout: Layout, parts: list[CheckedPart]) -> Iterator[Problem]:
    """Check that tables open, that their files are there and whole, and that they cover no bytes that never were."""
    ends: dict[tuple[str, str], int] = {}
    for part in parts:
        key = (part.header.project, part.header.writer)
        ends[key] = max(ends.get(key, 0), part.end)
    known = set(table_paths(layout)) | {layout.table(project, table) for project, _ in ends for table in TABLES}
    for path in sorted(known):
        try:
            table = open_table(path)
        except StoreError as error:
            yield Problem(str(path), 0, error.message)
            continue
        if table is None:
            if (path / "_delta_log").is_dir() and any((path / "_delta_log").iterdir()):
                yield Problem(str(path), 0, "the beginning of the table's log is gone")
            continue
        snapshot = Snapshot(path, table)
        for file in snapshot.files():
            problems = list(_parquet(file))
            if problems and _is_live(path, file):
                yield from problems
        for (project, writer), end in sorted(ends.items()):
            covered = snapshot.covered(writer) if layout.table(project, path.name) == path else 0
            if end < covered < FENCE:
                what = f"covers {covered} bytes of the writer `{writer}`, of which the journal has {end}"
                yield Problem(str(path), 0, what)


def _is_live(path: Path, file: SealedFile) -> bool:
    """Tell whether a table still names a file; between two looks it may have been merged into another one and removed."""
    table = open_table(path)
    return table is not None and any(file.path == other.path for other in Snapshot(path, table).files())


def _row_counts(sealed: SealedTables, parts: list[CheckedPart]) -> Iterator[Problem]:
    """Check that the events table holds as many rows of each writer as the writer counts, where it covers all of a part."""
    for project in sealed.projects():
        counts: dict[str, int] | None = None
        for part in parts:
            writer = part.header.writer
            if part.header.project != project or sealed.covered(project, "events", writer) != part.end:
                continue
            counts = _rows_by_writer(sealed.files(project, "events")) if counts is None else counts
            have = counts.get(writer, 0)
            if have != part.rows:
                what = f"the events table of `{project}` has {have} rows of the {part.rows} of this writer"
                yield Problem(str(part.path), 0, what)


def _rows_by_writer(files: list[str]) -> dict[str, int]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    counts: dict[str, int] = {}
    for file in files:
        try:
            column = pq.read_table(file, columns=["_writer"], partitioning=None)["_writer"]
        except (OSError, pa.ArrowException):  # reported with the tables
            continue
        for entry in pc.value_counts(column).to_pylist():
            counts[entry["values"]] = counts.get(entry["values"], 0) + entry["counts"]
    return counts


def _parquet(file: SealedFile) -> Iterator[Problem]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        if Path(file.path).stat().st_size != file.size_bytes:
            yield Problem(
                file.path, 0, f"the table says {file.size_bytes} bytes, the file has {Path(file.path).stat().st_size}"
            )
        rows = pq.read_metadata(file.path).num_rows
    except FileNotFoundError:
        yield Problem(file.path, 0, "a file of the table is gone", lost_bytes=file.size_bytes)
    except (OSError, pa.ArrowException) as error:
        yield Problem(file.path, 0, f"the file cannot be read: {error}", lost_bytes=file.size_bytes)
    else:
        if rows != file.rows:
            yield Problem(file.path, 0, f"the table says {file.rows} rows, the file has {rows}")
