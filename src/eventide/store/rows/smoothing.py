"""Smoothed curves: what a chart draws over the raw line.

Pure numpy, over every point of a curve and before any bucketing. Invariant: the result has the length of the input and is NaN exactly
where the input is not finite; nothing is carried across such a point, so each stretch between two of them is smoothed as if it were alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from eventide.errors import InvalidSetting

if TYPE_CHECKING:
    from eventide.model import Floats, Smoothing

EVEN_POINTS = 64
"""Longer evenly spaced curves go through a Fourier transform."""
GAUSSIAN_REACH = 4.0
"""Standard deviations after which the bell counts as zero."""


def smooth(x: Floats, y: Floats, smoothing: Smoothing) -> Floats:
    """Return y, float64[n], smoothed as a query asks.

    Raises:
        InvalidSetting: there is no such kind, or the amount is none for it.
    """
    kinds = {"ema": ema, "mean": moving_mean, "gaussian": gaussian}
    if smoothing.kind not in kinds:
        raise InvalidSetting(f"`{smoothing.kind}` is no kind of smoothing", hint=f"one of {', '.join(kinds)}")
    try:
        return kinds[smoothing.kind](x, y, smoothing.amount)
    except ValueError as error:
        raise InvalidSetting(f"cannot smooth with `{smoothing.kind}`: {error}") from error


def ema(x: Floats, y: Floats, weight: float) -> Floats:
    """Return the debiased exponential moving average; `weight` (0 ≤ weight < 1) is what remains after one unit of x.

    A gap of d in x makes the past count weight^d, and a point stands for the stretch since the one before it. Runs that log at
    different rates so agree, and the first points are true averages instead of being pulled to zero. Where x steps back, the
    distance counts.
    """
    if not 0.0 <= weight < 1.0:
        raise ValueError(f"a weight of {weight} is not from 0 to just below 1")
    if weight == 0.0:
        return np.where(np.isfinite(y), y, np.nan)
    return _by_stretch(x, y, lambda at, value: _ema(at, value, weight))


def _ema(x: Floats, y: Floats, weight: float) -> Floats:
    """Return the average of one stretch, as the ratio of two sums that fade with the distance in x."""
    gaps = np.abs(np.diff(x))
    usual = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 1.0
    fade = np.exp(np.log(weight) * np.concatenate(([0.0], gaps)))
    stretch = np.concatenate(([usual], np.where(gaps > 0, gaps, usual)))  # a repeated x is a point like any other
    share = -np.expm1(np.log(weight) * stretch)
    scale = float(np.abs(y).max()) or 1.0
    total, norm = share * (y / scale), share.copy()
    reach = 1
    while reach < len(y) and fade.any():  # each pass doubles how far back the sums reach
        total[reach:] += fade[reach:] * total[:-reach]
        norm[reach:] += fade[reach:] * norm[:-reach]
        fade[reach:] = fade[reach:] * fade[:-reach]
        fade[:reach] = 0.0
        reach *= 2
    return _within(y, total / norm * scale)


def moving_mean(x: Floats, y: Floats, width: float) -> Floats:
    """Return at each point the mean of the points within `width` / 2 (> 0, in units of x) on either side."""
    _check_width(width)

    def smooth(at: Floats, value: Floats) -> Floats:
        begin = np.searchsorted(at, at - width / 2, side="left")
        end = np.searchsorted(at, at + width / 2, side="right")
        scale = float(np.abs(value).max()) or 1.0
        total = np.concatenate(([0.0], np.cumsum(value / scale)))
        return _within(value, (total[end] - total[begin]) / (end - begin) * scale)

    return _by_stretch(x, y, lambda at, value: _ascending(at, value, smooth))


def gaussian(x: Floats, y: Floats, sigma: float) -> Floats:
    """Return at each point the average under a bell of standard deviation `sigma` (> 0, in units of x)."""
    _check_width(sigma)
    return _by_stretch(x, y, lambda at, value: _ascending(at, value, lambda a, v: _bell(a, v, sigma)))


def _bell(x: Floats, y: Floats, sigma: float) -> Floats:
    scale = float(np.abs(y).max()) or 1.0
    gaps = np.diff(x)
    even = len(x) > EVEN_POINTS and bool(np.ptp(gaps) <= gaps[0] * 1e-6)
    total, norm = (_evenly if even else _anyhow)(x, y / scale, sigma)
    return _within(y, total / norm * scale)


def _evenly(x: Floats, y: Floats, sigma: float) -> tuple[Floats, Floats]:
    """Return sum and norm for evenly spaced points, by Fourier transform."""
    reach = min(len(x) - 1, int(GAUSSIAN_REACH * sigma / (x[1] - x[0])))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) * (x[1] - x[0]) / sigma) ** 2)
    size = len(y) + len(bell) - 1
    spectrum = np.fft.rfft(bell, size)
    total, norm = (np.fft.irfft(np.fft.rfft(part, size) * spectrum, size) for part in (y, np.ones(len(y))))
    return total[reach : reach + len(y)], norm[reach : reach + len(y)]


def _anyhow(x: Floats, y: Floats, sigma: float) -> tuple[Floats, Floats]:
    """Return sum and norm for points at any distance, one neighbour after the other."""
    total, norm = y.copy(), np.ones(len(y))
    for offset in range(1, len(y)):
        distance = x[offset:] - x[:-offset]
        near = distance <= GAUSSIAN_REACH * sigma
        if not near.any():
            break
        bell = np.where(near, np.exp(-0.5 * (distance / sigma) ** 2), 0.0)
        total[offset:] += bell * y[:-offset]
        norm[offset:] += bell
        total[:-offset] += bell * y[offset:]
        norm[:-offset] += bell
    return total, norm


def _ascending(x: Floats, y: Floats, smooth: Callable[[Floats, Floats], Floats]) -> Floats:
    """Return `smooth` of points sorted by x, in their own order again."""
    order = np.argsort(x, kind="stable")
    out = np.empty(len(y))
    out[order] = smooth(x[order], y[order])
    return out


def _within(y: Floats, smoothed: Floats) -> Floats:
    """Return averages of y with what rounding put beyond its extremes cut off."""
    return np.asarray(np.clip(smoothed, y.min(), y.max()), dtype=np.float64)


def _check_width(width: float) -> None:
    if not (width > 0.0 and np.isfinite(width)):
        raise ValueError(f"a width of {width} is not a positive number")


def _by_stretch(x: Floats, y: Floats, smooth: Callable[[Floats, Floats], Floats]) -> Floats:
    """Return `smooth` of each stretch of finite points, NaN elsewhere."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    finite = np.isfinite(y) & np.isfinite(x)
    out = np.full(len(y), np.nan)
    turns = np.flatnonzero(np.diff(np.concatenate(([0], finite.view(np.int8), [0]))))
    for begin, end in zip(turns[::2], turns[1::2], strict=True):
        out[begin:end] = smooth(x[begin:end], y[begin:end])
    return out
