"""Settle what a run is: one row of `runs`, and its tags, params, summary and values, from its writers and facts.

Invariant: a pure function of what the index stores of the run; settling twice changes nothing.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson

from eventide.names import name_of
from eventide.store.index.facts import Fact, WriterState, build_tree, columns_of, leaves, outcome
from eventide.store.index.fold import guess_goal

_GIT_FIELDS = ("commit", "branch", "dirty")
"""What filters know of a run's repository."""


def settle(db: sqlite3.Connection, run_id: str, now_s: float) -> None:
    """Write the run's rows. A run without a writer of its own disappears."""
    writers = _writers(db, run_id)
    own = [(state, project) for state, project in writers if state.role == "run"]
    for table in ("runs", "tags", "params", "summary", "vals", "origins", "definitions"):
        db.execute(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))  # noqa: S608 - our own table names
    if not own:
        return
    project = own[0][1]
    states = [state for state, _ in writers]
    result = outcome(states)
    tree = build_tree(_facts(db, run_id))
    started = result.started if result.started != float("inf") else now_s
    db.execute(
        "INSERT INTO runs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            run_id, project, _text(tree, "name") or name_of(run_id), str(result.status), started, result.ended,
            max(state.last_ts for state in states), _text(tree, "group"), own[0][0].host, _text(tree, "user"),
            _text(tree, "notes"), result.error, sum(state.rows for state in states), result.attempts,
            max(state.world_size for state in states), int(tree.get("archived") is True), _number(tree, "deleted"),
            orjson.dumps(tree.get("config", {})).decode(), orjson.dumps(_branch(tree, "provenance")).decode(),
        ),
    )  # fmt: skip
    _fill(db, run_id, tree)


def _fill(db: sqlite3.Connection, run_id: str, tree: dict[str, Any]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO tags VALUES(?, ?)", [(run_id, tag) for tag, on in _branch(tree, "tags").items() if on]
    )
    params = {path: columns_of(raw) for path, raw in leaves(_branch(tree, "config"))}
    db.executemany(
        "INSERT OR REPLACE INTO params VALUES(?, ?, ?, ?, ?)", [(run_id, path, *row) for path, row in params.items()]
    )
    for table, branch in (("summary", "summary"), ("vals", "values")):
        rows = [(run_id, key, *columns_of(raw)) for key, raw in _branch(tree, branch).items()]
        db.executemany(f"INSERT INTO {table} VALUES(?, ?, ?, ?, ?)", rows)
    git = _branch(_branch(tree, "provenance"), "git")
    origins = [
        (run_id, f"git.{name}", *columns_of(git[name])) for name in _GIT_FIELDS if git.get(name) not in (None, "")
    ]
    db.executemany("INSERT INTO origins VALUES(?, ?, ?, ?, ?)", origins)
    for key, definition in _branch(tree, "metrics").items():
        goal = definition.get("goal")
        row = (run_id, key, definition.get("summary"), definition.get("step_metric"), goal)
        db.execute("INSERT INTO definitions VALUES(?, ?, ?, ?, ?)", row)
        db.execute("UPDATE metrics SET goal = ? WHERE run_id = ? AND key = ?", (goal or guess_goal(key), run_id, key))


def _writers(db: sqlite3.Connection, run_id: str) -> list[tuple[WriterState, str]]:
    rows = db.execute(
        "SELECT writer, role, attempt, started, last_ts, status, error, rows, world_size, host, gone, project FROM writers"
        " WHERE run_id = ? ORDER BY started, writer",
        (run_id,),
    )
    return [(WriterState(*row[:11]), row[11]) for row in rows]


def _facts(db: sqlite3.Connection, run_id: str) -> list[Fact]:
    rows = db.execute("SELECT ts, writer, seq, path, value FROM facts WHERE run_id = ?", (run_id,))
    return [Fact(ts, writer, seq, tuple(orjson.loads(path)), value) for ts, writer, seq, path, value in rows]


def _branch(tree: dict[str, Any], name: str) -> dict[str, Any]:
    branch = tree.get(name)
    return branch if isinstance(branch, dict) else {}


def _text(tree: dict[str, Any], name: str) -> str:
    value = tree.get(name)
    return value if isinstance(value, str) else ""


def _number(tree: dict[str, Any], name: str) -> float | None:
    value = tree.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
