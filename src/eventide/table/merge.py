"""Copy rows from one place to another: stores, and files of the real xetrack, in any combination.

What is there already is not copied again, so a copy can be repeated, and goes on where one was cut off. A store keeps its runs: ids, times,
config, tags and values; a file's rows become one run per `track_id`.
Invariant: the source is only read; a target only gains.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide.clock import SYSTEM_CLOCK
from eventide.errors import InvalidSetting, NotAStore, ObjectNotFound
from eventide.journal.codec import Encoded
from eventide.journal.records import ROLE_RUN
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.model import ObjectRef, RunInfo, RunQuery
from eventide.names import check_run_id
from eventide.objects.local import LocalObjects
from eventide.table import sqlite_file, stamp
from eventide.table.assets import refs_in
from eventide.table.edits import correction, extender, read_corrections
from eventide.table.location import find_place
from eventide.table.rowset import TIMESTAMP, TRACK_ID, read_rows

if TYPE_CHECKING:
    from eventide.store.local import LocalSource

DEFAULT_TABLE = "default"


def copy(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    assets: bool = True,
    tables: Sequence[str] | None = None,
) -> int:
    """Copy rows into another store or file, and return how many were new there.

    Args:
        source: a store, or a file of the real xetrack.
        target: the same; a store is made when nothing is there.
        assets: copy the objects that rows refer to as well.
        tables: only these tables (projects); None means all.

    Raises:
        NotAStore: the source is neither.
        InvalidSetting: source and target are the same.
        StoreUnwritable: the target cannot be written.
    """
    begin, end = find_place(source), find_place(target)
    if begin.root is None or end.root is None:
        raise NotAStore("rows that are stored nowhere cannot be copied", hint="copy(source='a.db', target='b.db')")
    if (begin.file or begin.root) == (end.file or end.root):
        raise InvalidSetting(f"`{source}` is both source and target")
    if begin.file is not None and end.file is not None:
        return _file_to_file(begin.file, end.file, assets=assets, tables=tables)
    if begin.file is not None:
        return _from_file(begin.file, end.root, assets=assets, tables=tables)
    return (
        _to_file(begin.root, end.file, assets, tables) if end.file else _to_store(begin.root, end.root, assets, tables)
    )


def take_in(file: Path, root: Path) -> int:
    """Read what is new in a file of the real xetrack into a store; return the number of rows."""
    return _from_file(file, root, assets=True, tables=None)


class _RowClock:
    """A clock that says when the row at hand was logged."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def time(self) -> float:
        return self.now_s

    def monotonic(self) -> float:
        return self.now_s


def _write_run(  # noqa: PLR0917 - what a run is made of
    layout: Layout,
    info: RunInfo | None,
    run_id: str,
    project: str,
    rows: Iterable[tuple[float, Mapping[str, Any]]],
    records: Iterable[dict[str, Any]] = (),
    *,
    step: int = 0,
) -> int:
    """Append rows, and what is known of a run, to a run of a store, from a step on; return the number of rows."""
    clock = _RowClock()
    waiting = list(rows)
    clock.now_s = info.started if info is not None else min((ts for ts, _ in waiting), default=SYSTEM_CLOCK.time())
    identity = Identity(check_run_id(run_id), project, ROLE_RUN)
    writer = JournalWriter(layout, identity, clock=clock, extend=extender(layout), next_step=step)
    if info is not None:
        _describe(writer, info)
    for record in records:
        writer.file(record)
    for ts, row in waiting:
        clock.now_s = ts
        writer.append(row)
    clock.now_s = max(clock.now_s, (info.ended or info.updated) if info is not None else clock.now_s)
    status = "finished" if info is None else info.status.value if info.status.is_final else None
    error = {"error": info.error} if info is not None and info.error else {}
    writer.close({} if status is None else {"status": status, **error})
    return len(waiting)


def _describe(writer: JournalWriter, info: RunInfo) -> None:
    """Record name, group, notes, tags, config and values of a run."""
    writer.set(("name",), info.name)
    for path, value in (("group", info.group), ("notes", info.notes), ("user", info.user)):
        if value:
            writer.set((path,), value)
    for tag in info.tags:
        writer.set(("tags", tag), value=True)
    if info.config:
        writer.set(("config",), info.config)
    for key, value in info.values.items():
        writer.set(("values", key), value)


# ── between stores ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _open(root: Path) -> LocalSource:
    from eventide.store.local import LocalSource  # noqa: PLC0415

    return LocalSource(root)


def _runs(source: LocalSource, tables: Sequence[str] | None) -> list[RunInfo]:
    runs = source.runs(RunQuery(sort="started", limit=None, archived=True, keys=())).runs
    return [run for run in runs if tables is None or run.project in tables]


def _to_store(source_root: Path, target_root: Path, assets: bool, tables: Sequence[str] | None) -> int:
    source = _open(source_root)
    layout = Layout(target_root)
    layout.create(now_s=SYSTEM_CLOCK.time())
    target = _open(target_root)
    try:
        there = {run.id: run for run in _runs(target, None)}
        corrections = read_corrections(source)
        known = {(each.run_id, each.key, each.until) for each in read_corrections(target)}
        copied = 0
        for run in _runs(source, tables):
            rows = list(_rows(source, run.id))
            step = 0
            if run.id in there:
                old = list(_rows(target, run.id))
                rows, step = _missing(rows, old), len(old)
            if assets:
                _copy_objects(source, layout, [row for _, row in rows])
            news = [
                each for each in corrections if each.run_id == run.id and (run.id, each.key, each.until) not in known
            ]
            records = [
                correction(e.key, _raw(layout, e.value), e.where_key, _raw(layout, e.where), e.until) for e in news
            ]
            if rows or records or run.id not in there:
                copied += _write_run(layout, run, run.id, run.project, rows, records, step=step)
    finally:
        source.close()
        target.close()
    return copied


def _raw(layout: Layout, value: Any) -> Any:
    from eventide.table.edits import encoded  # noqa: PLC0415

    return encoded(layout, value)


def _rows(source: LocalSource, run_id: str) -> Iterator[tuple[float, dict[str, Any]]]:
    """Yield (time, row) of a run as it was logged: without corrections and values for the whole run."""
    found = read_rows(source, [run_id])
    laid = source.run(run_id).values
    plain = type(found)(found.table, found.tags)
    for ts, row in zip(found.ts.tolist(), plain.dicts(), strict=True):
        own = {key: value for key, value in row.items() if key not in (TIMESTAMP, TRACK_ID) and key not in laid}
        if own:
            yield ts, own


def _missing(
    rows: Iterable[tuple[float, dict[str, Any]]], there: Iterable[tuple[float, dict[str, Any]]]
) -> list[tuple[float, dict[str, Any]]]:
    """Return the rows that are not there yet; rows of one moment are counted."""
    counts = Counter(ts for ts, _ in there)
    found = []
    for ts, row in rows:
        if counts[ts]:
            counts[ts] -= 1
        else:
            found.append((ts, row))
    return found


def _copy_objects(source: LocalSource, layout: Layout, rows: Iterable[Mapping[str, Any]]) -> None:
    objects = LocalObjects(layout)
    for sha256 in {ref.sha256 for row in rows for value in row.values() for ref in refs_in(value)}:
        if not objects.exists(sha256):
            try:
                objects.put_bytes(source.open_object(sha256))
            except ObjectNotFound:  # the source itself has lost it
                continue


# ── files of the real xetrack ───────────────────────────────────────────────────────────────────────────────────────────


def _from_file(file: Path, root: Path, *, assets: bool, tables: Sequence[str] | None) -> int:
    names = [
        name for name in sqlite_file.tables_of(file) if tables is None or name in tables or _project(name) in tables
    ]
    layout = Layout(root)
    layout.create(now_s=SYSTEM_CLOCK.time())
    target = _open(root)
    try:
        there = {run.id for run in _runs(target, None)}
        objects = sqlite_file.read_objects(file) if assets else {}
        copied = 0
        for name in names:
            by_run: dict[str, list[tuple[float, dict[str, Any]]]] = {}
            for row in sqlite_file.read_table(file, name):
                run_id = _run_id(str(row.pop(TRACK_ID, "unknown")))
                by_run.setdefault(run_id, []).append(_timed(row, file))
            for run_id, rows in by_run.items():
                old = list(_rows(target, run_id)) if run_id in there else []
                full = [(ts, _with_objects(layout, row, objects)) for ts, row in _missing(rows, old)]
                copied += _write_run(layout, None, run_id, _project(name), full, step=len(old)) if full else 0
    finally:
        target.close()
    return copied


def _project(table: str) -> str:
    return DEFAULT_TABLE if table == sqlite_file.FIRST_GENERATION else table


def _run_id(track_id: str) -> str:
    """Return a track id as a run id: characters that no folder name can have become `-`."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in track_id)[:120].strip(".-")
    return plain or "unknown"


def _timed(row: dict[str, Any], file: Path) -> tuple[float, dict[str, Any]]:
    moment = row.pop(TIMESTAMP, None)
    try:
        return stamp.seconds(str(moment)), row
    except ValueError:  # a text nobody can read as a time: kept as one
        return file.stat().st_mtime, {**row, "original_timestamp": moment}


def _with_objects(layout: Layout, row: dict[str, Any], objects: Mapping[str, bytes]) -> dict[str, Any]:
    """Return a row whose cells that name an object refer to it in the store."""
    return {key: _object(layout, value, objects) for key, value in row.items() if key}


def _object(layout: Layout, value: Any, objects: Mapping[str, bytes]) -> Any:
    data = objects.get(value) if isinstance(value, str) else None
    if data is None:
        return value
    sha256 = LocalObjects(layout).put_bytes(data)
    reference = {"sha256": sha256, "size_bytes": len(data), "format": "pickle", "type": "object", "repr": str(value)}
    return Encoded({"_object": reference})


def _to_file(root: Path, file: Path, assets: bool, tables: Sequence[str] | None) -> int:
    source = _open(root)
    try:
        copied = 0
        for project in sorted({run.project for run in _runs(source, tables)}):
            ids = [run.id for run in _runs(source, [project])]
            rows = read_rows(source, ids, by_time=True).dicts()
            objects: dict[str, tuple[bytes, str]] = {}
            counts: Counter[str] = Counter()
            full = [_plain_row(source, row, objects, counts) for row in rows]
            copied += sqlite_file.write_rows(file, project, full)
            if assets:
                sqlite_file.write_objects(file, objects, counts)
    finally:
        source.close()
    return copied


def _plain_row(
    source: LocalSource, row: dict[str, Any], objects: dict[str, tuple[bytes, str]], counts: Counter[str]
) -> dict[str, Any]:
    """Return a row with cells that SQLite takes; pickled objects become their hash and are put into `objects`."""
    plain = {}
    for key, value in row.items():
        cell = value
        if isinstance(value, ObjectRef) and value.format == "pickle":
            try:
                data = source.open_object(value.sha256)
            except ObjectNotFound:
                data = b""
            if data:
                cell = sqlite_file.hash_of(data)
                objects[cell] = (data, key)
                counts[cell] += 1
        plain[key] = cell
    return plain


def _file_to_file(source: Path, target: Path, *, assets: bool, tables: Sequence[str] | None) -> int:
    copied = 0
    for name in sqlite_file.tables_of(source):
        if tables is None or name in tables:
            copied += sqlite_file.write_rows(target, _project(name), sqlite_file.read_table(source, name))
    if assets:
        found = sqlite_file.read_objects(source)
        sqlite_file.write_objects(target, {sha: (data, sha) for sha, data in found.items()}, {})
    return copied
