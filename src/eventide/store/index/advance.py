"""Advance the index by what journals and tables have gained.

Invariant: the position up to which a part is folded is stored in the same transaction as what was folded, so a piece of journal counts
exactly once, whoever refreshes and however it ends. What a run means is then settled from the stored pieces alone.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson

from eventide.journal.reader import Chunk, is_row, read_chunks, read_tags, records
from eventide.journal.records import END, FILE, ROLE_EDIT, SET, TS, Header, Record
from eventide.journal.scan import Part, Scanner, writer_is_gone
from eventide.store.index.database import RUN_TABLES, Index
from eventide.store.index.doubtful import without_doubtful_tail
from eventide.store.index.files import file_columns
from eventide.store.index.fold import Folded, Limits, fold_rows
from eventide.store.index.key_sets import rebuild_keys, remember
from eventide.store.index.sealed_fold import fold_sealed, sealed_writers
from eventide.store.index.settle import settle
from eventide.store.index.stats import add_stats

if TYPE_CHECKING:
    from eventide.clock import Clock
    from eventide.layout import Layout
    from eventide.store.tables.sealed import SealedTables

ARROW_FROM_BYTES = 512 * 1024
"""Chunks from this size on are folded through Arrow; below, importing it would cost more than it saves."""
ARROW_MAX_KEYS = 256
"""Parts with more keys are folded value by value: their rows are mostly empty, and columns would hold the emptiness."""


class Indexer:
    """Keeps one index up to date with one store. Its owner holds a lock around every use."""

    def __init__(self, layout: Layout, index: Index, sealed: SealedTables, clock: Clock) -> None:
        self._layout = layout
        self._index = index
        self._sealed = sealed
        self._clock = clock
        self._due: dict[str, Part] = {}
        self._removed: set[str] = set()
        self._first = True
        self.generation = 0
        """Moves whenever anything in the store did."""
        self.damaged: dict[str, str] = {}
        """Parts that cannot be read at all, and why."""
        self.scanner = Scanner(layout, _known_parts(layout, index.db))

    def refresh(self) -> bool:
        """Look at the store, fold what is new; return whether anything changed."""
        scan = self.scanner.scan()
        self.damaged = scan.damaged
        self._due.update((str(part.path), part) for part in scan.changed)
        self._removed.update(scan.removed)
        tables_moved = self._sealed.refresh() or self._first
        if not (self._due or self._removed or tables_moved or self._newly_silent()):
            return False
        with self._index.transaction() as db:
            touched = self._apply(db, tables_moved=tables_moved)
        self.generation += 1
        self._due.clear()
        self._removed.clear()
        self._first = False
        return bool(touched)

    def _apply(self, db: sqlite3.Connection, *, tables_moved: bool) -> set[str]:
        touched: set[str] = set()
        refold: set[str] = set()
        for part in sorted(self._due.values(), key=lambda part: (part.run_id, part.name)):
            if self._fold_part(db, part, refold):
                touched.add(part.run_id)
        if tables_moved or self._removed:
            behind = sealed_writers(db, self._sealed)
            refold |= behind | self._removed
        purged = self._purged() if refold else set()
        for run_id in refold:
            self._refold(db, run_id, purged)
        touched |= refold
        for run_id, writer in self._newly_silent():  # after folding: the new bytes may be somebody's last
            db.execute("UPDATE writers SET gone = 1 WHERE run_id = ? AND writer = ?", (run_id, writer))
            touched.add(run_id)
        now_s = self._clock.time()
        for run_id in touched:
            settle(db, run_id, now_s)
        remember(db, touched)
        if self._removed:
            rebuild_keys(db)
        note_changes(db, touched)
        return touched

    def _purged(self) -> set[str]:
        """Return the runs whose purge has begun, whether or not all of it is done."""
        from eventide.store.tables.purge import pending_purges  # noqa: PLC0415 - brings Arrow along

        return pending_purges(self._layout)

    # ── journals ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _fold_part(self, db: sqlite3.Connection, part: Part, refold: set[str]) -> bool:
        """Fold the new bytes of a part; return whether there were any, and note runs whose statistics must be made anew."""
        found = db.execute(
            "SELECT folded FROM parts WHERE run_id = ? AND name = ?", (part.run_id, part.name)
        ).fetchone()
        start = found[0] if found else 0
        header = part.header
        before = cutoffs(db, part.run_id)
        self.know_writer(db, header)
        end = self._fold_bytes(db, part, start, before.get(header.attempt)) if part.size_bytes > start else start
        self._store_part(db, part, end)
        if cutoffs(db, part.run_id) != before:
            refold.add(part.run_id)
        return end > start or found is None

    def _fold_bytes(self, db: sqlite3.Connection, part: Part, start: int, before_step: int | None) -> int:
        end = start
        for chunk in read_chunks(part.path, start):
            whole = without_doubtful_tail(chunk, part.size_bytes)
            if whole.data:
                self._fold_chunk(db, part, whole, before_step)
            end = whole.end
        return end

    def _fold_chunk(self, db: sqlite3.Connection, part: Part, chunk: Chunk, before_step: int | None) -> None:
        header = part.header
        since = db.execute(
            "SELECT last_row_ts FROM writers WHERE run_id = ? AND writer = ?", (header.run, header.writer)
        ).fetchone()[0]
        limits = Limits(float("-inf") if since is None else since, float("inf") if before_step is None else before_step)
        tags = read_tags(part.path, chunk.end) if len(chunk.data) >= ARROW_FROM_BYTES else {}
        if tags and len(tags) <= ARROW_MAX_KEYS:
            from eventide.store.index.fold_arrow import fold_chunk  # noqa: PLC0415 - numpy and Arrow only where much is folded

            folded, others = fold_chunk(header, chunk, tags, limits)
        else:
            rows, others = split_records(chunk)
            folded = fold_rows(rows, limits)
        self.add_rows(db, header, folded)
        self.apply_records(db, header, others)

    def add_rows(self, db: sqlite3.Connection, header: Header, folded: Folded) -> None:
        """Add the statistics of rows of one writer."""
        add_stats(db, header.run, header.project, folded.stats)
        if folded.rows:
            db.execute(
                "UPDATE writers SET rows = rows + ?, last_row_ts = ?, last_ts = max(last_ts, ?), gone = 0,"
                " min_step = min(coalesce(min_step, ?), ?) WHERE run_id = ? AND writer = ?",
                (
                    folded.rows,
                    folded.last_ts,
                    folded.last_ts,
                    folded.min_step,
                    folded.min_step,
                    header.run,
                    header.writer,
                ),
            )

    def know_writer(self, db: sqlite3.Connection, header: Header) -> None:
        """Make sure the index has a row for a writer."""
        db.execute(
            "INSERT OR IGNORE INTO writers VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0, NULL, '', NULL, 0, 0)",
            (header.run, header.writer, header.role, header.attempt, header.rank, header.world_size, header.host,
             header.project, header.ts, header.ts),
        )  # fmt: skip

    def _store_part(self, db: sqlite3.Connection, part: Part, folded: int) -> None:
        db.execute(
            "INSERT INTO parts VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET folded = excluded.folded,"
            " size_bytes = excluded.size_bytes, closed = excluded.closed",
            (part.run_id, part.name, orjson.dumps(asdict(part.header)).decode(), folded, part.size_bytes, part.closed),
        )
        db.execute(
            "UPDATE writers SET covered = max(covered, ?) WHERE run_id = ? AND writer = ?",
            (part.header.at + folded, part.run_id, part.header.writer),
        )

    @staticmethod
    def apply_records(db: sqlite3.Connection, header: Header, others: Iterable[tuple[int, Record]]) -> None:
        """Store run-level records: facts, file references, trailers."""
        run_id, writer = header.run, header.writer
        for offset, record in others:
            kind = next(iter(record))
            ts = record.get(TS, header.ts)
            seq = header.at + offset
            if kind == SET:
                add_fact(db, run_id, writer, seq, record)
            elif kind == FILE:
                place = (run_id, writer, seq, record.get("step"), ts)
                db.execute(
                    "INSERT OR IGNORE INTO files VALUES(?, ?, ?, ?, ?, ?, ?, ?)", (*place, *file_columns(record[FILE]))
                )
            elif kind == END:
                end = record[END]
                db.execute(
                    "UPDATE writers SET status = coalesce(?, status), error = ? WHERE run_id = ? AND writer = ?",
                    (end.get("status"), end.get("error", ""), run_id, writer),
                )
            else:  # samples and text say nothing about the run as a whole
                continue
            db.execute(
                "UPDATE writers SET last_ts = max(last_ts, ?), gone = 0 WHERE run_id = ? AND writer = ?",
                (ts, run_id, writer),
            )

    # ── anew ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _refold(self, db: sqlite3.Connection, run_id: str, purged: set[str]) -> None:
        """Make everything known about one run anew: from the sealed tables, then from the journals beyond them."""
        limits = cutoffs(db, run_id)
        for table in RUN_TABLES:
            db.execute(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))  # noqa: S608 - our own table names
        if run_id in purged:  # and not yet wholly removed
            return
        sealed = fold_sealed(db, self._sealed, run_id, limits, self)
        for part in sorted(self.scanner.parts(run_id), key=lambda part: part.name):
            self.know_writer(db, part.header)
            start = max(0, sealed.get(part.header.writer, 0) - part.header.at)
            end = (
                self._fold_bytes(db, part, start, limits.get(part.header.attempt)) if start < part.size_bytes else start
            )
            self._store_part(db, part, min(end, part.size_bytes))
        if cutoffs(db, run_id) != limits:
            self._refold(db, run_id, purged)

    def _newly_silent(self) -> set[tuple[str, str]]:
        """Return the (run, writer) that have not ended, were thought alive, and are gone by now."""
        open_writers = self._index.db.execute(
            "SELECT run_id, writer FROM writers WHERE status IS NULL AND gone = 0 AND role = 'run'"
        )
        wanted = set(open_writers.fetchall())
        if not wanted:
            return set()
        newest: dict[tuple[str, str], Part] = {}
        for run_id in {run_id for run_id, _ in wanted}:
            for part in self.scanner.parts(run_id):
                newest[run_id, part.header.writer] = part
        now_s = self._clock.time()
        return {
            who
            for who in wanted
            if who not in newest or writer_is_gone(newest[who].header, newest[who].mtime_ns, now_s)
        }


def _known_parts(layout: Layout, db: sqlite3.Connection) -> Iterable[Part]:
    """Yield the parts the index has folded, so that a new process need not read their headers again."""
    for run_id, name, header, folded, size_bytes, closed in db.execute(
        "SELECT run_id, name, header, folded, size_bytes, closed FROM parts"
    ):
        if folded == size_bytes:  # else let the scan find it changed
            path = layout.runs_dir / run_id / name
            yield Part(run_id, name, path, size_bytes, 0, Header(**orjson.loads(header)), bool(closed))


def split_records(chunk: Chunk) -> tuple[list[Record], list[tuple[int, Record]]]:
    """Return the rows of a chunk, and its other records with their offsets in the part."""
    rows: list[Record] = []
    others: list[tuple[int, Record]] = []
    for offset, record in records(chunk):
        if record is None:
            continue
        if is_row(record):
            rows.append(record)
        else:
            others.append((offset, record))
    return rows, others


def cutoffs(db: sqlite3.Connection, run_id: str) -> dict[int, int]:
    """Return attempt → step from which a later attempt repeated it; empty for a run that was never resumed."""
    found = db.execute(
        "SELECT attempt, min(min_step) FROM writers WHERE run_id = ? AND role <> ? GROUP BY attempt ORDER BY attempt DESC",
        (run_id, ROLE_EDIT),
    ).fetchall()
    limits: dict[int, int] = {}
    lowest: int | None = None
    for attempt, min_step in found:
        if lowest is not None:
            limits[attempt] = lowest
        if min_step is not None:
            lowest = min_step if lowest is None else min(lowest, min_step)
    return limits


def add_fact(db: sqlite3.Connection, run_id: str, writer: str, seq: int, record: Record) -> None:
    """Store what a `_set` record says unless something newer is known at its path."""
    path = orjson.dumps(record[SET]).decode()
    value = orjson.dumps(record["value"]).decode() if "value" in record else None
    db.execute(
        "INSERT INTO facts VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(run_id, path) DO UPDATE SET ts = excluded.ts, writer = excluded.writer,"
        " seq = excluded.seq, value = excluded.value WHERE (excluded.ts, excluded.writer, excluded.seq) > (ts, writer, seq)",
        (run_id, path, record.get(TS, 0.0), writer, seq, value),
    )


def note_changes(db: sqlite3.Connection, touched: Iterable[str]) -> None:
    """Number the changed runs, so that `changes` can be asked since a cursor."""
    db.execute("INSERT OR IGNORE INTO state VALUES('generation', ?)", (secrets.token_hex(6),))
    number = (db.execute("SELECT max(number) FROM changed").fetchone()[0] or 0) + 1
    db.executemany("INSERT OR REPLACE INTO changed VALUES(?, ?)", [(run_id, number) for run_id in touched])
