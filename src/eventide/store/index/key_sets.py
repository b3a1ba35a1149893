"""Which keys runs logged, kept once for all runs that logged the same.

Ten thousand runs of a thousand keys are ten million rows of `metrics`, yet mostly one set of keys. Each run points at a set; a set
says of every key its type tags, its goal, and whether a finite number was logged.
Invariant: after every refresh each run with metrics points at the set that says what its rows in `metrics` say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from eventide.model import KeyInfo

SCHEMA = """
CREATE TABLE key_sets(run_id TEXT PRIMARY KEY, digest TEXT) WITHOUT ROWID;
CREATE TABLE sets(digest TEXT PRIMARY KEY, keys TEXT) WITHOUT ROWID
"""


@dataclass(slots=True)
class _Sum:
    """What some runs say of one key together."""

    tags: set[str] = field(default_factory=set)
    runs: int = 0
    finite: int = 0
    rising: int = 0


def remember(db: sqlite3.Connection, run_ids: Iterable[str]) -> None:
    """Let each of the runs point at the set of its keys."""
    for run_id in run_ids:
        rows = db.execute(
            "SELECT key, tags, goal = 'max', count > nonfinite FROM metrics WHERE run_id = ? ORDER BY key", (run_id,)
        ).fetchall()
        before = db.execute("SELECT digest FROM key_sets WHERE run_id = ?", (run_id,)).fetchone()
        if not rows:
            db.execute("DELETE FROM key_sets WHERE run_id = ?", (run_id,))
            continue
        text = orjson.dumps(rows).decode()
        digest = blake2b(text.encode(), digest_size=16).hexdigest()
        if before != (digest,):
            db.execute("INSERT OR IGNORE INTO sets VALUES(?, ?)", (digest, text))
            db.execute("INSERT OR REPLACE INTO key_sets VALUES(?, ?)", (run_id, digest))


def rebuild_keys(db: sqlite3.Connection) -> None:
    """Make the list of all projects' keys anew from their runs, and drop the sets that no run points at."""
    db.execute("DELETE FROM sets WHERE digest NOT IN (SELECT digest FROM key_sets)")
    db.execute("DELETE FROM keys")
    db.executemany("INSERT INTO keys VALUES(?, ?, ?)", [(key.project, key.key, key.tags) for key in keys(db)])


def keys(db: sqlite3.Connection, project: str | None = None, run_ids: Iterable[str] | None = None) -> list[KeyInfo]:
    """Return the keys logged in a project or by some runs, sorted by name."""
    terms, params = ["1"], list[Any]()
    if project is not None:
        terms.append("project = ?")
        params.append(project)
    if run_ids is not None:
        db.execute("CREATE TEMP TABLE IF NOT EXISTS wanted(run_id TEXT PRIMARY KEY)")
        db.execute("DELETE FROM wanted")
        db.executemany("INSERT OR IGNORE INTO wanted VALUES(?)", [(run_id,) for run_id in run_ids])
        terms.append("run_id IN (SELECT run_id FROM wanted)")
    sql = (
        "SELECT project, digest, count(*) FROM key_sets JOIN runs USING(run_id)"  # noqa: S608 - three constants
        f" WHERE {' AND '.join(terms)} GROUP BY project, digest"
    )
    sums: dict[tuple[str, str], _Sum] = {}
    for owner, digest, runs in db.execute(sql, params).fetchall():
        (text,) = db.execute("SELECT keys FROM sets WHERE digest = ?", (digest,)).fetchone()
        _add(sums, owner, orjson.loads(text), runs)
    return [
        KeyInfo(owner, key, "".join(sorted(one.tags)), one.runs, one.finite, one.rising)
        for (key, owner), one in sorted(sums.items())
    ]


def _add(sums: dict[tuple[str, str], _Sum], owner: str, rows: list[tuple[str, str, int, int]], runs: int) -> None:
    for key, tags, rising, finite in rows:
        one = sums.setdefault((key, owner), _Sum())
        one.tags.update(tags)
        one.runs += runs
        one.finite += runs * finite
        one.rising += runs * finite * rising
