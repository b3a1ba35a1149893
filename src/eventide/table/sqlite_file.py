"""Files that the real xetrack writes: one SQLite file, a table of rows, and three tables of objects.

Both generations are known: the table `events` (up to 0.4.0) and `default` or one of the user's own. Objects are pickles by a hash of 16
hexadecimal digits; a cell that refers to one holds the hash.
Invariant: reading opens the file read-only; writing only ever adds rows, columns and objects.
"""

# ruff: noqa: S608 - SQL is put together here from quoted names; that is what this module is for

from __future__ import annotations

import base64
import hashlib
import pickle
import pickletools
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from eventide.errors import NotAStore

TIMESTAMP, TRACK_ID = "timestamp", "track_id"
OBJECT_TABLES = ("assets", "keys", "counts")
FIRST_GENERATION = "events"
_HASH_CHARS = 16

Row = dict[str, Any]


def tables_of(path: Path) -> list[str]:
    """Return the tables of rows in a file; raises NotAStore when it is no SQLite database or has none."""
    with closing(_open(path)) as db:
        names = [str(name) for (name,) in _all(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        found = [name for name in names if {TIMESTAMP, TRACK_ID} <= set(_columns(db, name))]
    if not found and not set(names) <= set(OBJECT_TABLES):
        raise NotAStore(
            f"`{path}` is an SQLite file without a table that has `track_id` and `timestamp`",
            hint="name another path; a store is a folder, made when it is not there",
        )
    return found


def read_table(path: Path, table: str) -> list[Row]:
    """Return the rows of a table in the order of their times, without the cells that are NULL."""
    with closing(_open(path)) as db:
        names = _columns(db, table)
        rows = _all(db, f"SELECT * FROM {_quote(table)} ORDER BY {TIMESTAMP}, rowid")
    return [{name: value for name, value in zip(names, row, strict=True) if value is not None} for row in rows]


def read_objects(path: Path) -> dict[str, bytes]:
    """Return the objects of a file: hash → pickle."""
    with closing(_open(path)) as db:
        if "assets" not in {name for (name,) in _all(db, "SELECT name FROM sqlite_master")}:
            return {}
        found = {}
        for key, value in _all(db, "SELECT key, value FROM assets"):
            sha = _text_of_pickle(str(key))
            if sha is not None and isinstance(value, bytes):
                found[sha] = value
    return found


def write_rows(path: Path, table: str, rows: Sequence[Row]) -> int:
    """Add rows that a file does not have yet (by track_id and timestamp); return how many were added."""
    with closing(sqlite3.connect(path, timeout=30)) as db, db:
        db.execute("BEGIN IMMEDIATE")
        present = [name for (name,) in _all(db, "SELECT name FROM sqlite_master WHERE type = 'table'")]
        if table == "default" and "default" not in present and FIRST_GENERATION in present:
            table = FIRST_GENERATION
        if table not in present:
            db.execute(
                f"CREATE TABLE {_quote(table)} ({TRACK_ID} TEXT, {TIMESTAMP} TEXT, PRIMARY KEY ({TRACK_ID}, {TIMESTAMP}))"
            )
        columns = {name.lower(): name for name in _columns(db, table)}
        added = 0
        for row in rows:
            for key, value in row.items():
                if key.lower() not in columns:
                    db.execute(f"ALTER TABLE {_quote(table)} ADD COLUMN {_quote(key)} {_sql_type(value)}")
                    columns[key.lower()] = key
            if not _has(db, table, row):
                names = ", ".join(_quote(columns[key.lower()]) for key in row)
                marks = ", ".join("?" * len(row))
                db.execute(f"INSERT INTO {_quote(table)} ({names}) VALUES ({marks})", [_cell(v) for v in row.values()])
                added += 1
    return added


def write_objects(path: Path, objects: Mapping[str, tuple[bytes, str]], counts: Mapping[str, int]) -> int:
    """Add objects that a file does not have yet: hash → (pickle, key); return how many were added."""
    if not objects:
        return 0
    known = read_objects(path)
    new = {sha: found for sha, found in objects.items() if sha not in known}
    with closing(sqlite3.connect(path, timeout=30)) as db, db:
        for name in OBJECT_TABLES:
            db.execute(f"CREATE TABLE IF NOT EXISTS {name} (key TEXT PRIMARY KEY, value BLOB)")
        for sha, (data, key) in new.items():
            db.execute("INSERT OR REPLACE INTO assets VALUES (?, ?)", (_pickled_text(sha), data))
            db.execute("INSERT OR REPLACE INTO keys VALUES (?, ?)", (_pickled_text(key), pickle.dumps(sha, protocol=5)))
            db.execute(
                "INSERT OR REPLACE INTO counts VALUES (?, ?)", (sha, pickle.dumps(counts.get(sha, 1), protocol=5))
            )
    return len(new)


def hash_of(data: bytes) -> str:
    """Return the name an object gets in a file: 16 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()[:_HASH_CHARS]


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
    try:
        db.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.DatabaseError as error:
        db.close()
        raise NotAStore(f"`{path}` cannot be read as an SQLite database: {error}") from error
    return db


def _all(db: sqlite3.Connection, query: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    return db.execute(query, tuple(values)).fetchall()


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in _all(db, f"PRAGMA table_info({_quote(table)})")]


def _has(db: sqlite3.Connection, table: str, row: Row) -> bool:
    query = f"SELECT 1 FROM {_quote(table)} WHERE {TRACK_ID} = ? AND {TIMESTAMP} = ?"
    return bool(_all(db, query, (row[TRACK_ID], row[TIMESTAMP])))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sql_type(value: Any) -> str:
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return "INTEGER"
    return "REAL" if isinstance(value, float) else "TEXT"


def _cell(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value if value is None or isinstance(value, int | float | str | bytes) else str(value)


def _pickled_text(text: str) -> str:
    """Return a text as the real one writes keys, byte for byte: it looks them up by these bytes."""
    return base64.b64encode(pickle.dumps(text, protocol=5)).decode()


def _text_of_pickle(encoded: str) -> str | None:
    """Return the text in the base64 of a pickled text, without running a pickle."""
    try:
        parts = list(pickletools.genops(base64.b64decode(encoded)))
    except ValueError:
        return None
    return next((str(value) for _, value, _ in parts if isinstance(value, str)), None)
