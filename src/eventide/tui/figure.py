"""A chart as lines of text with roles: title, axes, curves, crosshair, legend.

Invariant: a pure function of what is shown and of the size; it fills exactly the lines and cells it is given. Only the colours of
runs tell curves apart, or, without colour, letters at their ends.
"""

from __future__ import annotations

import itertools
import math
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from eventide.table import values
from eventide.table.scale import Scale, make_scale, robust_scale
from eventide.tui.canvas import DOTS, Canvas, Column, Mode, Part, columns_of, spans_of
from eventide.tui.safe import fit, safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eventide.model import Buckets, Floats

Piece = tuple[str, str]
"""Text and role."""
Line = list[Piece]
GUTTER = 8
"""Cells left of the drawing: labels and the axis."""
_WHOLE_UP_TO = 1
"""With more curves than this, buckets are drawn by their means, and whole only at spikes."""
_EVEN = 2
"""Distances of more rows than this look even when they differ by one."""
_FAINT_UP_TO = 3
"""With more curves than this, the points beneath a smoothed line are left out."""


class Curve(NamedTuple):
    """One curve of a chart."""

    buckets: Buckets
    role: str
    label: str = ""
    mark: str = ""
    """The letter at its end where there is no colour."""


class Figure(NamedTuple):
    """All that a chart shows."""

    title: str
    curves: Sequence[Curve] = ()
    x_name: str = "step"
    log: bool = False
    full_range: bool = False
    smooth: float = 0.0
    cursor: float | None = None
    """Where the crosshair stands, 0 … 1 across the drawing."""
    mode: Mode = "braille"
    letters: bool = False
    legend: int = 0
    """Lines of legend at most."""
    note: str = ""
    """What the title says at its right, beside how the chart is drawn."""
    empty: str = "nothing logged here"
    exact: Mapping[tuple[str, str], str] = {}
    """What the legend says of a run's key instead of what its bucket says."""


def bins_for(width: int, mode: Mode) -> int:
    """Return how many buckets a chart of so many cells across needs."""
    return max(1, width - GUTTER) * DOTS[mode][0]


def scales(figure: Figure) -> tuple[Scale, Scale]:
    """Return the scales of x and y."""
    curves = [curve.buckets for curve in figure.curves]
    full = make_scale(_ends([part for each in curves for part in (each.min, each.max)], log=figure.log), log=figure.log)
    edges = curves[0].edges if curves else (0.0, 1.0)
    x = make_scale([float(edges[0]), float(edges[-1])])
    if figure.full_range or not curves:
        return x, full
    means = np.concatenate([each.mean for each in curves])
    return x, robust_scale(np.sort(means[np.isfinite(means)]).tolist(), full)


def _ends(parts: Sequence[Floats], *, log: bool) -> list[float]:
    """Return the lowest and the highest finite value, with `log` of those above 0: all that a scale is made of."""
    if not parts:
        return []
    known = np.concatenate(parts)
    known = known[np.isfinite(known) & (known > 0)] if log else known[np.isfinite(known)]
    return [float(known.min()), float(known.max())] if len(known) else []


def draw(figure: Figure, width: int, height: int) -> list[Line]:
    """Return a chart as `height` lines of `width` cells."""
    return pointed(figure, plain(figure, width, height), width, height)


def plain(figure: Figure, width: int, height: int) -> list[Line]:
    """Return a chart without its crosshair, and without what a legend says of it: all that stays while the crosshair moves."""
    _, rows, legend = _room(figure, width, height)
    inner = width - GUTTER
    if not rows:
        return _filled([[(fit(safe(figure.title), max(0, width)), "bold")]], width, height)
    if not has_points(figure):
        lines: list[Line] = [_title(figure, width, None)]
        lines += [[] for _ in range(max(0, rows // 2))]
        lines.append([(fit(figure.empty.center(width), width), "dim")])
        return _filled(lines, width, height)
    x, y = scales(figure)
    canvas, placed = _canvas(figure, inner, rows, y)
    lines = [
        _title(figure, width, y),
        *_body(figure, canvas, placed, y),
        _axis(figure, x, inner),
        _labels(figure, x, inner),
    ]
    lines += [legend_line(figure, place, width) for place in range(legend)]
    return _filled(lines, width, height)


def pointed(figure: Figure, lines: Sequence[Line], width: int, height: int) -> list[Line]:
    """Return the lines that `plain` made with the crosshair in them, where there is one."""
    at, rows, legend = _room(figure, width, height)
    if at is None or not rows or not has_points(figure):
        return list(lines)
    bar = "|" if figure.mode == "ascii" else "│"
    found = [lines[0], *(_crossed(line, at, bar) for line in lines[1 : 1 + rows]), *lines[1 + rows :]]
    found[rows + 3 : rows + 3 + legend] = [legend_line(figure, place, width) for place in range(legend)]
    return found


def crosshair(figure: Figure, width: int) -> int | None:
    """Return the cell across at which the crosshair stands."""
    if figure.cursor is None:
        return None
    return GUTTER + min(width - GUTTER - 1, int(figure.cursor * (width - GUTTER)))


def has_points(figure: Figure) -> bool:
    """Tell whether there is anything to draw."""
    return any((curve.buckets.count > 0).any() for curve in figure.curves)


def _room(figure: Figure, width: int, height: int) -> tuple[int | None, int, int]:
    """Return where the crosshair stands, the rows of the drawing (0: too small for one), and the lines of the legend."""
    legend = min(figure.legend, len(figure.curves), max(0, height - 8))
    rows = height - 3 - legend
    return crosshair(figure, width), rows if width - GUTTER >= 8 and rows >= 2 else 0, legend


def _crossed(line: Line, at: int, bar: str) -> Line:
    """Return a line of the drawing with the crosshair at a cell, if nothing is drawn there."""
    free = "".join(text for text, _ in line)[at : at + 1] == " "
    return _put(line, at, bar, "dim") if free else line


def _put(line: Line, at: int, character: str, role: str) -> Line:
    """Return a line of characters of one cell each with another one in one place."""
    start = 0
    for place, (text, old) in enumerate(line):
        stop = start + len(text)
        if start <= at < stop:
            parts = [(text[: at - start], old), (character, role), (text[at - start + 1 :], old)]
            return [*line[:place], *(part for part in parts if part[0]), *line[place + 1 :]]
        start = stop
    return line


def _filled(lines: list[Line], width: int, height: int) -> list[Line]:
    return [*lines, *([(" " * width, "")] for _ in range(height - len(lines)))][:height]


def _canvas(figure: Figure, width: int, rows: int, y: Scale) -> tuple[Canvas, list[Column]]:
    canvas = Canvas(width, rows, figure.mode)
    placed = []
    faint = figure.smooth > 0 and len(figure.curves) <= _FAINT_UP_TO
    for place in range(len(figure.curves) - 1, -1, -1):
        buckets = figure.curves[place].buckets
        if faint:
            canvas.draw(
                _fitted(columns_of(spans_of(buckets), y, canvas.rows), canvas.columns), place + len(figure.curves)
            )
        part: Part = "mean" if figure.smooth > 0 else "spikes" if len(figure.curves) > _WHOLE_UP_TO else "range"
        column = columns_of(spans_of(buckets, part=part), y, canvas.rows)
        placed.append(_fitted(column, canvas.columns))
        canvas.draw(placed[-1], place)
    return canvas, placed[::-1]


def _fitted(column: Column, columns: int) -> Column:
    """Return a curve with as many columns as the drawing has: answers for the former size are stretched for a moment."""
    have = len(column.lit)
    if have == columns:
        return column
    at = np.minimum((np.arange(columns) + 0.5) * have / columns, have - 1).astype(np.int64)
    return Column(column.top[at], column.bottom[at], column.lit[at])


def _title(figure: Figure, width: int, y: Scale | None) -> Line:
    facts = [figure.note] if figure.note else []
    if figure.smooth > 0:
        facts.append(f"smooth {figure.smooth:g}")
    if figure.log:
        facts.append("log")
    if y is not None and not figure.full_range and _clipped(figure, y):
        facts.append("bulk, o: all")
    right = fit(safe(" · ".join(facts)), min(len(" · ".join(facts)), max(0, width - 12)))
    left = fit(" " + safe(figure.title), width - len(right) - 1)
    return [(left, "title"), (" " if width > len(right) else "", ""), (right, "dim")]


def _clipped(figure: Figure, y: Scale) -> bool:
    with np.errstate(all="ignore"):
        return any(
            bool((curve.buckets.max > y.high).any() or (curve.buckets.min < y.low).any()) for curve in figure.curves
        )


def _body(figure: Figure, canvas: Canvas, placed: list[Column], y: Scale) -> list[Line]:
    labels = _y_labels(y, canvas)
    marks = _end_marks(figure, canvas, placed) if figure.letters else {}
    ascii_only = figure.mode == "ascii"
    lines = []
    for row, text in enumerate(canvas.lines()):
        label = labels.get(row)
        tick = ("|" if label is None else "+") if ascii_only else ("│" if label is None else "┤")
        line: Line = [(fit(label or "", GUTTER - 1, right=True), "dim"), (tick, "line")]
        lines.append(
            line + _cells(figure, text, canvas.owner[row].tolist(), {c: m for (r, c), m in marks.items() if r == row})
        )
    return lines


def _cells(figure: Figure, text: str, owners: list[int], marks: dict[int, str]) -> Line:
    """Return a row of the drawing as pieces, neighbours of one role together."""
    count = len(figure.curves)
    line: Line = []
    start = 0
    for owner, same in itertools.groupby(owners):
        stop = start + len(list(same))
        role = "" if owner < 0 else figure.curves[owner % count].role
        line.append((text[start:stop], role if owner < count else role.replace("run:", "faint:")))
        start = stop
    for place, mark in sorted(marks.items()):
        line = _put(line, place, mark, "bold")
    return line


def _end_marks(figure: Figure, canvas: Canvas, placed: list[Column]) -> dict[tuple[int, int], str]:
    across, down = DOTS[figure.mode]
    found: dict[tuple[int, int], str] = {}
    for curve, column in zip(figure.curves, placed, strict=True):
        lit = np.flatnonzero(column.lit)
        if len(lit) and curve.mark:
            last = int(lit[-1])
            place = (min(canvas.height - 1, int(column.top[last]) // down), last // across)
            while place in found and place[1] > 0:
                place = (place[0], place[1] - 1)
            found[place] = curve.mark
    return found


def _y_labels(y: Scale, canvas: Canvas) -> dict[int, str]:
    """Return which rows have a label: as many as there is room for at even distances, else two."""
    ends: dict[int, str] = {}
    for count in range(max(4, canvas.height // 2), 1, -1):
        found: dict[int, str] = {}
        for tick in y.ticks(count):
            row = min(canvas.height - 1, round((1 - y.position(tick)) * (canvas.height - 1)))
            found.setdefault(row, compact(tick))
        rows = sorted(found)
        gaps = {after - before for before, after in itertools.pairwise(rows)} or {0}
        if len(rows) > 1 and max(gaps) - min(gaps) <= (min(gaps) > _EVEN):
            return found
        if len(ends) < min(2, len(rows)):
            ends = {row: found[row] for row in (rows[:1] + rows[-1:])}
    return ends


def compact(value: float) -> str:
    """Return an axis label: `20k`, `1.5M`, `1e-5`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size <= abs(value) < 1e12:
            return f"{values.number(value / (1e3 if unit == 'k' else size))}{unit}"
    text = values.number(value)
    return text if len(text) < GUTTER else f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")


def x_text(value: float, x_name: str) -> str:
    """Return a place on the x axis as people read it."""
    if x_name == "time":
        return values.duration(value).replace(" ", "") if value else "0"
    if x_name == "ts":
        return time.strftime("%H:%M:%S", time.localtime(value))
    return compact(value)


def _axis(figure: Figure, x: Scale, width: int) -> Line:
    """Return the x axis; a cross stands where NaN or infinities were logged."""
    ascii_only = figure.mode == "ascii"
    cells = ["-" if ascii_only else "─"] * width
    for tick in x.ticks(max(2, width // 14)):
        cells[min(width - 1, round(x.position(tick) * (width - 1)))] = "+" if ascii_only else "┴"
    line: Line = [(" " * (GUTTER - 1), ""), ("+" if ascii_only else "└", "line")]
    roles = ["line"] * width
    for curve in figure.curves:
        bins = len(curve.buckets.nonfinite)
        for place in np.flatnonzero(curve.buckets.nonfinite).tolist():
            at = min(width - 1, place * width // bins)
            cells[at], roles[at] = "x" if ascii_only else "\u00d7", curve.role
    for cell, role in zip(cells, roles, strict=True):
        if line[-1][1] == role:
            line[-1] = (line[-1][0] + cell, role)
        else:
            line.append((cell, role))
    return line


def _labels(figure: Figure, x: Scale, width: int) -> Line:
    text = [" "] * (GUTTER + width)
    end = -1
    for tick in x.ticks(max(2, width // 14)):
        label = x_text(tick, figure.x_name)
        at = GUTTER + round(x.position(tick) * (width - 1)) - len(label) // 2
        at = max(0, min(at, len(text) - len(label)))
        if at > end:
            text[at : at + len(label)] = label
            end = at + len(label)
    name = f" {safe(figure.x_name)}"
    if end + len(name) < len(text) and len(name) == len(name.encode()):
        text[len(text) - len(name) :] = name
    return [("".join(text)[: GUTTER + width], "dim")]


def bucket_at(figure: Figure, buckets: Buckets) -> int | None:
    """Return the bucket under the crosshair, or the nearest one with points; None without a crosshair or points."""
    if figure.cursor is None:
        return None
    counted = np.flatnonzero(buckets.count > 0)
    if not len(counted):
        return None
    wanted = figure.cursor * len(buckets.count) - 0.5
    return int(counted[np.argmin(np.abs(counted - wanted))])


def reading(buckets: Buckets, place: int) -> str:
    """Return a bucket as text: its value, or its mean and range when it holds several."""
    if math.isnan(buckets.min[place]):
        return "NaN"
    mean = values.number(float(buckets.mean[place]))
    if buckets.min[place] == buckets.max[place]:
        return mean
    return f"{mean}  ({values.number(float(buckets.min[place]))} … {values.number(float(buckets.max[place]))})"


def legend_line(figure: Figure, place: int, width: int) -> Line:
    """Return a curve's line of the legend, with its value at the crosshair or its last one."""
    curve = figure.curves[place]
    at = bucket_at(figure, curve.buckets)
    if at is None:
        finite = np.flatnonzero(~np.isnan(curve.buckets.last))
        said = f"last {values.number(float(curve.buckets.last[finite[-1]]))}" if len(finite) else "NaN"
    else:
        said = figure.exact.get((curve.buckets.run_id, curve.buckets.key)) or reading(curve.buckets, at)
    mark = f"{curve.mark or ' '} " if figure.letters else ("-- " if figure.mode == "ascii" else "━━ ")
    label = fit(safe(curve.label), min(28, width // 2))
    return [
        (" " * (GUTTER - 4), ""),
        (mark, curve.role),
        (label, ""),
        (fit(f"  {said}", max(0, width - GUTTER + 4 - len(mark) - min(28, width // 2))), "dim"),
    ]
