"""The index: a rebuildable SQLite file in the user's cache that answers run lists, params and statistics.

Invariant: it holds nothing that journals and tables do not say; deleting it at any time changes no answer. It is never on the
store's own file system, it is advanced in one short transaction per refresh, and a reader that cannot get that
transaction in time works on a private copy in memory instead of waiting.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

from eventide.store.filter.filters import INDEXES, install_functions
from eventide.store.index import key_sets
from eventide.store.index.stats import join_tags

BUSY_TIMEOUT_MS = 250

SCHEMA = """
CREATE TABLE runs(run_id TEXT PRIMARY KEY, project TEXT, name TEXT, status TEXT, started REAL, ended REAL, updated REAL,
  group_name TEXT, host TEXT, user TEXT, notes TEXT, error TEXT, rows INTEGER, attempts INTEGER, world_size INTEGER,
  archived INTEGER, deleted REAL, config TEXT, provenance TEXT) WITHOUT ROWID;
CREATE TABLE tags(run_id TEXT, tag TEXT, PRIMARY KEY(run_id, tag)) WITHOUT ROWID;
CREATE TABLE params(run_id TEXT, path TEXT, num REAL, text TEXT, json TEXT, PRIMARY KEY(run_id, path)) WITHOUT ROWID;
CREATE TABLE summary(run_id TEXT, key TEXT, num REAL, text TEXT, json TEXT, PRIMARY KEY(run_id, key)) WITHOUT ROWID;
CREATE TABLE vals(run_id TEXT, key TEXT, num REAL, text TEXT, json TEXT, PRIMARY KEY(run_id, key)) WITHOUT ROWID;
CREATE TABLE origins(run_id TEXT, key TEXT, num REAL, text TEXT, json TEXT, PRIMARY KEY(run_id, key)) WITHOUT ROWID;
CREATE TABLE metrics(run_id TEXT, key TEXT, count INTEGER, nonfinite INTEGER, first REAL, first_ts REAL, last REAL,
  last_text TEXT, last_step INTEGER, last_ts REAL, min REAL, min_step INTEGER, max REAL, max_step INTEGER, mean REAL, m2 REAL,
  goal TEXT, first_nonfinite_step INTEGER, tags TEXT, numbers INTEGER, PRIMARY KEY(run_id, key)) WITHOUT ROWID;
CREATE TABLE keys(project TEXT, key TEXT, tags TEXT, PRIMARY KEY(project, key)) WITHOUT ROWID;
CREATE TABLE definitions(run_id TEXT, key TEXT, summary TEXT, step_metric TEXT, goal TEXT, PRIMARY KEY(run_id, key)) WITHOUT ROWID;
CREATE TABLE facts(run_id TEXT, path TEXT, ts REAL, writer TEXT, seq INTEGER, value TEXT, PRIMARY KEY(run_id, path)) WITHOUT ROWID;
CREATE TABLE files(run_id TEXT, writer TEXT, seq INTEGER, step INTEGER, ts REAL, kind TEXT, name TEXT, record TEXT,
  PRIMARY KEY(run_id, writer, seq)) WITHOUT ROWID;
CREATE INDEX files_kind ON files(kind, name);
CREATE TABLE writers(run_id TEXT, writer TEXT, role TEXT, attempt INTEGER, rank INTEGER, world_size INTEGER, host TEXT,
  project TEXT, started REAL, last_ts REAL, last_row_ts REAL, rows INTEGER, status TEXT, error TEXT, min_step INTEGER,
  covered INTEGER, gone INTEGER, PRIMARY KEY(run_id, writer)) WITHOUT ROWID;
CREATE TABLE parts(run_id TEXT, name TEXT, header TEXT, folded INTEGER, size_bytes INTEGER, closed INTEGER,
  PRIMARY KEY(run_id, name)) WITHOUT ROWID;
CREATE TABLE state(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE changed(run_id TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
CREATE INDEX changed_number ON changed(number);
CREATE INDEX runs_started ON runs(started);
CREATE INDEX writers_open ON writers(status) WHERE status IS NULL;
"""

SCHEMA_VERSION = zlib.crc32("\n".join((SCHEMA, key_sets.SCHEMA, *INDEXES)).encode()) & 0x7FFFFFFF
"""Changes with the schema; an index of another version is made anew."""

RUN_TABLES = (
    "runs",
    "tags",
    "params",
    "summary",
    "vals",
    "origins",
    "metrics",
    "definitions",
    "facts",
    "files",
    "writers",
    "parts",
    "key_sets",
)
"""Tables with one run's rows under `run_id`."""


class Index:
    """A connection to the index of one store. Its owner holds a lock around every use."""

    def __init__(self, path: Path | None) -> None:
        """Open the index at `path`, or one in memory; a file that cannot be used is replaced by memory."""
        self.path = path
        self.in_memory = path is None
        try:
            self.db = self._open(path)
        except (sqlite3.Error, OSError):
            self.in_memory = True
            self.db = self._open(None)

    def _open(self, path: Path | None) -> sqlite3.Connection:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000
        )
        try:
            if path is not None:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=OFF")  # rebuildable: a crash of the machine may cost it, nothing else
            db.execute("PRAGMA cache_size=-32768")
            db.execute("PRAGMA temp_store=MEMORY")
            _install(db)
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        wanted = SCHEMA_VERSION
        if db.execute("PRAGMA user_version").fetchone()[0] == wanted:
            db.execute("SELECT count(*) FROM state").fetchone()
            self._temporary(db)
            return
        db.execute("BEGIN EXCLUSIVE")
        try:
            if db.execute("PRAGMA user_version").fetchone()[0] != wanted:
                _drop_all(db)
                for statement in (*SCHEMA.split(";\n"), *key_sets.SCHEMA.split(";\n"), *INDEXES):
                    if statement.strip():
                        db.execute(statement)
                db.execute(f"PRAGMA user_version={wanted}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        self._temporary(db)

    @staticmethod
    def _temporary(db: sqlite3.Connection) -> None:
        db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS derived(run_id TEXT, expr TEXT, value REAL, PRIMARY KEY(run_id, expr))"
        )

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open the one write transaction of a refresh; moves to memory when another process holds the file too long."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._move_to_memory()
            self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
            self.db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self.db.execute("ROLLBACK")
            raise

    def _move_to_memory(self) -> None:
        copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.db.backup(copy)
        _install(copy)
        self._temporary(copy)
        self.db.close()
        self.db, self.in_memory = copy, True

    def reset(self) -> None:
        """Throw the content away and start with an empty index, in memory when the file itself is damaged."""
        self.db.close()
        try:
            if self.path is not None and not self.in_memory:
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            self.db = self._open(None if self.in_memory else self.path)
        except (sqlite3.Error, OSError):
            self.in_memory = True
            self.db = self._open(None)

    def close(self) -> None:
        """Close the connection."""
        self.db.close()


def _install(db: sqlite3.Connection) -> None:
    install_functions(db)
    db.create_function("join_tags", 2, join_tags, deterministic=True)


def _drop_all(db: sqlite3.Connection) -> None:
    names = db.execute(
        "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND type IN ('table', 'index')"
    )
    for kind, name in names.fetchall():
        with contextlib.suppress(sqlite3.OperationalError):
            db.execute(f'DROP {kind} IF EXISTS "{name}"')
