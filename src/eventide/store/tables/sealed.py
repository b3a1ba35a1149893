"""The sealed tables of a store as a reader sees them: live files, columns, coverage.

Tables are committed one after the other, `runs` last, and read one after the other, `runs` first. So whatever the `runs` seen here
claims to be sealed, the other tables seen here hold.

Invariant: between two calls of `refresh` all answers belong to the same versions. A file named here may be removed later by a vacuum or
a purge; whoever finds it gone refreshes and asks again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from eventide.names import project_of
from eventide.store.tables.coverage import ForeignLogError, TransactionLog, transaction_of
from eventide.store.tables.delta import FENCE, READ_ORDER, arrow_schema, open_table

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

    from eventide.layout import Layout

_SETTLE_NS = 100_000_000
"""A log folder touched more recently than this is looked at again: file systems stamp several changes of one tick alike."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """One live Parquet file of a table."""

    path: str
    size_bytes: int
    rows: int
    first_run: str | None
    """Smallest and largest run id, or bounds of them; None when unknown."""
    last_run: str | None

    def may_hold(self, run_ids: Iterable[str]) -> bool:
        """Tell whether rows of one of the runs can be in the file."""
        if self.first_run is None or self.last_run is None:
            return True
        return any(self.first_run <= run_id <= self.last_run for run_id in run_ids)


class Snapshot:
    """One table, followed version by version."""

    def __init__(self, path: Path, table: DeltaTable) -> None:
        self.path = path
        self.table = table
        self._log = TransactionLog(path)
        self._version = -1
        self._files: tuple[SealedFile, ...] | None = None
        self._schema: pa.Schema | None = None
        self._transactions: Mapping[str, int] | None = None
        self._foreign = False

    @property
    def version(self) -> int:
        """The version all answers belong to."""
        return self.table.version()

    def update(self) -> bool:
        """Load the newest version; return whether it is another one.

        Raises:
            StoreDamaged: the log cannot be read.
        """
        from deltalake.exceptions import DeltaError  # noqa: PLC0415

        before = self.table.version()
        try:
            self.table.update_incremental()
        except (DeltaError, OSError):  # commits between here and there were cleaned up
            opened = open_table(self.path)
            if opened is None:
                return False
            self.table = opened
        return self.table.version() != before

    def _check(self) -> None:
        """Forget what belongs to another version."""
        if self._version != self.table.version():
            self._version = self.table.version()
            self._files = self._schema = self._transactions = None

    def transactions(self) -> Mapping[str, int]:
        """Return writer → bytes covered by this table's own commits; empty when only delta-rs can read the log."""
        self._check()
        if self._transactions is None and not self._foreign:
            try:
                self._transactions = self._log.at(self._version)
            except ForeignLogError:
                self._foreign = True
        return self._transactions or {}

    def covered(self, writer: str) -> int:
        """Return the bytes of a writer's journal covered by this table's own commits."""
        known = self.transactions()
        return transaction_of(self.table, writer) if self._foreign else known.get(writer, 0)

    def files(self) -> tuple[SealedFile, ...]:
        """Return the live files."""
        self._check()
        if self._files is None:
            self._files = tuple(_live_files(self.path, self.table))
        return self._files

    def schema(self) -> pa.Schema:
        """Return the physical columns."""
        self._check()
        if self._schema is None:
            self._schema = arrow_schema(self.table)
        return self._schema


def _live_files(path: Path, table: DeltaTable) -> list[SealedFile]:
    import pyarrow as pa  # noqa: PLC0415

    actions = pa.RecordBatchReader.from_stream(table.get_add_actions(flatten=True)).read_all()
    nothing: list[Any] = [None] * actions.num_rows

    def column(name: str) -> list[Any]:
        return list(actions[name].to_pylist()) if name in actions.column_names else nothing

    root = str(path.absolute())
    rows = zip(*map(column, ("path", "size_bytes", "num_records", "min.run_id", "max.run_id")), strict=True)
    return [
        SealedFile(os.path.join(root, unquote(str(name))), int(size or 0), int(count or 0), low, high)  # noqa: PTH118
        for name, size, count, low, high in rows
    ]


class SealedTables:
    """All sealed tables of a store. Not safe for threads: its owner holds a lock around every use."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._tables: dict[tuple[str, str], Snapshot] = {}
        self._stamps: dict[tuple[str, str], tuple[int, int]] = {}

    def refresh(self) -> bool:
        """Load what was committed since the last call; return whether anything changed.

        Raises:
            StoreDamaged: a table's log cannot be read.
        """
        folders = self._folders()
        present = {project_of(name) for name in folders}
        gone = [key for key in self._tables if key[0] not in present]
        for key in gone:
            self._forget(key)
        changed = bool(gone)
        for project in sorted(present):
            for table in READ_ORDER:
                changed |= self._refresh_table(project, table)
        return changed

    def _folders(self) -> list[str]:
        try:
            return [
                entry.name for entry in os.scandir(self._layout.tables_dir) if entry.is_dir() and entry.name[0] != "."
            ]
        except FileNotFoundError:
            return []

    def _refresh_table(self, project: str, table: str) -> bool:
        key = (project, table)
        path = self._layout.table(project, table)
        try:
            stat = (path / "_delta_log").stat()
        except FileNotFoundError:
            return self._forget(key)
        stamp = (stat.st_ino, stat.st_mtime_ns)
        known = self._stamps.get(key)
        if known == stamp:
            return False
        if known is not None and known[0] != stamp[0]:
            self._forget(key)
        settled = time.time_ns() - stat.st_mtime_ns > _SETTLE_NS
        snapshot = self._tables.get(key)
        if snapshot is not None:
            changed = snapshot.update()
        else:
            opened = open_table(path)
            if opened is None:
                return False
            self._tables[key] = Snapshot(path, opened)
            changed = True
        self._stamps[key] = stamp if settled else (stat.st_ino, -1)
        return changed

    def _forget(self, key: tuple[str, str]) -> bool:
        self._stamps.pop(key, None)
        return self._tables.pop(key, None) is not None

    def projects(self) -> list[str]:
        """Return the projects that have sealed tables, sorted."""
        return sorted({project for project, _ in self._tables})

    def snapshot(self, project: str, table: str) -> Snapshot | None:
        """Return one table, or None when nothing was sealed into it yet."""
        return self._tables.get((project, table))

    def version(self, project: str, table: str) -> int:
        """Return the version of a table; -1 for one that does not exist."""
        snapshot = self._tables.get((project, table))
        return -1 if snapshot is None else snapshot.version

    def files(self, project: str, table: str, run_ids: Collection[str] | None = None) -> list[str]:
        """Return the absolute paths of a table's live files: all, or those that may hold rows of some runs."""
        snapshot = self._tables.get((project, table))
        if snapshot is None:
            return []
        return [file.path for file in snapshot.files() if run_ids is None or file.may_hold(run_ids)]

    def covered(self, project: str, table: str, writer: str) -> int:
        """Return how many bytes of a writer's journal a table covers; 0 for a table that does not exist."""
        own = self._tables.get((project, table))
        runs = self._tables.get((project, "runs"))
        return max(own.covered(writer) if own else 0, runs.covered(writer) if runs else 0)

    def writers(self, project: str, table: str = "runs") -> Mapping[str, int]:
        """Return writer → bytes covered by a table's own commits, without writers of purged runs.

        Those of `runs` hold for all tables of a project.
        """
        snapshot = self._tables.get((project, table))
        found = {} if snapshot is None else snapshot.transactions()
        return {writer: size_bytes for writer, size_bytes in found.items() if size_bytes < FENCE}

    def columns(self, project: str, table: str) -> list[str]:
        """Return the physical column names of a table, in their order."""
        snapshot = self._tables.get((project, table))
        return [] if snapshot is None else list(snapshot.schema().names)

    def size_bytes(self) -> int:
        """Return the size of all live files."""
        return sum(file.size_bytes for snapshot in self._tables.values() for file in snapshot.files())
