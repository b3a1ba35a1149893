"""Curves in buckets: what a chart gets instead of every point.

Pure numpy. Invariant: no point is lost. Every point whose x lies within the edges counts in exactly one bucket; the smallest minimum
and the largest maximum over the buckets are those of the points; NaN and infinities are counted, and never reach the other numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from eventide.model import Floats, Ints


LARGEST = float(np.finfo(np.float64).max)
_ROUNDING = 2
"""Places by which a division may miss."""
EXACT_STEP = 1 << 52
"""Steps below it are numbers that floats tell apart."""


class Bins(NamedTuple):
    """One entry per bucket, NaN where it holds no finite point; in the order of `model.Buckets`, from its `count` on."""

    points: Ints
    """int64, points, finite or not."""
    nonfinite: Ints
    """int64, those of them that are NaN or infinite."""
    low: Floats
    high: Floats
    mean: Floats
    last: Floats
    """The finite point with the largest x; of several, the one logged last."""


def grid(start: float, stop: float, bins: int) -> Floats:
    """Return float64[bins + 1] edges from `start` to `stop`, both finite, in any order; `bins` is 1 or more.

    A range without width gets one around it, so that a curve of a single point has buckets too.
    """
    if bins < 1 or not (np.isfinite(start) and np.isfinite(stop)):
        raise ValueError(f"no grid of {bins} bins from {start} to {stop}")
    low, high = min(start, stop), max(start, stop)
    if low == high:
        margin = max(0.5, abs(low) * 2.0**-40)
        low, high = max(low - margin, -LARGEST), min(high + margin, LARGEST)
    # The halves, because high - low may be beyond the largest float.
    share = np.arange(bins + 1, dtype=np.float64) / bins
    edges = low * (1.0 - share) + high * share
    edges[0], edges[-1] = low, high
    return np.maximum.accumulate(edges)


def bucket(x: Floats, y: Floats, edges: Floats) -> Bins:
    """Return the points (x, y) in the buckets between ascending `edges`.

    x and y are float64[n] in logging order; x need not ascend. A bucket includes its left edge, the last one its right edge too.
    Points outside the edges, or whose x is NaN, are in no bucket.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if len(x) > 1 and not (x[1:] >= x[:-1]).all():
        order = np.argsort(x, kind="stable")  # NaN goes to the end
        x, y = x[order], y[order]
    bounds = np.searchsorted(x, edges, side="left")
    bounds[-1] = np.searchsorted(x, edges[-1], side="right")
    return _between(y, bounds)


def bucket_steps(steps: range, y: Floats, edges: Floats) -> Bins:
    """Return the same for the x of an ascending range, without making an array of it."""
    first, pace, count = steps.start, steps.step, len(steps)
    with np.errstate(over="ignore"):
        bounds = np.clip(np.ceil((edges - first) / pace), 0, count).astype(np.int64)
    for _ in range(_ROUNDING):  # the division rounds; what counts is how x and edge compare
        bounds -= (bounds > 0) & (first + pace * (bounds - 1) >= edges)
        bounds += (bounds < count) & (first + pace * bounds < edges)
    last = bounds[-1]
    bounds[-1] = last + (last < count and first + pace * last == edges[-1])
    return _between(y, bounds)


def _between(y: Floats, bounds: Ints) -> Bins:
    """Return the buckets of values sorted by x, where bucket i holds y[bounds[i]:bounds[i + 1]]."""
    finite = np.isfinite(y)
    if finite.all():
        return _of_finite(y, bounds, np.zeros(len(bounds) - 1, dtype=np.int64))
    before = np.concatenate(([0], np.cumsum(finite)))[bounds]
    nonfinite = np.diff(bounds) - np.diff(before)
    return _of_finite(y[finite], before, nonfinite.astype(np.int64))


def _of_finite(y: Floats, bounds: Ints, nonfinite: Ints) -> Bins:
    """Return the buckets of finite values sorted by x, where bucket i holds y[bounds[i]:bounds[i + 1]]."""
    inside = np.diff(bounds).astype(np.int64)
    low, high, mean, last = (np.full(len(inside), np.nan) for _ in range(4))
    filled = np.flatnonzero(inside)
    if len(filled):
        y = y[: bounds[-1]]
        starts = bounds[:-1][filled]
        low[filled] = np.minimum.reduceat(y, starts)
        high[filled] = np.maximum.reduceat(y, starts)
        mean[filled] = _means(y, starts, inside[filled], low[filled], high[filled])
        last[filled] = y[bounds[1:][filled] - 1]
    return Bins(inside + nonfinite, nonfinite, low, high, mean, last)


def _means(y: Floats, starts: Ints, counts: Ints, low: Floats, high: Floats) -> Floats:
    """Return the mean of each stretch of y; it lies between the stretch's extremes, also where a sum would overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.add.reduceat(y, starts) / counts
    if not np.isfinite(mean).all():
        mean = np.add.reduceat(y / np.repeat(counts.astype(np.float64), counts), starts)
    return np.clip(mean, low, high)
