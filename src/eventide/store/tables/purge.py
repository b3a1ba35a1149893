"""Purge: remove runs for good, journals, code trees and sealed rows.

A purge can be killed at any instant. Its first step renames `runs/<id>` to `runs/.purging-<id>`: from then on no scan finds the run, and
whoever purges or compacts next finishes the work (`finish_purges`). Its last step removes that folder.

Invariant: once a run's folder is renamed no row of it can be sealed again. Each table gets a transaction (`FENCE`) for each of its
writers, so that a sealer still holding the run's bytes is refused; and a sealer makes all tables before it reads a journal, so one that
finds a table missing here comes too late for the journal.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.errors import RunIsLive, StoreDamaged, StoreError, StoreTooNew
from eventide.journal.reader import read_header
from eventide.journal.scan import is_closed, writer_is_gone
from eventide.layout import PART_SUFFIX, Layout
from eventide.model import Removal
from eventide.names import check_run_id, project_of
from eventide.store.tables.compact import table_paths, vacuum
from eventide.store.tables.delta import FENCE, append, arrow_schema, open_table
from eventide.store.tables.rewrite import discard, swap, write_file
from eventide.store.tables.sealed import Snapshot

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from eventide.journal.records import Header

PURGING = ".purging-"
_ATTEMPTS = 12
_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True)
class _Doomed:
    """One run on its way out."""

    run_id: str
    folder: Path
    writers: tuple[tuple[str, str], ...]
    """(project, writer) of every part. A part without a readable header needs no fence: nobody can seal it."""


def purge(
    layout: Layout, run_ids: Iterable[str], *, clock: Clock = SYSTEM_CLOCK, dry_run: bool = False, force: bool = False
) -> Removal:
    """Remove runs for good; return what was freed, or would be. Runs that do not exist are passed over: a purge can be repeated.

    Objects stay until `collect_garbage` finds that nobody refers to them.

    Raises:
        InvalidName: one of `run_ids` cannot be a run id; nothing is removed then.
        RunIsLive: one of the runs is being written and `force` is not given; nothing is removed then.
        StoreError: a table cannot be changed; the purge goes on with the next call of this or of `compact`.
    """
    wanted = sorted({check_run_id(run_id) for run_id in run_ids})
    if not force:
        _refuse_live(layout, wanted, clock.time())
    if dry_run:
        return _estimate(layout, wanted)
    for run_id in _estimate(layout, wanted).runs:
        _mark(layout, run_id)
    return finish_purges(layout)


def pending_purges(layout: Layout) -> set[str]:
    """Return the runs whose purge has begun and not ended; they count as gone."""
    try:
        names = os.listdir(layout.runs_dir)  # noqa: PTH208 - names are wanted
    except FileNotFoundError:
        return set()
    return {name.removeprefix(PURGING) for name in names if name.startswith(PURGING)}


def finish_purges(layout: Layout) -> Removal:
    """Finish every purge that has begun, here or elsewhere; return what was freed."""
    doomed = [_doom(layout, run_id) for run_id in sorted(pending_purges(layout))]
    if not doomed:
        return Removal()
    files = freed = 0
    for path in table_paths(layout):
        project = project_of(path.parent.name)
        writers = [writer for run in doomed for of, writer in run.writers if of == project]
        removed, size_bytes = _purge_table(path, [run.run_id for run in doomed], writers)
        files += removed
        freed += size_bytes
    for run in doomed:
        for folder in (layout.snapshot_dir(run.run_id), run.folder):
            removed, size_bytes = folder_size(folder)
            files += removed
            freed += size_bytes
            shutil.rmtree(folder, ignore_errors=True)
    layout.announce()
    return Removal(tuple(run.run_id for run in doomed), files, freed)


def _refuse_live(layout: Layout, run_ids: Sequence[str], now_s: float) -> None:
    for run_id in run_ids:
        for path in sorted(layout.run_dir(run_id).glob(f"*{PART_SUFFIX}")):
            stat = path.stat()
            header = _header(path)
            if header and not is_closed(path, stat.st_size) and not writer_is_gone(header, stat.st_mtime_ns, now_s):
                raise RunIsLive(
                    f"the run `{run_id}` is being written by process {header.pid} on `{header.host}`",
                    hint="wait until it has ended, or stop it; force=True removes it all the same",
                )


def _header(path: Path) -> Header | None:
    try:
        return read_header(path)
    except (StoreDamaged, StoreTooNew, OSError):
        return None


def _mark(layout: Layout, run_id: str) -> None:
    """Take the run's folder away under the name that says why; a run that has only sealed rows gets an empty one."""
    target = layout.runs_dir / f"{PURGING}{run_id}"
    folder = layout.run_dir(run_id)
    try:
        folder.rename(target)
    except FileNotFoundError:
        target.mkdir(parents=True, exist_ok=True)
    except OSError:  # an earlier purge of the same id was killed, and somebody has written since
        for path in folder.iterdir():
            path.rename(target / path.name)
        folder.rmdir()
    layout.announce()


def _doom(layout: Layout, run_id: str) -> _Doomed:
    folder = layout.runs_dir / f"{PURGING}{run_id}"
    headers = [header for path in folder.glob(f"*{PART_SUFFIX}") if (header := _header(path))]
    return _Doomed(run_id, folder, tuple(sorted({(header.project, header.writer) for header in headers})))


def _purge_table(path: Path, run_ids: Sequence[str], writers: Sequence[str]) -> tuple[int, int]:
    """Fence and delete in one table; return the files and bytes that left the disk, less what was written anew."""
    from deltalake.exceptions import DeltaError  # noqa: PLC0415

    for attempt in range(_ATTEMPTS):
        try:
            table = open_table(path)
            if table is None:
                return 0, 0
            _fence(path, table, writers)
            written = _delete(path, run_ids)
        except DeltaError as error:
            if attempt == _ATTEMPTS - 1:
                raise StoreError(f"cannot purge from the table `{path}`: {error}", hint="eventide gc") from error
            written = None
        if written is not None:
            removed, size_bytes = vacuum(path, after_hours=0, full=False)
            return removed, max(0, size_bytes - written)
        time.sleep(random.uniform(0, _PAUSE_S * 2 ** min(attempt, 5)))  # noqa: S311 - to lose step with the others
    raise StoreError(f"cannot purge from the table `{path}`: others keep changing it", hint="eventide gc")


def _fence(path: Path, table: DeltaTable, writers: Sequence[str]) -> None:
    """Make the table refuse whatever is still to come from these writers."""
    snapshot = Snapshot(path, table)
    fenced = {writer: FENCE for writer in writers if snapshot.covered(writer) < FENCE}
    if fenced:
        append(table, None, fenced)


def _delete(path: Path, run_ids: Sequence[str]) -> int | None:
    """Delete the rows of runs; return the bytes written for rows that shared a file with them, None when a race was lost."""
    table = open_table(path)
    if table is None:
        return 0
    try:
        held = [
            file for file in Snapshot(path, table).files() if file.may_hold(run_ids) and _rows_of(file.path, run_ids)
        ]
        targets = [write_file(path, [file], arrow_schema(table), without=run_ids) for file in held]
    except FileNotFoundError:  # merged and vacuumed by somebody else
        return None
    empty = [target for target in targets if not target.rows]
    discard(path, empty)
    kept = [target for target in targets if target.rows]
    if held and not swap(path, held, kept, data_change=True):
        discard(path, kept)
        return None
    return sum(target.size_bytes for target in kept)


def folder_size(folder: Path) -> tuple[int, int]:
    """Return the files below a folder and the bytes that removing it frees; what other links hold is not freed."""
    files = size_bytes = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                stat = os.lstat(os.path.join(parent, name))  # noqa: PTH118 - trees of many files
                files += 1
                size_bytes += stat.st_size if stat.st_nlink == 1 else 0
    return files, size_bytes


def _estimate(layout: Layout, run_ids: Sequence[str]) -> Removal:
    """Return what a purge would remove: files as they are, sealed rows by their share of each file."""
    known: set[str] = set()
    files = size_bytes = 0
    for run_id in run_ids:
        for folder in (layout.run_dir(run_id), layout.snapshot_dir(run_id)):
            count, size = folder_size(folder)
            files += count
            size_bytes += size
            if folder.exists():
                known.add(run_id)
    for path in table_paths(layout):
        table = open_table(path)
        for file in Snapshot(path, table).files() if table is not None else ():
            if file.rows and file.may_hold(run_ids):
                found = _rows_of(file.path, run_ids)
                known.update(found)
                size_bytes += file.size_bytes * sum(found.values()) // file.rows
    return Removal(tuple(run_id for run_id in run_ids if run_id in known), files, size_bytes, dry_run=True)


def _rows_of(file: str, run_ids: Sequence[str]) -> dict[str, int]:
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    counts = pc.value_counts(pq.read_table(file, columns=["run_id"], partitioning=None)["run_id"]).to_pylist()
    wanted = set(run_ids)
    return {entry["values"]: entry["counts"] for entry in counts if entry["values"] in wanted}
