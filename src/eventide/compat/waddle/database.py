"""WaddleDB: the seed's SQL tables over a store.

`runs`, `params`, `tags`, `metrics`, `artifacts`, `repos` and `commits` have the seed's columns; parameters are `?` or `$1`, `$2`, ...
The tables are made of the store's answers, in memory, and anew when something has changed since.
Invariant: reading only; a statement that would write is refused, as the store's journals are the only truth.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson

from eventide.compat.waddle.logger import TAG_PREFIX
from eventide.compat.waddle.place import store_of_database
from eventide.compat.waddle.shapes import STATUS_NAMES, artifact_rows, points
from eventide.errors import InvalidQuery
from eventide.layout import Layout
from eventide.model import FileQuery, RunQuery
from eventide.table.store import open_source

if TYPE_CHECKING:
    from eventide.model import RunInfo
    from eventide.sdk.run import Run
    from eventide.source import Source

_SCHEMA = """
CREATE TABLE runs(id TEXT, project TEXT, repo_id TEXT, commit_sha TEXT, name TEXT, status TEXT, started_at REAL, ended_at REAL,
  env TEXT, config TEXT, notes TEXT);
CREATE TABLE params(run_id TEXT, key TEXT, value TEXT);
CREATE TABLE tags(run_id TEXT, key TEXT, value TEXT);
CREATE TABLE metrics(run_id TEXT, key TEXT, step INTEGER, ts REAL, value REAL);
CREATE TABLE artifacts(id TEXT, run_id TEXT, name TEXT, kind TEXT, created_at REAL, uri TEXT, sha256 TEXT, size_bytes INTEGER,
  inline_bytes BLOB);
CREATE TABLE repos(id TEXT, name TEXT, path TEXT, origin TEXT, default_branch TEXT);
CREATE TABLE commits(repo_id TEXT, sha TEXT, path TEXT, ts REAL);
CREATE INDEX metrics_place ON metrics(run_id, key, step);
"""


class WaddleDB:
    """The seed's tables of one store. Safe for threads."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the store that a `db_path` means; made when it is not there."""
        self.path = store_of_database(path)
        Layout(self.path).create(now_s=0.0) if not (self.path / "store.json").exists() else None
        self._source: Source = open_source(self.path)
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._cursor = ""

    @classmethod
    def of_run(cls, run: Run) -> WaddleDB:
        """Return the tables of the store a run is written to."""
        folder = run.dir
        return cls(Path.cwd() if folder is None else folder.parent.parent)

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Self:
        """Run a statement that reads; raises InvalidQuery for any other."""
        self.fetchall(sql, params)
        return self

    def fetchone(self, sql: str, params: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row, or None."""
        found = self.fetchall(sql, params)
        return found[0] if found else None

    def fetchall(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows; raises InvalidQuery for a statement that cannot run or would write."""
        with self._lock:
            try:
                return self._current().execute(re.sub(r"\$(\d+)", r"?\1", sql), tuple(params)).fetchall()
            except sqlite3.Error as error:
                raise InvalidQuery(
                    f"the statement cannot run: {error}", hint="the tables can be read, not written"
                ) from error

    def close(self) -> None:
        """Release the store."""
        with self._lock:
            if self._db is not None:
                self._db.close()
            self._source.close()

    def _current(self) -> sqlite3.Connection:
        """Return the tables as the store is now."""
        changes = self._source.changes(self._cursor)
        if self._db is None or changes.run_ids or changes.removed:
            if self._db is not None:
                self._db.close()
            self._db = sqlite3.connect(":memory:", check_same_thread=False)
            self._db.executescript(_SCHEMA)
            self._fill(self._db)
            self._db.execute("PRAGMA query_only=ON")
        self._cursor = changes.cursor
        return self._db

    def _fill(self, db: sqlite3.Connection) -> None:
        runs = self._source.runs(RunQuery(limit=None, sort="started", archived=True)).runs
        for run in runs:
            self._fill_run(db, run)
        rows = [(f["id"], f["run_id"], f["name"], f["kind"], f["created_at"], f["uri"], f["sha256"], f["size_bytes"], None)
                for f in artifact_rows(self._source.files(FileQuery(kinds=("artifact",))))]  # fmt: skip
        db.executemany("INSERT INTO artifacts VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _fill_run(self, db: sqlite3.Connection, run: RunInfo) -> None:
        git = run.provenance.get("git") or {}
        repo = git.get("remote") or None
        db.execute(
            "INSERT INTO runs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run.id, run.project, repo, git.get("commit"), run.name, STATUS_NAMES[run.status], run.started, run.ended,
                _json(run.provenance), _json(run.config), run.notes or None,
            ),
        )  # fmt: skip
        db.executemany("INSERT INTO params VALUES(?, ?, ?)", [(run.id, key, _json(v)) for key, v in run.params.items()])
        tags = [(key.removeprefix(TAG_PREFIX), v) for key, v in run.values.items() if key.startswith(TAG_PREFIX)]
        db.executemany("INSERT INTO tags VALUES(?, ?, ?)", [(run.id, key, _json(value)) for key, value in tags])
        db.executemany("INSERT INTO metrics VALUES(?, ?, ?, ?, ?)", self._metrics(run))
        if repo:
            db.execute("INSERT INTO repos VALUES(?, ?, ?, ?, ?)", (repo, repo, None, repo, git.get("branch")))
            db.execute("INSERT INTO commits VALUES(?, ?, ?, ?)", (repo, git.get("commit"), None, run.started))

    def _metrics(self, run: RunInfo) -> Iterator[tuple[Any, ...]]:
        return (
            (run.id, point["key"], point["step"], point["ts"], point["value"]) for point in points(self._source, run)
        )

    # ── the repository: what the seed wrote down of it comes with every run ─────────────────────────────────────────

    def upsert_repo(
        self, name: str, path: str, origin: str | None = None, default_branch: str | None = None
    ) -> dict[str, Any]:
        """Return a description of a repository; it is recorded with every run anyway."""
        return {"id": origin or name, "name": name, "path": path, "origin": origin, "default_branch": default_branch}

    def get_repo(self, repo_id: str) -> tuple[Any, ...] | None:
        """Return a repository's row, or None."""
        return self.fetchone("SELECT * FROM repos WHERE id = ? LIMIT 1", [repo_id])

    def record_commit(self, repo_id: str, sha: str, path: str = "") -> None:
        """Do nothing: the commit is recorded with every run."""


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
