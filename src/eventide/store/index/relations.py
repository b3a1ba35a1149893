"""The index's tables as Arrow tables, for the SQL views db.runs, db.metrics, db.params, db.tags and db.keys.

Invariant: column names and types are the same for an empty store as for a full one; times are TIMESTAMP WITH TIME ZONE in UTC.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from eventide.store.rows import arrays

_TIME = pa.timestamp("us", tz="UTC")

_RUNS: tuple[tuple[str, str, pa.DataType], ...] = (
    ("run_id", "run_id", pa.string()),
    ("project", "project", pa.string()),
    ("name", "name", pa.string()),
    ("status", "status", pa.string()),
    ("started", "cast(started * 1e6 AS INTEGER)", _TIME),
    ("ended", "cast(ended * 1e6 AS INTEGER)", _TIME),
    ("duration_s", "max(0, coalesce(ended, updated) - started)", pa.float64()),
    ("updated", "cast(updated * 1e6 AS INTEGER)", _TIME),
    ("group", "group_name", pa.string()),
    ("tags", "(SELECT group_concat(tag, ',') FROM tags WHERE tags.run_id = runs.run_id)", pa.string()),
    ("notes", "notes", pa.string()),
    ("host", "host", pa.string()),
    ("user", "user", pa.string()),
    ("error", "error", pa.string()),
    ("rows", "rows", pa.int64()),
    ("attempts", "attempts", pa.int64()),
    ("world_size", "world_size", pa.int64()),
    ("archived", "archived", pa.int64()),
    ("config", "config", pa.string()),
)
_METRICS: tuple[tuple[str, str, pa.DataType], ...] = (
    ("run_id", "run_id", pa.string()),
    ("key", "key", pa.string()),
    ("goal", "goal", pa.string()),
    ("count", "count", pa.int64()),
    ("nonfinite", "nonfinite", pa.int64()),
    ("last", "last", pa.float64()),
    ("best", "CASE goal WHEN 'max' THEN max ELSE min END", pa.float64()),
    ("first", "first", pa.float64()),
    ("min", "min", pa.float64()),
    ("max", "max", pa.float64()),
    ("mean", "CASE WHEN numbers > 0 THEN mean END", pa.float64()),
    ("std", "CASE WHEN numbers > 1 THEN sqrt(max(m2, 0) / (numbers - 1)) END", pa.float64()),
    ("last_step", "last_step", pa.int64()),
    ("best_step", "CASE goal WHEN 'max' THEN max_step ELSE min_step END", pa.int64()),
    ("min_step", "min_step", pa.int64()),
    ("max_step", "max_step", pa.int64()),
    ("text", "last_text", pa.string()),
)
_PARAMS: tuple[tuple[str, str, pa.DataType], ...] = (
    ("run_id", "run_id", pa.string()),
    ("key", "path", pa.string()),
    ("number", "num", pa.float64()),
    ("text", "text", pa.string()),
    ("json", "json", pa.string()),
)
_VALUES = tuple(("key", "key", kind) if name == "key" else (name, sql, kind) for name, sql, kind in _PARAMS)
_ARTIFACTS: tuple[tuple[str, str, pa.DataType], ...] = (
    ("run_id", "run_id", pa.string()),
    ("step", "step", pa.int64()),
    ("ts", "cast(ts * 1e6 AS INTEGER)", _TIME),
    ("kind", "kind", pa.string()),
    ("name", "name", pa.string()),
    ("sha256", "json_extract(record, '$.sha256')", pa.string()),
    ("size_bytes", "cast(json_extract(record, '$.size_bytes') AS INTEGER)", pa.int64()),
    ("record", "record", pa.string()),
)

_VISIBLE = "run_id IN (SELECT run_id FROM runs WHERE deleted IS NULL)"

_SPECS: dict[str, tuple[Sequence[tuple[str, str, pa.DataType]], str, str]] = {
    "runs": (_RUNS, "FROM runs WHERE deleted IS NULL", "started, run_id"),
    "metrics": (_METRICS, f"FROM metrics WHERE {_VISIBLE}", "run_id, key"),
    "params": (_PARAMS, f"FROM params WHERE {_VISIBLE}", "run_id, path"),
    "summary": (_VALUES, f"FROM summary WHERE {_VISIBLE}", "run_id, key"),
    "tags": (
        (("run_id", "run_id", pa.string()), ("tag", "tag", pa.string())),
        f"FROM tags WHERE {_VISIBLE}",
        "run_id, tag",
    ),
    "keys": (
        (("project", "project", pa.string()), ("key", "key", pa.string()), ("types", "tags", pa.string())),
        "FROM keys WHERE true",
        "project, key",
    ),
    "artifacts": (_ARTIFACTS, f"FROM files WHERE {_VISIBLE}", "run_id, ts, seq"),
}
NAMES = tuple(_SPECS)


Projects = Sequence[str] | None
"""Names of projects that are shown alone, or None for all."""


def relation(db: sqlite3.Connection, name: str, projects: Projects = None) -> pa.Table:
    """Return one table of `NAMES` as it is now."""
    spec, rest, order = _SPECS[name]
    select = ", ".join(sql for _, sql, _ in spec)
    within, params = _of_projects(projects)
    if name not in {"runs", "keys"} and within:
        within = f" AND run_id IN (SELECT run_id FROM runs WHERE true{within})"  # noqa: S608 - placeholders only
    if name == "runs":
        db.create_function("sqrt", 1, _sqrt, deterministic=True)
    rows = db.execute(f"SELECT {select} {rest}{within} ORDER BY {order}", params).fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(spec)
    made = [arrays.of_type(list(column), kind) for column, (_, _, kind) in zip(columns, spec, strict=True)]
    return pa.Table.from_arrays(made, names=[label for label, _, _ in spec])


def overlay(db: sqlite3.Connection, projects: Projects = None) -> list[tuple[str, str, float | None, str | None, str]]:
    """Return (run id, key, number, text, json) of every value set for a whole run."""
    found: list[tuple[str, str, float | None, str | None, str]]
    found = db.execute(f"SELECT run_id, key, num, text, json FROM vals WHERE {_VISIBLE}").fetchall()  # noqa: S608
    if projects is not None:
        seen = set(_runs(db, "deleted IS NULL", projects))
        found = [row for row in found if row[0] in seen]
    return found


def superseded(
    db: sqlite3.Connection,
    cutoffs: Callable[[sqlite3.Connection, str], dict[int, int]],
    projects: Projects = None,
) -> list[tuple[str, int, int]]:
    """Return (run id, attempt, from step) of all rows that a later attempt repeated."""
    resumed = _runs(db, "attempts > 1", projects)
    return [(run_id, attempt, step) for run_id in resumed for attempt, step in cutoffs(db, run_id).items()]


def hidden(db: sqlite3.Connection, projects: Projects = None) -> list[str]:
    """Return the runs in the bin, whose rows no view shows."""
    return _runs(db, "deleted IS NOT NULL", projects)


def _runs(db: sqlite3.Connection, where: str, projects: Projects) -> list[str]:
    within, params = _of_projects(projects)
    return [run_id for (run_id,) in db.execute(f"SELECT run_id FROM runs WHERE {where}{within}", params)]  # noqa: S608


def _of_projects(projects: Projects) -> tuple[str, list[str]]:
    """Return the end of a WHERE clause that leaves some projects, with its parameters."""
    if projects is None:
        return "", []
    return f" AND project IN ({', '.join('?' * len(projects))})", list(projects)


def _sqrt(value: Any) -> float | None:
    return None if value is None else float(value) ** 0.5
