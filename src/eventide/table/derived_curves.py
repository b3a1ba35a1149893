"""Curves that are made of others: expressions over metrics, over any x, and differences to another run.

Invariant: everything is computed from logged points, step by step, before anything is smoothed or put into buckets; what the store answers
by itself, it answers. The grid of one answer is shared, whatever its curves are made of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from eventide.model import Buckets, Series, SeriesQuery
from eventide.store.rows.series import bucket, grid
from eventide.store.rows.smoothing import smooth
from eventide.table.expressions import Expression, is_expression, parse_expression

if TYPE_CHECKING:
    from eventide.model import Floats, Ints
    from eventide.source import Source

_AXES = ("step", "time", "ts")

Curves = list[Series] | list[Buckets]
One = TypeVar("One", Series, Buckets)


def derived_curves(
    source: Source,
    keys: Sequence[str],
    x: str = "step",
    *,
    run_ids: Sequence[str] | None = None,
    project: str | None = None,
    minus: str | None = None,
) -> DerivedCurves:
    """Return what answers questions for metrics and expressions of some runs or a project; raises InvalidSetting.

    Asks the source for its metrics only where there is an expression.
    """
    known: set[str] = set()
    if any(is_expression(name) for name in (*keys, x)):
        known = {key.key for key in source.keys(run_ids=run_ids, project=None if run_ids is not None else project)}
    return DerivedCurves(source, keys, x, known, minus)


class DerivedCurves:
    """Answers questions for curves of which some are expressions, or all are differences to one run."""

    def __init__(
        self, source: Source, keys: Iterable[str], x: str, known: Collection[str], minus: str | None = None
    ) -> None:
        """Understand the expressions among `keys` and `x`; raises InvalidSetting.

        Args:
            source: what has the metrics.
            keys: metrics and expressions that will be asked for.
            x: what they will be drawn over.
            known: the metrics that expressions may name.
            minus: the run that is subtracted from every curve.
        """
        self._source = source
        self._minus = minus
        names = [key for key in (*keys, x) if is_expression(key)]
        self._expressions = {name: parse_expression(name, known) for name in dict.fromkeys(names)}

    def inputs(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Return the metrics that some keys are made of."""
        return tuple(dict.fromkeys(name for key in keys for name in self._made_of(key)))

    def series(self, query: SeriesQuery) -> Curves:
        """Return the curves that exist, as `Source.series` does."""
        derived = tuple(key for key in query.keys if self._is_derived(key, query.x))
        if not derived:
            return self._source.series(query)
        plain = tuple(key for key in query.keys if key not in derived)
        made = {(curve.run_id, curve.key): curve for curve in self._curves(replace(query, keys=derived))}
        if query.bins is None:
            kept = [_shown(curve, query) for curve in made.values()]
            others = self._source.series(replace(query, keys=plain)) if plain else []
            return _in_order([*kept, *(one for one in others if isinstance(one, Series))], query)
        edges, buckets = self._grid(query, plain, list(made.values()))
        if edges is None:
            return []
        return _in_order([*buckets, *(_bucketed(curve, query, edges) for curve in made.values())], query)

    def _is_derived(self, key: str, x: str) -> bool:
        return self._minus is not None or key in self._expressions or x in self._expressions

    def _made_of(self, key: str) -> tuple[str, ...]:
        found = self._expressions.get(key)
        return (key,) if found is None else found.metrics

    # ── points ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _curves(self, query: SeriesQuery) -> list[Series]:
        """Return every point of derived curves over the whole of x, not smoothed."""
        axis = query.x if query.x in _AXES else "step"
        wanted = self.inputs(query.keys if axis == query.x else (*query.keys, query.x))
        run_ids = tuple(dict.fromkeys((*query.run_ids, *([self._minus] if self._minus else []))))
        asked = replace(query, run_ids=run_ids, keys=wanted, x=axis, start=None, stop=None, bins=None, smooth=None)
        found = {(one.run_id, one.key): one for one in self._source.series(asked) if isinstance(one, Series)}
        base = {} if self._minus is None else {key: self._curve(found, self._minus, key, query.x) for key in query.keys}
        curves = []
        for run_id in dict.fromkeys(query.run_ids):
            for key in query.keys:
                curve = self._curve(found, run_id, key, query.x)
                if curve is not None and self._minus is not None:
                    curve = _difference(curve, base[key])
                if curve is not None and len(curve):
                    curves.append(curve)
        return curves

    def _curve(self, found: dict[tuple[str, str], Series], run_id: str, key: str, x: str) -> Series | None:
        names = (key,) if x in _AXES else (key, x)
        inputs = [found.get((run_id, name)) for name in self.inputs(names)]
        if any(one is None for one in inputs):
            return None
        points = _aligned([one for one in inputs if one is not None])
        first = points[self._made_of(key)[0]]
        y = self._value(key, points)
        over = first.x if x in _AXES else self._value(x, points)
        return Series(run_id, key, over, first.step, first.ts, y)

    def _value(self, key: str, points: dict[str, Series]) -> Floats:
        expression: Expression | None = self._expressions.get(key)
        if expression is None:
            return points[key].y
        return expression.evaluate({name: points[name].y for name in expression.metrics})

    # ── the grid ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _grid(
        self, query: SeriesQuery, plain: tuple[str, ...], made: Sequence[Series]
    ) -> tuple[Floats | None, list[Buckets]]:
        """Return the edges of all curves, and the buckets of plain ones between them."""
        spans = [span for curve in made if (span := _span(curve.x)) is not None]
        found = self._source.series(replace(query, keys=plain)) if plain else []
        buckets = [one for one in found if isinstance(one, Buckets)]
        if buckets:
            spans.append((float(buckets[0].edges[0]), float(buckets[0].edges[-1])))
        if not spans:
            return None, []
        low = query.start if query.start is not None else min(low for low, _ in spans)
        high = query.stop if query.stop is not None else max(high for _, high in spans)
        edges = grid(low, high, query.bins or 1)
        if buckets and not np.array_equal(buckets[0].edges, edges):
            found = self._source.series(replace(query, keys=plain, start=float(edges[0]), stop=float(edges[-1])))
            buckets = [replace(one, edges=edges) for one in found if isinstance(one, Buckets)]
        return edges, buckets


def _aligned(curves: Sequence[Series]) -> dict[str, Series]:
    """Return metric → its points at the steps that all curves have, the last value of each step; one curve alone stays as it is."""
    if len(curves) == 1:
        return {curves[0].key: curves[0]}
    lasts = [_last_of_steps(curve) for curve in curves]
    common = lasts[0][0]
    for steps, _ in lasts[1:]:
        common = np.intersect1d(common, steps, assume_unique=True)
    found = {}
    for curve, (steps, places) in zip(curves, lasts, strict=True):
        at = places[np.searchsorted(steps, common)]
        found[curve.key] = replace(curve, x=curve.x[at], step=common, ts=curve.ts[at], y=curve.y[at])
    return found


def _last_of_steps(curve: Series) -> tuple[Ints, Ints]:
    """Return the steps of a curve in order, each once, and where each was logged last."""
    steps, places = np.unique(curve.step[::-1], return_index=True)
    return steps, len(curve) - 1 - places


def _difference(curve: Series, base: Series | None) -> Series | None:
    """Return a curve minus another one, whose values between its points lie on straight lines; None where they do not meet."""
    if base is None:
        return None
    usable = np.isfinite(base.x) & np.isfinite(base.y)
    order = np.argsort(base.x[usable], kind="stable")
    xs, ys = base.x[usable][order], base.y[usable][order]
    if not len(xs):
        return None
    meets = (curve.x >= xs[0]) & (curve.x <= xs[-1])
    cut = replace(curve, x=curve.x[meets], step=curve.step[meets], ts=curve.ts[meets], y=curve.y[meets])
    return replace(cut, y=cut.y - np.interp(cut.x, xs, ys))


def _shown(curve: Series, query: SeriesQuery) -> Series:
    """Return a curve smoothed over all of its points, then cut to the range that is asked for."""
    if query.smooth is not None:
        curve = replace(curve, y=smooth(curve.x, curve.y, query.smooth))
    inside = np.ones(len(curve), bool)
    if query.start is not None:
        inside &= curve.x >= query.start
    if query.stop is not None:
        inside &= curve.x <= query.stop
    if inside.all():
        return curve
    return replace(curve, x=curve.x[inside], step=curve.step[inside], ts=curve.ts[inside], y=curve.y[inside])


def _bucketed(curve: Series, query: SeriesQuery, edges: Floats) -> Buckets:
    logged = bucket(curve.x, curve.y, edges)
    if query.smooth is not None:
        smoothed = bucket(curve.x, smooth(curve.x, curve.y, query.smooth), edges)
        logged = logged._replace(mean=smoothed.mean, last=smoothed.last)
    return Buckets(curve.run_id, curve.key, edges, *logged)


def _span(x: Floats) -> tuple[float, float] | None:
    finite = x[np.isfinite(x)]
    return (float(finite.min()), float(finite.max())) if len(finite) else None


def _in_order(curves: Sequence[One], query: SeriesQuery) -> list[One]:
    """Return curves as a source orders them, runs outermost, without those that have nothing in the range."""
    places = {(run, key): place for place, (run, key) in enumerate((r, k) for r in query.run_ids for k in query.keys)}
    return sorted(filter(_has_points, curves), key=lambda one: places[one.run_id, one.key])


def _has_points(curve: Series | Buckets) -> bool:
    return len(curve) > 0 if isinstance(curve, Series) else bool(curve.count.any())
