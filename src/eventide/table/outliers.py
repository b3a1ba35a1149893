"""The range in which the bulk of some curves lies, and what lies outside of it.

Pure numpy. Invariant: a range is offered only where it shows more than three times as much as the whole range would, and it is
never offered without the number of points outside of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from eventide.model import Buckets, Floats, Series

SHARE = 0.005
"""Of the bins that may lie outside, at either end."""
USUAL = 0.9
"""Part of the bins whose spread counts as noise."""
MARGIN = 0.05
GAIN = 3.0
MOST_EXTREMES = 8


class Range(NamedTuple):
    """From where to where most of the curves lie."""

    low: float
    high: float


class Extreme(NamedTuple):
    """One point outside."""

    x: float
    step: int
    y: float


def robust_range(curves: Sequence[Buckets]) -> Range | None:
    """Return the range of nearly all bins with a margin; None when the whole range is not much wider."""
    filled = [curve for curve in curves if np.isfinite(curve.mean).any()]
    if not filled:
        return None
    inner = np.concatenate([_inner_means(curve) for curve in filled])
    lowest, highest = (
        np.concatenate([side[np.isfinite(curve.mean)] for curve, side in zip(filled, sides, strict=True)])
        for sides in ([curve.min for curve in filled], [curve.max for curve in filled])
    )
    # Noise within a bin belongs to the bulk: the range of means alone would cut it off where bins hold many points.
    noise = (float(np.quantile(inner - lowest, USUAL)), float(np.quantile(highest - inner, USUAL)))
    return _bulk(inner, lowest.min(), highest.max(), noise)


def _inner_means(curve: Buckets) -> Floats:
    """Return the mean of each filled bin without its smallest and its largest point: one spike in a bin says nothing of the bulk."""
    points = (curve.count - curve.nonfinite).astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        inner = (curve.mean * points - curve.min - curve.max) / np.maximum(points - 2.0, 1.0)
    inner = np.where((points > 2.0) & np.isfinite(inner), np.clip(inner, curve.min, curve.max), curve.mean)
    return inner[np.isfinite(curve.mean)]


def robust_range_of_points(curves: Sequence[Series]) -> Range | None:
    """Return the same for curves of few points: nearly all points take the place of nearly all bins."""
    values = np.concatenate([curve.y[np.isfinite(curve.y)] for curve in curves]) if curves else np.empty(0)
    return _bulk(values, values.min(), values.max()) if len(values) else None


def _bulk(values: Floats, whole_low: float, whole_high: float, noise: tuple[float, float] = (0.0, 0.0)) -> Range | None:
    low, high = np.quantile(values, (SHARE, 1.0 - SHARE)) + np.array([-noise[0], noise[1]])
    whole_low, whole_high = float(whole_low), float(whole_high)
    margin = MARGIN * (high - low) or 0.5 * abs(low) or 0.5
    found = Range(max(float(low - margin), whole_low), min(float(high + margin), whole_high))
    width = found.high - found.low
    return found if width > 0 and whole_high - whole_low > GAIN * width else None


def reaches_out(curve: Buckets, bulk: Range) -> bool:
    """Tell whether a curve has points outside of a range."""
    with np.errstate(invalid="ignore"):
        return bool((curve.max > bulk.high).any() or (curve.min < bulk.low).any())


def outside(y: Floats, bulk: Range) -> tuple[int, int]:
    """Return how many values lie above and below a range; those that are not finite do neither."""
    finite = y[np.isfinite(y)]
    return int((finite > bulk.high).sum()), int((finite < bulk.low).sum())


def extremes(curve: Series, bulk: Range, most: int = MOST_EXTREMES) -> list[Extreme]:
    """Return the points farthest outside of a range, by x."""
    y = np.where(np.isfinite(curve.y), curve.y, np.nan)
    with np.errstate(invalid="ignore"):
        beyond = np.fmax(np.fmax(y - bulk.high, bulk.low - y), 0.0)
    places = np.flatnonzero(beyond > 0)
    if len(places) > most:
        places = places[np.argpartition(beyond[places], -most)[-most:]]
    found = [Extreme(float(curve.x[i]), int(curve.step[i]), float(curve.y[i])) for i in places]
    return sorted(point for point in found if np.isfinite(point.x))
