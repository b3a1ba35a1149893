"""Fold sealed tables into the index, for runs whose journals are gone or were never seen here.

Invariant: what a journal told the index, its sealed rows tell it too: rebuilding after the journals were removed gives the same answers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from eventide.journal.reader import merge_tags
from eventide.journal.records import HEADER, KEYS, Header, Record
from eventide.store.index.fold import Limits

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.store.tables.sealed import SealedTables


def sealed_writers(db: sqlite3.Connection, sealed: SealedTables) -> set[str]:
    """Return the runs of which the tables hold more than the index has folded."""
    behind: set[str] = set()
    for project in sealed.projects():
        covered = sealed.writers(project)
        known = {
            writer: (run_id, bytes_)
            for writer, run_id, bytes_ in db.execute("SELECT writer, run_id, covered FROM writers")
        }
        unknown = {writer for writer in covered if writer not in known}
        behind |= {known[writer][0] for writer, size in covered.items() if writer in known and size > known[writer][1]}
        if unknown:
            behind |= _runs_of(sealed, project, unknown)
    return behind


def _runs_of(sealed: SealedTables, project: str, writers: set[str]) -> set[str]:
    from eventide.store.rows.parquet import read_rows  # noqa: PLC0415 - only where tables exist

    found: set[str] = set()
    for file in sealed.files(project, "runs"):
        table = read_rows(file, choose=lambda _: ["run_id", "_writer"])
        pairs = zip(table.column("run_id").to_pylist(), table.column("_writer").to_pylist(), strict=True)
        found |= {run_id for run_id, writer in pairs if writer in writers}
    return found


def read_run(sealed: SealedTables, project: str, table: str, run_id: str) -> pa.Table | None:
    """Return the sealed rows of one run in a table, by writer and in journal order; None when there are none."""
    import pyarrow as pa  # noqa: PLC0415

    from eventide.store.rows.parquet import read_rows  # noqa: PLC0415

    pieces = [read_rows(file, [run_id]) for file in sealed.files(project, table, run_ids=[run_id])]
    pieces = [piece for piece in pieces if piece.num_rows]
    if not pieces:
        return None
    return pa.concat_tables(pieces, promote_options="permissive").sort_by(
        [("_writer", "ascending"), ("_seq", "ascending")]
    )


def fold_sealed(
    db: sqlite3.Connection, sealed: SealedTables, run_id: str, limits: Mapping[int, int], folder: Any
) -> dict[str, int]:
    """Fold everything the tables hold of a run; return writer → bytes of its journal that they cover.

    Args:
        db: the index, inside a transaction; the run's rows were removed before.
        sealed: the store's tables.
        run_id: the run.
        limits: attempt → step from which a later attempt repeated it.
        folder: has `know_writer(db, header)`, `add_rows(db, header, folded)` and `apply_records(db, header, records)`.
    """
    covered: dict[str, int] = {}
    for project in sealed.projects():
        records = read_run(sealed, project, "runs", run_id)
        if records is None:
            continue
        writers = _fold_records(db, records, folder)
        events = read_run(sealed, project, "events", run_id)
        if events is not None:
            _fold_events(db, events, writers, limits, folder)
        for writer in writers:
            covered[writer] = sealed.covered(project, "runs", writer)
            db.execute(
                "UPDATE writers SET covered = ? WHERE run_id = ? AND writer = ?", (covered[writer], run_id, writer)
            )
    return covered


Writers = dict[str, tuple[Header, dict[str, str]]]
"""Writer → its first header, and stored key → tags of its keys."""


def _fold_records(db: sqlite3.Connection, records: pa.Table, folder: Any) -> Writers:
    writers: Writers = {}
    columns = (records.column(name).to_pylist() for name in ("_writer", "_seq", "record"))
    for writer, seq, text in zip(*columns, strict=True):
        record: Record = orjson.loads(text)
        if HEADER in record:
            if writer not in writers:
                writers[writer] = (Header.of(record), {})
                folder.know_writer(db, writers[writer][0])
        elif KEYS in record:
            merge_tags(writers[writer][1], record[KEYS])
        else:
            header = writers[writer][0]
            folder.apply_records(db, header, [(seq - header.at, record)])
    return writers


def _fold_events(
    db: sqlite3.Connection, events: pa.Table, writers: Writers, limits: Mapping[int, int], folder: Any
) -> None:
    import pyarrow.compute as pc  # noqa: PLC0415

    from eventide.store.index.fold_arrow import fold_columns  # noqa: PLC0415

    for writer, (header, tags) in writers.items():
        own = events.filter(pc.equal(events.column("_writer"), writer))
        if own.num_rows:
            before_step = limits.get(header.attempt, float("inf"))
            folder.add_rows(db, header, fold_columns(own, tags, Limits(before_step=before_step)))
