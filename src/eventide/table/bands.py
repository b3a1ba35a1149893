"""Curves of several runs as one with a band: mean and spread per bin, over every run that has a value there.

Pure numpy. Invariant: a bin counts each run once, however many points the run has in it; `n` says how many runs it is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eventide.model import Buckets, Floats, Ints

    Bools = NDArray[np.bool_]

Stat = Literal["mean_std", "mean_sem", "median_iqr", "min_max"]


class Band(NamedTuple):
    """One entry per bin; NaN where no run has a value."""

    middle: Floats
    low: Floats
    high: Floats
    n: Ints
    """int64, runs with a value."""
    min: Floats
    """Smallest point of any run."""
    max: Floats
    points: Ints
    """int64, points of all runs."""
    nonfinite: Ints


def band(curves: Sequence[Buckets], stat: Stat) -> Band:
    """Return the band of one or more curves on the same grid; the spread of a single run is none (low = middle = high)."""
    values = np.stack([curve.mean for curve in curves])
    here = np.isfinite(values)
    n = here.sum(axis=0).astype(np.int64)
    if stat == "median_iqr":
        middle, low, high = _quartiles(values, n)
    elif stat == "min_max":
        middle = _mean(values, here, n)
        low = np.where(n > 0, np.min(values, axis=0, where=here, initial=np.inf), np.nan)
        high = np.where(n > 0, np.max(values, axis=0, where=here, initial=-np.inf), np.nan)
    else:
        middle = _mean(values, here, n)
        spread = _std(values, here, n, middle)
        if stat == "mean_sem":
            spread /= np.sqrt(np.maximum(n, 1))
        low, high = middle - spread, middle + spread
    return Band(
        middle, low, high, n,
        np.fmin.reduce([curve.min for curve in curves]), np.fmax.reduce([curve.max for curve in curves]),
        np.sum([curve.count for curve in curves], axis=0), np.sum([curve.nonfinite for curve in curves], axis=0),
    )  # fmt: skip


def _mean(values: Floats, here: Bools, n: Ints) -> Floats:
    total = np.sum(values, axis=0, where=here)
    mean: Floats = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    return mean


def _std(values: Floats, here: Bools, n: Ints, mean: Floats) -> Floats:
    """Return the standard deviation of the sample, 0 for a single run, NaN where there is none."""
    squares = np.sum((values - mean) ** 2, axis=0, where=here)
    spread = np.sqrt(np.divide(squares, n - 1, out=np.zeros(len(n)), where=n > 1))
    return np.where(n > 0, spread, np.nan)


def _quartiles(values: Floats, n: Ints) -> tuple[Floats, Floats, Floats]:
    filled = n > 0
    out = np.full((3, len(n)), np.nan)
    if filled.any():
        out[:, filled] = np.nanquantile(
            np.where(np.isfinite(values), values, np.nan)[:, filled], (0.5, 0.25, 0.75), axis=0
        )
    return out[0], out[1], out[2]
