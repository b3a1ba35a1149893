"""A drawing of curves in dots: braille, half blocks or ASCII.

Invariant: a column of dots with a finite value in the range is lit from its lowest to its highest value, so that no spike is lost;
a column without one is lit only where a line crosses it between two neighbours, and never where only NaN or infinities were logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eventide.model import Buckets, Floats
    from eventide.table.scale import Scale

    Bools = NDArray[np.bool_]

Mode = Literal["braille", "half", "ascii"]
Part = Literal["range", "spikes", "mean"]
DOTS: dict[Mode, tuple[int, int]] = {"braille": (2, 4), "half": (1, 2), "ascii": (1, 1)}
"""Dots per cell, across and down."""
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.int64)
_HALVES = " ▀▄█"
NOBODY = -1
SPIKE = 4.0
"""How many times the usual distance from the mean to the edge of a bucket makes a spike."""


class Spans(NamedTuple):
    """One curve per column of dots: lowest and highest value, NaN where there is none, and which columns break the line."""

    low: Floats
    high: Floats
    broken: Bools


class Column(NamedTuple):
    """One curve in rows of dots, counted from the top; `lit` says where `top` and `bottom` mean anything."""

    top: NDArray[np.int64]
    bottom: NDArray[np.int64]
    lit: Bools


def spans_of(curve: Buckets, *, part: Part = "range") -> Spans:
    """Return the spans of a curve in buckets.

    `range`: from the lowest to the highest value. `spikes`: the mean, and the whole range only where it is far wider than elsewhere in
    the curve, so that many noisy curves stay readable and no spike is lost. `mean`: the (smoothed) mean alone.
    """
    low, high = curve.min, curve.max
    if part != "range":
        low = high = curve.mean
    if part == "spikes":
        with np.errstate(all="ignore"):
            above, below = curve.max - curve.mean, curve.mean - curve.min
        high = np.where(_far(above), curve.max, curve.mean)
        low = np.where(_far(below), curve.min, curve.mean)
    return Spans(low, high, (curve.count > 0) & np.isnan(curve.min))


def _far(distances: Floats) -> Bools:
    """Return which distances of a bucket's mean to its edge are spikes among them."""
    known = distances[np.isfinite(distances)]
    middle = len(known) // 2
    usual = float(np.partition(known, middle)[middle]) if len(known) else 0.0  # a third of the time of a median
    far: Bools = np.isfinite(distances) & (distances > SPIKE * usual) & (distances > 0)
    return far


def place(values: Floats, scale: Scale, rows: int) -> Floats:
    """Return where values lie in rows of dots from the top, clipped to the drawing; NaN stays NaN, as do values a log axis lacks."""
    with np.errstate(all="ignore"):
        if scale.log:
            values = np.where(values > 0, values, np.nan)
            share = (np.log(values) - np.log(scale.low)) / (np.log(scale.high) - np.log(scale.low))
        else:
            share = (values / 2 - scale.low / 2) / (scale.high / 2 - scale.low / 2)
    placed: Floats = np.clip((1 - share) * (rows - 1), 0, rows - 1)
    return placed


def columns_of(spans: Spans, scale: Scale, rows: int) -> Column:
    """Return a curve in rows of dots, neighbouring columns joined."""
    top, bottom = place(spans.high, scale, rows), place(spans.low, scale, rows)
    if scale.log:  # a bucket that reaches below zero is drawn from the lower edge
        bottom = np.where(np.isnan(bottom) & ~np.isnan(top), rows - 1, bottom)
    seen = ~np.isnan(top)
    lit = _bridge(top, bottom, seen, spans.broken)
    upper = np.where(lit, np.rint(np.where(lit, top, 0)), rows).astype(np.int64)
    lower = np.where(lit, np.rint(np.where(lit, bottom, 0)), -1).astype(np.int64)
    both = lit[1:] & lit[:-1]
    joined_upper, joined_lower = upper.copy(), lower.copy()
    joined_upper[1:] = np.where(both, np.minimum(upper[1:], lower[:-1] + 1), upper[1:])
    joined_lower[1:] = np.where(both, np.maximum(lower[1:], upper[:-1] - 1), lower[1:])
    return Column(np.clip(joined_upper, 0, rows), np.clip(joined_lower, -1, rows - 1), lit)


def _bridge(top: Floats, bottom: Floats, seen: Bools, broken: Bools) -> Bools:
    """Fill columns between two points that hold no points at all, in place; return which columns are lit."""
    places = np.flatnonzero(seen)
    if len(places) < 2:
        return seen
    every = np.arange(len(seen))
    inside = (every > places[0]) & (every < places[-1]) & ~seen
    if not inside.any():
        return seen
    stretch = np.searchsorted(places, every)  # which gap a column is in
    bad = set(stretch[broken & inside].tolist())
    fill = inside & ~np.isin(stretch, list(bad)) if bad else inside
    middle = (top + bottom) / 2
    top[fill] = bottom[fill] = np.interp(every[fill], places, middle[places])
    lit: Bools = seen | fill
    return lit


class Canvas:
    """A grid of cells that curves are drawn on; a cell belongs to the curve drawn last."""

    def __init__(self, width: int, height: int, mode: Mode = "braille") -> None:
        across, down = DOTS[mode]
        self.mode: Mode = mode
        self.width, self.height = max(1, width), max(1, height)
        self.columns, self.rows = self.width * across, self.height * down
        self.dots = np.zeros((self.rows, self.columns), dtype=np.bool_)
        self.owner = np.full((self.height, self.width), NOBODY, dtype=np.int64)

    def draw(self, curve: Column, owner: int) -> None:
        """Draw a curve of as many columns as the canvas has dots across."""
        rows = np.arange(self.rows)[:, None]
        drawn = (rows >= curve.top) & (rows <= curve.bottom) & curve.lit
        np.logical_or(self.dots, drawn, out=self.dots)
        self.owner[self._cells(drawn)] = owner

    def _cells(self, dots: Bools) -> Bools:
        across, down = DOTS[self.mode]
        cells = dots if across == 1 else dots[:, ::across] | dots[:, 1::across]
        return np.asarray(np.logical_or.reduce(cells.reshape(self.height, down, self.width), axis=1))

    def lines(self) -> list[str]:
        """Return the drawing, one text of `width` characters per row of cells; a blank is a space."""
        across, down = DOTS[self.mode]
        blocks = self.dots.reshape(self.height, down, self.width, across)
        if self.mode == "braille":
            codes = np.einsum("rycx,yx->rc", blocks, _BITS)
            text = np.where(codes > 0, codes + 0x2800, 0x20).astype("<u4").tobytes().decode("utf-32-le")
            return [text[row * self.width : (row + 1) * self.width] for row in range(self.height)]
        if self.mode == "half":
            codes = blocks[:, 0, :, 0] + 2 * blocks[:, 1, :, 0]
            return ["".join(_HALVES[code] for code in row) for row in codes.tolist()]
        return ["".join("*" if dot else " " for dot in row) for row in self.dots.tolist()]
