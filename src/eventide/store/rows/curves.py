"""Curves of a local store: stretches read, put in order, placed over an x, and cut, smoothed or put into buckets.

A question is a plan made under the lock of the store (which files, which live rows, what the index says of the runs) and answered without
it, so that a large answer holds up nobody. Invariant: a plan belongs to one moment; a sealed file that vanished meanwhile raises
FileNotFoundError, and the question has to be planned anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from eventide.model import Buckets, Series, SeriesQuery
from eventide.store.rows.points import Points, in_order, joined
from eventide.store.rows.series import EXACT_STEP, Bins, bucket, bucket_steps, grid
from eventide.store.rows.smoothing import smooth
from eventide.store.rows.stretches import MixedError, Need, Stretches, collect, merged

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.model import Floats
    from eventide.store.rows.held import Held


class Curve(NamedTuple):
    """One metric of one run over some x."""

    run_id: str
    key: str
    points: Points
    x: Floats
    drawn: Floats
    """The values to show: the logged ones, or these smoothed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What answers a question for curves: immutable files and tables, and facts of the runs."""

    query: SeriesQuery
    files: Sequence[str]
    tails: Sequence[pa.Table]
    need: Need
    cutoffs: Mapping[str, Mapping[int, int]]
    """Of runs whose attempts repeat each other."""
    started: Mapping[str, float]
    samples: Mapping[tuple[str, str], Points] | None = None
    """What was sampled of the machine, read already; None for logged points."""

    def series(self, held: Held) -> list[Series]:
        """Return every point of the curves."""
        found = self._sources(held, max(self.need, Need.TIMES))
        return [
            Series(curve.run_id, curve.key, curve.x, curve.points.step, curve.points.ts, curve.drawn)
            for curve in self._curves(found)
        ]

    def buckets(self, held: Held) -> list[Buckets]:
        """Return the curves in buckets on a shared grid, made one after the other."""
        query = self.query
        found = self._sources(held, max(self.need, Need.STEPS if query.x == "step" else Need.TIMES))
        ends = self._ends(found)
        if ends is None:
            return []
        edges = cache(lambda: grid(*ends, max(1, query.bins or 1)))
        binned = ((run_id, key, self._bins(found, run_id, key, edges)) for run_id, key in self._names())
        return [Buckets(run_id, key, edges(), *bins) for run_id, key, bins in binned if bins is not None]

    def _bins(self, found: _Found, run_id: str, key: str, edges: Callable[[], Floats]) -> Bins | None:
        """Return the buckets of one curve; None where nothing of it is in the range of x."""
        even = found.even(run_id, key) if self._by_steps else None
        if even is not None:
            bins = bucket_steps(*even, edges())
            return bins if bins.points.any() else None
        curve = self._curve(found, run_id, key)
        if curve is None:
            return None
        curve = _cut(curve, self.query.start, self.query.stop)
        return _bucket(curve, edges()) if len(curve.x) else None

    # ── what is read ────────────────────────────────────────────────────────────────────────────────────────────────

    def _sources(self, held: Held, need: Need) -> _Found:
        query = self.query
        if self.samples is not None:
            return _Found({}, self.samples, self.cutoffs)
        keys = tuple(dict.fromkeys((*query.keys, query.x) if self._by_key else query.keys))
        run_ids = frozenset(query.run_ids)
        try:
            return self._read(held, run_ids, keys, need)
        except MixedError:
            return self._read(held, run_ids, keys, Need.PLACE)

    def _read(self, held: Held, run_ids: frozenset[str], keys: Sequence[str], need: Need) -> _Found:
        parts: Stretches = {}
        for file in held.read(self.files, run_ids, keys, need):
            for name, stretches in file.items():
                parts.setdefault(name, []).extend(stretches)
        for table in self.tails:
            collect(table, run_ids, keys, need, parts)
        found = _Found(parts, {}, self.cutoffs if self.query.attempts == "last" else {})
        found.check()
        return found

    @property
    def _by_key(self) -> bool:
        return self.query.x not in ("step", "ts", "time")

    @property
    def _by_steps(self) -> bool:
        """Whether buckets can be told from steps alone: no other x, no smoothing, and nothing cut off that the edges would not."""
        query = self.query
        inside = query.start is None or query.stop is None or query.start < query.stop
        return query.x == "step" and query.smooth is None and inside

    # ── curves ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ends(self, found: _Found) -> tuple[float, float] | None:
        """Return from where to where the grid goes; None where there is nothing to put into buckets."""
        query = self.query
        if query.start is not None and query.stop is not None:
            return query.start, query.stop
        spans = self._spans(found)
        if spans is None:
            spans = [_span(curve.x) for curve in self._curves(found, drawn=False) if len(curve.x)]
        if not spans:
            return None
        finite = [span for span in spans if span is not None]
        low = query.start if query.start is not None else min((low for low, _ in finite), default=0.0)
        high = query.stop if query.stop is not None else max((high for _, high in finite), default=0.0)
        return low, high

    def _spans(self, found: _Found) -> list[tuple[float, float] | None] | None:
        """Return the ends of every curve without making one; None where that takes the curves."""
        query = self.query
        if query.x != "step" or query.start is not None or query.stop is not None or found.cutoffs or found.points:
            return None
        spans = [[part.span() for part in parts] for parts in found.parts.values()]
        return [(float(min(low for low, _ in each)), float(max(high for _, high in each))) for each in spans]

    def _names(self) -> Iterator[tuple[str, str]]:
        for run_id in dict.fromkeys(self.query.run_ids):
            for key in dict.fromkeys(self.query.keys):
                yield run_id, key

    def _curves(self, found: _Found, *, drawn: bool = True) -> Iterator[Curve]:
        """Yield every curve that exists, cut to the range of x."""
        for run_id, key in self._names():
            curve = self._curve(found, run_id, key, drawn=drawn)
            if curve is not None:
                yield _cut(curve, self.query.start, self.query.stop)

    def _curve(self, found: _Found, run_id: str, key: str, *, drawn: bool = True) -> Curve | None:
        """Return one curve, smoothed over all of its points; None where there is none."""
        query = self.query
        points = found.get(run_id, key)
        if points is None:
            return None
        if self._by_key:
            other = found.get(run_id, query.x)
            if other is None:
                return None
            points, x = _align(points, other)
        elif query.x == "step":
            x = points.step.astype(np.float64)
        else:
            x = points.ts if query.x == "ts" else points.ts - self.started.get(run_id, 0.0)
        smoothed = smooth(x, points.y, query.smooth) if query.smooth is not None and drawn else points.y
        return Curve(run_id, key, points, x, smoothed)


class _Found(NamedTuple):
    """Stretches, or points that are together already."""

    parts: Stretches
    points: Mapping[tuple[str, str], Points]
    cutoffs: Mapping[str, Mapping[int, int]]

    def get(self, run_id: str, key: str) -> Points | None:
        """Return the points of one curve; None when it has none."""
        parts = self.parts.get((run_id, key))
        if not parts:
            return self.points.get((run_id, key))
        found = joined(parts, self.cutoffs.get(run_id, {}))
        return found if len(found.y) else None

    def even(self, run_id: str, key: str) -> tuple[range, Floats] | None:
        """Return steps and values of a curve whose steps are one ascending range; None where there is none such."""
        parts = self.parts.get((run_id, key), [])
        if not parts or parts[0].writer is not None:
            return None
        (found,) = merged(in_order(parts))
        step = found.step
        if not isinstance(step, range) or step.step < 0 or max(abs(step.start), abs(step.stop)) >= EXACT_STEP:
            return None
        return step, found.y

    def check(self) -> None:
        """Raise MixedError where stretches of one writer do not follow each other."""
        for parts in self.parts.values():
            if len(parts) > 1 and parts[0].writer is None:
                in_order(parts)


def _span(x: Floats) -> tuple[float, float] | None:
    finite = x[np.isfinite(x)]
    return (float(finite.min()), float(finite.max())) if len(finite) else None


def _align(curve: Points, other: Points) -> tuple[Points, Floats]:
    """Return the points of `curve` at steps where `other` has a value, and those values; the latest where a step has several."""
    order = np.argsort(other.step, kind="stable")
    steps, values = other.step[order], other.y[order]
    place = np.searchsorted(steps, curve.step, side="right") - 1
    hit = (place >= 0) & (steps[np.maximum(place, 0)] == curve.step)
    return Points(curve.step[hit], curve.ts[hit], curve.y[hit]), values[place[hit]]


def _cut(curve: Curve, start: float | None, stop: float | None) -> Curve:
    if start is None and stop is None:
        return curve
    keep = np.ones(len(curve.x), bool)
    if start is not None:
        keep &= curve.x >= start
    if stop is not None:
        keep &= curve.x <= stop
    inside = np.flatnonzero(keep)
    if len(inside) == len(keep):
        return curve
    together = len(inside) > 0 and inside[-1] - inside[0] + 1 == len(inside)
    place = slice(int(inside[0]), int(inside[-1]) + 1) if together else inside  # a stretch is a view, not a copy
    ts = curve.points.ts[place] if len(curve.points.ts) else curve.points.ts
    points = Points(curve.points.step[place], ts, curve.points.y[place])
    drawn = points.y if curve.drawn is curve.points.y else curve.drawn[place]
    return curve._replace(points=points, x=curve.x[place], drawn=drawn)


def _bucket(curve: Curve, edges: Floats) -> Bins:
    """Return the buckets of a curve: extremes of what was logged, averages of what is drawn."""
    logged = bucket(curve.x, curve.points.y, edges)
    if curve.drawn is curve.points.y:
        return logged
    smoothed = bucket(curve.x, curve.drawn, edges)
    return logged._replace(mean=smoothed.mean, last=smoothed.last)
