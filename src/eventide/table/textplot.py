"""Plots of logged values as text: a histogram, and points in a plane.

Invariant: pure functions of numbers; what is not finite is left out and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from eventide.table.values import number

MAX_BINS = 200


def histogram(values: Sequence[float], *, bins: int | None = None, width: int = 60) -> str:
    """Return how often values fall between equally spaced edges, one line a bin; bars are at most `width` characters."""
    finite, left_out = _finite(values)
    if not len(finite):
        return f"no numbers{_foot(left_out)}\n"
    count = min(
        MAX_BINS, max(1, bins if bins is not None else int(np.ceil(np.sqrt(len(finite)))) if len(finite) < 400 else 20)
    )
    counts, edges = np.histogram(finite, bins=count)
    labels = [f"{number(low)} … {number(high)}" for low, high in pairwise(edges.tolist())]
    indent, most = max(map(len, labels)), int(counts.max())
    digits = len(str(most))
    lines = [
        f"{label:>{indent}}  {amount:>{digits}}  {'█' * round(width * amount / most)}"
        for label, amount in zip(labels, counts.tolist(), strict=True)
    ]
    mean, std = float(finite.mean()), float(finite.std(ddof=1)) if len(finite) > 1 else 0.0
    summary = f"{len(finite)} values, mean {number(mean)}, std {number(std)}{_foot(left_out)}"
    return "\n".join([*lines, summary, ""])


def scatter(x: Sequence[float], y: Sequence[float], *, width: int = 60, height: int = 20, mark: str = "•") -> str:
    """Return points as marks in a frame of `width` times `height` characters, with the ranges of both axes."""
    xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
    keep = np.isfinite(xs) & np.isfinite(ys)
    left_out, xs, ys = int((~keep).sum()), xs[keep], ys[keep]
    if not len(xs):
        return f"no points{_foot(left_out)}\n"
    canvas = [[" "] * width for _ in range(height)]
    for column, row in zip(_places(xs, width), _places(ys, height), strict=True):
        canvas[height - 1 - row][column] = mark
    low, high = number(float(ys.min())), number(float(ys.max()))
    indent = max(len(low), len(high))
    lines = [
        f"{high if not place else low if place == height - 1 else '':>{indent}} │{''.join(row)}"
        for place, row in enumerate(canvas)
    ]
    first, last = number(float(xs.min())), number(float(xs.max()))
    axis = f"{'':>{indent}} └{'─' * width}"
    ranges = f"{'':>{indent}}  {first}{last:>{max(1, width - len(first))}}"
    return "\n".join([*(line.rstrip() for line in lines), axis, ranges, f"{len(xs)} points{_foot(left_out)}", ""])


def _finite(values: Sequence[float]) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], int]:
    taken = np.asarray(values, np.float64)
    finite = taken[np.isfinite(taken)]
    return finite, len(taken) - len(finite)


def _places(values: np.ndarray[tuple[int], np.dtype[np.float64]], cells: int) -> list[int]:
    low, high = float(values.min()), float(values.max())
    if high == low:
        return [cells // 2] * len(values)
    return [int(place) for place in np.minimum(cells - 1, (values - low) / (high - low) * cells).astype(int)]


def _foot(left_out: int) -> str:
    return f", {left_out} not finite or missing" if left_out else ""
