"""Rows, curves and console text of a local store: sealed files and live tails put together.

Invariant: sealed coverage, tails and the index belong to one moment, because one lock covers refreshing and reading. A sealed file that
vanished between listing and reading (vacuum, purge) makes the question start over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa

from eventide.errors import StoreError
from eventide.model import Attempts, KeyInfo, SeriesQuery
from eventide.names import escape_key, folder_of
from eventide.settings import get
from eventide.store.index import relations
from eventide.store.index.advance import Indexer, cutoffs
from eventide.store.rows import arrays
from eventide.store.rows.columns import FIXED, MORE, ColumnMap, parse
from eventide.store.rows.console import Consoles
from eventide.store.rows.console import Plan as ConsolePlan
from eventide.store.rows.curves import Plan
from eventide.store.rows.frames import logical_table
from eventide.store.rows.held import Held
from eventide.store.rows.overlay import apply_overlay
from eventide.store.rows.parquet import read_rows
from eventide.store.rows.points import logging_order, not_repeated
from eventide.store.rows.samples import columns_of, sample_points, sampled_keys
from eventide.store.rows.stretches import Need, run_bounds, writer_codes
from eventide.store.rows.tail import Tail

if TYPE_CHECKING:
    from threading import RLock

    from eventide.clock import Clock
    from eventide.journal.scan import Part
    from eventide.layout import Layout
    from eventide.store.index.database import Index
    from eventide.store.sql.engine import Engine
    from eventide.store.tables.sealed import SealedTables

AUTO_SEAL_BYTES = 64 * 1024 * 1024
"""Closed, unsealed journal from which on reading seals first: parsing it again in every process would cost more."""
_TRIES = 5
_MARKS = 500
_MOST_ENGINES = 4

Answer = TypeVar("Answer")


class Reading:
    """What LocalSource uses to read rows. Its owner holds a lock around every use."""

    def __init__(
        self, layout: Layout, index: Index, indexer: Indexer, sealed: SealedTables, clock: Clock, *, auto_seal: bool
    ) -> None:
        self._layout = layout
        self._index = index
        self._indexer = indexer
        self._sealed = sealed
        self._clock = clock
        self._auto_seal = auto_seal
        self._maps: dict[str, tuple[int, ColumnMap]] = {}
        self._tail = Tail(sealed.covered, self._column_map)
        self._engines: dict[tuple[str, ...] | None, Engine] = {}
        self.consoles = Consoles()
        """What knows where console text lies; safe without the lock."""
        self.held = Held(clock)
        """What curves were read of lately; safe without the lock."""

    def engine(self, lock: RLock, projects: tuple[str, ...] | None = None) -> Engine:
        """Return the SQL engine of all or some projects, made at their first query.

        `lock` is the owner's, and is taken whenever views are brought up to date.
        """
        self._prepare()
        engine = self._engines.pop(projects, None)
        if engine is None:
            from eventide.store.sql.catalog import LocalCatalog  # noqa: PLC0415 - DuckDB only where SQL is asked for
            from eventide.store.sql.engine import Engine  # noqa: PLC0415

            tables = self._layout.tables_dir
            folders = [tables] if projects is None else [tables / folder_of(project) for project in projects]
            catalog = LocalCatalog(lock, self._index, self._indexer, self._sealed, self._tail, self._tags, projects)
            engine = Engine(catalog, *folders, memory_limit=f"{get('memory_limit_mb')}MB")
        while len(self._engines) >= _MOST_ENGINES:  # dropped, not closed: it may be at work
            del self._engines[next(iter(self._engines))]
        self._engines[projects] = engine
        return engine

    def close(self) -> None:
        """Release the SQL engines, once their queries are done. The owner's lock must be free: a running query may ask for it."""
        for engine in self._engines.values():
            engine.close()

    # ── what there is to read ───────────────────────────────────────────────────────────────────────────────────────

    def _column_map(self, project: str) -> ColumnMap:
        """Return the columns of a project: those of its sealed tables, and new ones of the tails."""
        version = self._sealed.version(project, "events")
        known = self._maps.get(project)
        if known is None or known[0] != version:
            columns = self._sealed.columns(project, "events")
            if known is not None and columns != known[1].columns[: len(columns)]:
                self._tail.clear()  # another process named new columns first
            known = (version, ColumnMap(columns, system=self._sealed.columns(project, "system")))
            self._maps[project] = known
        return known[1]

    def _parts(self, run_ids: Iterable[str] | None) -> list[Part]:
        scanner = self._indexer.scanner
        if run_ids is None:
            return list(scanner.parts())
        return [part for run_id in run_ids for part in scanner.parts(run_id)]

    def _projects(self, run_ids: Sequence[str] | None) -> list[str]:
        """Return the projects with sealed tables, of some runs only when that narrows it."""
        projects = self._sealed.projects()
        if run_ids is None or len(projects) < 2:
            return projects
        marks = ", ".join("?" * len(run_ids))
        rows = self._index.db.execute(f"SELECT DISTINCT project FROM runs WHERE run_id IN ({marks})", list(run_ids))  # noqa: S608
        mine = {project for (project,) in rows}
        return [project for project in projects if project in mine]

    def _cutoffs(self, run_id: str) -> dict[int, int]:
        return cutoffs(self._index.db, run_id)

    def _visible(self) -> list[str]:
        rows = self._index.db.execute("SELECT run_id FROM runs WHERE deleted IS NULL ORDER BY started, run_id")
        return [run_id for (run_id,) in rows]

    def _prepare(self) -> None:
        """Seal first when there is much closed journal that no table covers."""
        if not self._auto_seal:
            return
        unsealed = 0
        for part in self._indexer.scanner.parts():
            if part.closed:
                covered = self._sealed.covered(part.header.project, "runs", part.header.writer)
                unsealed += max(0, min(part.size_bytes, part.end - covered))
        if unsealed > AUTO_SEAL_BYTES:
            from eventide.store.tables.seal import Sealer  # noqa: PLC0415 - only where much is sealed

            with suppress(StoreError):  # a store that cannot be written to can still be read
                Sealer(self._layout, self._clock).seal(self._indexer.scanner.parts())
            self._indexer.refresh()

    def _again(self, read: Callable[[], Answer]) -> Answer:
        for _ in range(_TRIES - 1):
            try:
                return read()
            except FileNotFoundError:
                self._indexer.refresh()
        return read()

    # ── curves ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def plan(self, query: SeriesQuery) -> Plan:
        """Return what answers a question for curves; the answer itself is made without the owner's lock."""
        run_ids = list(dict.fromkeys(query.run_ids))
        if not run_ids:
            return Plan(query, (), (), Need.STEPS, {}, {})
        started = self._facts("SELECT run_id, started FROM runs WHERE run_id", run_ids)
        if query.table == "system":
            keys = tuple(dict.fromkeys((*query.keys, query.x)))
            samples = sample_points(self._samples(run_ids, self._projects(run_ids), keys), run_ids, keys)
            return Plan(query, (), (), Need.TIMES, {}, started, samples)
        self._prepare()
        writers = "SELECT run_id, count(*) FROM writers WHERE role <> 'edit' AND run_id"
        several = [run_id for run_id, count in self._facts(writers, run_ids, "GROUP BY run_id").items() if count > 1]
        found = {run_id: self._cutoffs(run_id) for run_id in several}
        return Plan(
            query,
            [file for project in self._projects(run_ids) for file in self._sealed.files(project, "events", run_ids)],
            self._tail.tables(self._parts(run_ids), "events"),
            Need.PLACE if several else Need.STEPS,
            {run_id: limits for run_id, limits in found.items() if limits},
            started,
        )

    def _facts(self, sql: str, run_ids: Sequence[str], end: str = "") -> dict[str, float]:
        """Return run id → number by a statement that ends before its list of runs."""
        found: dict[str, float] = {}
        for first in range(0, len(run_ids), _MARKS):
            some = run_ids[first : first + _MARKS]
            found.update(self._index.db.execute(f"{sql} IN ({', '.join('?' * len(some))}) {end}", some))
        return found

    # ── samples of the machine ──────────────────────────────────────────────────────────────────────────────────────

    def _samples(
        self, run_ids: Sequence[str] | None, projects: Sequence[str], keys: Sequence[str] | None
    ) -> list[pa.Table]:
        """Return the tables of samples of some runs (None: all), sealed and live."""

        def read() -> list[pa.Table]:
            tables = [
                read_rows(file, run_ids, columns_of(keys))
                for project in projects
                for file in self._sealed.files(project, "system", run_ids)
            ]
            return [*tables, *self._tail.tables(self._parts(run_ids), "system")]

        return self._again(read)

    def system_keys(self, project: str | None, run_ids: Sequence[str] | None) -> list[KeyInfo]:
        """Return the keys sampled for some runs, or in a project."""
        where, params = ("project = ?", [project]) if project is not None else ("1", [])
        rows = self._index.db.execute(f"SELECT run_id, project FROM runs WHERE {where}", params).fetchall()  # noqa: S608
        projects = {run_id: owner for run_id, owner in rows if run_ids is None or run_id in run_ids}
        found: dict[tuple[str, str], int] = {}
        for key, owners in sampled_keys(self._samples(list(projects), sorted(set(projects.values())), None)).items():
            for owner in owners & projects.keys():
                found[key, projects[owner]] = found.get((key, projects[owner]), 0) + 1
        return [KeyInfo(owner, key, "f", runs) for (key, owner), runs in sorted(found.items())]

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def rows(self, run_ids: Sequence[str] | None, keys: Sequence[str] | None, attempts: Attempts) -> pa.Table:
        """Return logged rows with the columns that people see, run after run."""
        self._prepare()
        wanted = self._visible() if run_ids is None else list(dict.fromkeys(run_ids))
        stored = self._stored_keys(run_ids) if keys is None else {escape_key(key) for key in keys}
        physical = self._again(lambda: self._physical(wanted, stored, everything=run_ids is None))
        physical = _ordered(physical, wanted, self._cutoffs, attempts)
        table = logical_table(physical, self._tags(), keys=None if keys is None else [escape_key(key) for key in keys])
        return apply_overlay(table, relations.overlay(self._index.db), keys)

    def _stored_keys(self, run_ids: Sequence[str] | None) -> set[str] | None:
        """Return the stored keys that some runs have, None for all: other runs' keys make no columns of theirs."""
        if run_ids is None:
            return None
        sql = "SELECT key FROM metrics WHERE run_id = ?"
        return {escape_key(key) for run_id in run_ids for (key,) in self._index.db.execute(sql, (run_id,))}

    def _physical(self, run_ids: list[str], stored: set[str] | None, *, everything: bool) -> pa.Table:
        choose = None if stored is None else lambda names: _columns_of(names, stored)
        tables = [
            read_rows(file, run_ids, choose)
            for project in self._projects(None if everything else run_ids)
            for file in self._sealed.files(project, "events", None if everything else run_ids)
        ]
        live = self._tail.tables(self._parts(run_ids), "events")
        tables += [table if stored is None else table.select(_columns_of(table.column_names, stored)) for table in live]
        tables = [table for table in tables if table.num_rows]
        if not tables:
            from eventide.store.rows.arrow import empty_events  # noqa: PLC0415

            return empty_events()
        return pa.concat_tables(tables, promote_options="permissive")

    def _tags(self, projects: Sequence[str] | None = None) -> dict[str, str]:
        """Return stored key → tags over all or some projects."""
        found: dict[str, str] = {}
        for key, tags, project in self._index.db.execute("SELECT key, tags, project FROM keys"):
            if projects is not None and project not in projects:
                continue
            name = escape_key(key)
            found[name] = "".join(sorted({*found.get(name, ""), *tags}))
        return found

    def console_plan(self, run_id: str) -> ConsolePlan:
        """Return where the console text of a run may be."""
        files = [
            file for project in self._projects([run_id]) for file in self._sealed.files(project, "console", [run_id])
        ]
        return ConsolePlan(run_id, files, self._tail.tables(self._parts([run_id]), "console"))


def _columns_of(names: Iterable[str], stored: set[str]) -> list[str]:
    return [name for name in names if name in FIXED or name == MORE or parse(name).key in stored]


def _ordered(
    table: pa.Table, run_ids: Sequence[str], cutoffs_of: Callable[[str], dict[int, int]], attempts: Attempts
) -> pa.Table:
    """Return physical rows run by run in the order of `run_ids`, in logging order, without repeated ones if attempts is `last`."""
    if not table.num_rows:
        return table
    table = table.combine_chunks()
    step, ts, attempt, seq = (arrays.to_numpy(table.column(name)) for name in ("step", "ts", "_attempt", "_seq"))
    writer = writer_codes(table.column("_writer"))
    stretches: dict[str, list[tuple[int, int]]] = {}
    for run_id, start, stop in run_bounds(table):
        stretches.setdefault(run_id, []).append((start, stop))
    pieces = []
    for run_id in run_ids:
        if run_id not in stretches:
            continue
        rows = np.concatenate([np.arange(start, stop) for start, stop in stretches[run_id]])
        keep = not_repeated(step[rows], attempt[rows], cutoffs_of(run_id)) if attempts == "last" else None
        rows = rows if keep is None else rows[keep]
        order = logging_order(ts[rows], attempt[rows], writer[rows], seq[rows])
        pieces.append(rows if order is None else rows[order])
    order = np.concatenate(pieces) if pieces else np.empty(0, np.int64)
    in_place = len(order) == table.num_rows and bool(np.all(order[1:] > order[:-1]))
    return table if in_place else table.take(arrays.from_numpy(order.astype(np.int64, copy=False), pa.int64()))
