"""Filter and sort functions that need the points of a metric: at(), mean(m, n), std(m, n), slope().

Invariant: the temporary table `derived` holds exactly what the compiled query asks for, computed from the same points that charts show.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from eventide.model import Series, SeriesQuery

if TYPE_CHECKING:
    from eventide.store.filter.filters import Derived

Read = Callable[[SeriesQuery], list[Series]]


def fill_derived(db: sqlite3.Connection, wanted: Iterable[Derived], read: Read) -> None:
    """Fill `derived` with one value per run and expression; runs without the metric get none."""
    db.execute("DELETE FROM temp.derived")
    for item in dict.fromkeys(wanted):
        run_ids = [run_id for (run_id,) in db.execute("SELECT run_id FROM metrics WHERE key = ?", (item.metric,))]
        curves = read(SeriesQuery(tuple(run_ids), (item.metric,))) if run_ids else []
        values = [(curve.run_id, item.expr, evaluate(item, curve)) for curve in curves]
        rows = [(run_id, expr, value) for run_id, expr, value in values if value is not None]
        db.executemany("INSERT INTO temp.derived VALUES(?, ?, ?)", rows)


def evaluate(item: Derived, curve: Series) -> float | None:
    """Return the value of one function over one curve; None where it is not defined.

    at(m, step): the value logged at that step, the latest if there are several. mean, std, slope: over the last n finite points,
    or all; std is the sample standard deviation; slope is the least-squares change per step.
    """
    if item.function == "at":
        hits = np.flatnonzero(curve.step == item.n)
        return _finite(curve.y[hits[-1]]) if len(hits) else None
    finite = np.isfinite(curve.y)
    y, step = curve.y[finite], curve.step[finite].astype(np.float64)
    if item.n is not None:
        y, step = y[-item.n :], step[-item.n :]
    if item.function == "mean":
        return _finite(y.mean()) if len(y) else None
    if len(y) < 2:
        return None
    if item.function == "std":
        return _finite(y.std(ddof=1))
    centred = step - step.mean()
    spread = float((centred * centred).sum())
    return _finite((centred * (y - y.mean())).sum() / spread) if spread else None


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
