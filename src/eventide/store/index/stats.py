"""Keep the statistics of `fold` in the index: read, merge, write back.

Invariant: a row of `metrics` is the merge of everything folded for that run and key, once each.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping

from eventide.model import MetricStats
from eventide.store.index.fold import KeyStats, guess_goal

_COLUMNS = (
    "count, nonfinite, first, first_ts, last, last_text, last_step, last_ts, min, min_step, max, max_step, mean, m2,"
    " first_nonfinite_step, tags, numbers"
)
_READ_ALL = f"SELECT key, {_COLUMNS} FROM metrics WHERE run_id = ?"  # noqa: S608 - a constant
_READ = f"{_READ_ALL} AND key = ?"
_WRITE = f"INSERT OR REPLACE INTO metrics(run_id, key, goal, {_COLUMNS}) VALUES(?, ?, ?, {', '.join('?' * 17)})"
_ADD_KEY = (
    "INSERT INTO keys VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET tags = join_tags(tags, excluded.tags)"
    " WHERE tags <> join_tags(tags, excluded.tags)"
)
_FEW = 8
"""Up to this many keys are looked up one by one; more are read with all others of the run."""


def join_tags(one: str, other: str) -> str:
    """Return the union of two sets of type tags, sorted."""
    return one if one == other else "".join(sorted({*one, *other}))


def add_stats(db: sqlite3.Connection, run_id: str, project: str, stats: Mapping[str, KeyStats]) -> None:
    """Merge folded statistics into the index."""
    known = _known(db, run_id, stats)
    goals = dict(db.execute("SELECT key, goal FROM definitions WHERE run_id = ? AND goal IS NOT NULL", (run_id,)))
    rows, keys = [], []
    for key, new in stats.items():
        found = known.get(key)
        total = new
        if found is not None:
            total = _from_row(found)
            total.merge(new)
        rows.append((run_id, key, goals.get(key) or guess_goal(key), *_to_row(total)))
        if found is None or found[15] != total.tags:
            keys.append((project, key, total.tags))
    db.executemany(_WRITE, rows)
    db.executemany(_ADD_KEY, keys)


def _known(db: sqlite3.Connection, run_id: str, keys: Iterable[str]) -> dict[str, tuple[object, ...]]:
    """Return the rows the index has for some keys of a run."""
    wanted = list(keys)
    if len(wanted) > _FEW:
        return {key: tuple(row) for key, *row in db.execute(_READ_ALL, (run_id,))}
    rows = (db.execute(_READ, (run_id, key)).fetchone() for key in wanted)
    return {row[0]: row[1:] for row in rows if row is not None}


def _from_row(row: tuple[object, ...]) -> KeyStats:
    stats = KeyStats(*row)  # type: ignore[arg-type]
    stats.first_ts = math.inf if row[3] is None else stats.first_ts
    stats.last_ts = -math.inf if row[7] is None else stats.last_ts
    return stats


def _to_row(stats: KeyStats) -> tuple[object, ...]:
    first_ts = None if stats.first_ts == math.inf else stats.first_ts
    last_ts = None if stats.last_ts == -math.inf else stats.last_ts
    return (
        stats.count, stats.nonfinite, stats.first, first_ts, stats.last, stats.last_text, stats.last_step, last_ts,
        stats.min, stats.min_step, stats.max, stats.max_step, stats.mean, stats.m2, stats.first_nonfinite_step,
        stats.tags, stats.numbers,
    )  # fmt: skip


def read_metrics(db: sqlite3.Connection, run_id: str, keys: tuple[str, ...] | None = None) -> dict[str, MetricStats]:
    """Return the statistics of one run's metrics, of all or of some keys, sorted by key."""
    sql = f"SELECT key, goal, {_COLUMNS} FROM metrics WHERE run_id = ?"  # noqa: S608
    params: tuple[str, ...] = (run_id,)
    if keys is not None:
        sql += f" AND key IN ({', '.join('?' * len(keys))})"
        params += keys
    found = {}
    for key, goal, *row in db.execute(sql + " ORDER BY key", params):
        found[key] = to_metric(key, goal, _from_row(tuple(row)))
    return found


def to_metric(key: str, goal: str, stats: KeyStats) -> MetricStats:
    """Return statistics as front ends see them."""
    numbers = stats.numbers
    last: float | str | None = stats.last
    if last is None and stats.last_text is not None:
        special = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
        last = special.get(stats.last_text, stats.last_text) if stats.nonfinite else stats.last_text
    return MetricStats(
        key=key,
        count=stats.count,
        nonfinite=stats.nonfinite,
        first=stats.first,
        last=last,
        last_step=stats.last_step,
        min=stats.min,
        min_step=stats.min_step,
        max=stats.max,
        max_step=stats.max_step,
        mean=stats.mean if numbers else None,
        std=math.sqrt(max(0.0, stats.m2) / (numbers - 1)) if numbers > 1 else None,
        goal="max" if goal == "max" else "min",
        first_nonfinite_step=stats.first_nonfinite_step,
    )
