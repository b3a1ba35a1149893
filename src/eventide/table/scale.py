"""Axes: which range is shown, where a value lies on it, which values are labelled.

Invariant: positions are in 0..1 for everything inside the range, in the order of the values; ticks lie inside the range and have few
digits. A range is never empty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROBUST_FACTOR = 3.0
"""The robust range is used when the full one is more than so many times larger."""
_MARGIN = 0.05
_TAIL = 0.005


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of values; with `log` equal ratios are equal distances, and everything shown is above 0."""

    low: float
    high: float
    log: bool = False

    def position(self, value: float) -> float:
        """Return where a value lies: 0 at the low end, 1 at the high one, clipped to these."""
        if self.log:
            if value <= 0:
                return 0.0
            part = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        else:
            part = value / 2 - self.low / 2  # halves: the difference of two large numbers may be infinite
            part /= self.high / 2 - self.low / 2
        return min(1.0, max(0.0, part))

    def ticks(self, count: int) -> list[float]:
        """Return about `count` round values inside the range."""
        if self.log and self.high / self.low >= 10:
            return _log_ticks(self.low, self.high, count)
        span = self.high / max(1, count) - self.low / max(1, count)
        if not math.isfinite(span) or span <= 0:
            return [self.low, self.high]
        magnitude = 10.0 ** math.floor(math.log10(span))
        if magnitude <= 0:
            return [self.low, self.high]
        step = next((factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= span), 10 * magnitude)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        digits = max(0, 1 - math.floor(math.log10(step))) + 1
        return [round(place * step, digits) for place in range(first, last + 1)][: 4 * count + 4]


def _log_ticks(low: float, high: float, count: int) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first < 1:
        return [low, high]
    stride = max(1, math.ceil((last - first) / max(1, count)))
    return [10.0**exponent for exponent in range(first, last + 1, stride)]


def make_scale(values: Iterable[float], *, log: bool = False) -> Scale:
    """Return the scale that shows all finite `values` (with `log`, all above 0)."""
    shown = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
    if not shown:
        return Scale(0.1, 1.0, log=True) if log else Scale(0.0, 1.0)
    low, high = min(shown), max(shown)
    if low == high:
        if log:
            return (
                Scale(low / 2, high * 2, log=True)
                if low / 2 > 0 and math.isfinite(high * 2)
                else Scale(low, math.nextafter(low, math.inf), log=True)
            )
        room = abs(low) * 0.1 or 0.5
        return (
            Scale(low - room, high + room)
            if math.isfinite(high + room) and low - room < high + room
            else Scale(low, math.nextafter(low, math.inf))
        )
    return Scale(low, high, log)


def robust_scale(means: Iterable[float], full: Scale) -> Scale:
    """Return the range of the bulk of the values, or `full` when that is not much larger."""
    ordered = sorted(value for value in means if math.isfinite(value))
    if full.log or len(ordered) < 20:
        return full
    skip = max(1, round(len(ordered) * _TAIL))
    low, high = ordered[skip], ordered[-1 - skip]
    margin = (high - low) * _MARGIN
    low, high = max(full.low, low - margin), min(full.high, high + margin)
    if not high > low or full.high / 2 - full.low / 2 <= ROBUST_FACTOR * (high / 2 - low / 2):
        return full
    return Scale(low, high)
