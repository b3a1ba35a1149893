"""Curves as an SVG file with real text: for papers and reports.

Invariant: one self-contained file without script, every text escaped; its size depends on the width of the drawing, not on the number of
points; no spike is lost, because each column is drawn from its lowest to its highest value.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from eventide.table import values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.model import Buckets
    from eventide.table.scale import Scale
    from eventide.table.spark import Span

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f", "#000000")
"""Okabe and Ito's palette, distinguishable with any colour vision; after eight curves come dashes."""
WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
LEGEND_LINE = 18


def columns() -> int:
    """Return how many columns the drawing has."""
    return (WIDTH - LEFT - RIGHT) * 2


def spans(curve: Buckets, *, smooth: bool = False) -> list[Span | None]:
    """Return (lowest, highest) per bucket, None where nothing finite is, narrow gaps bridged; with `smooth` the mean twice."""
    ends = (curve.mean, curve.mean) if smooth else (curve.min, curve.max)
    found: list[Span | None] = [
        None if math.isnan(low) else (float(low), float(high)) for low, high in zip(*ends, strict=True)
    ]
    return _bridged(found, [bool(count) for count in curve.count])


def _bridged(found: list[Span | None], counted: list[bool]) -> list[Span | None]:
    """Fill columns between two points that hold no points at all; columns that hold only NaN stay empty."""
    last: int | None = None
    for place, span in enumerate(found):
        if span is None:
            if counted[place]:
                last = None
            continue
        if last is not None and place - last > 1:
            before = found[last]
            a = sum(before) / 2 if before is not None else 0.0
            b = sum(span) / 2
            for between in range(last + 1, place):
                value = a + (b - a) * (between - last) / (place - last)
                found[between] = (value, value)
        last = place
    return found


def document(title: str, curves: Sequence[tuple[str, Sequence[Span | None]]], y: Scale, x: Scale, x_name: str) -> str:
    """Return the SVG of curves given as (label, spans per column)."""
    height = HEIGHT + LEGEND_LINE * len(curves)
    body = [f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>', _text(LEFT, 24, title, size=15)]
    body += _grid(y, x, x_name)
    for place, (label, spans) in enumerate(curves):
        style = f'stroke="{COLORS[place % len(COLORS)]}"' + (' stroke-dasharray="5 3"' if place >= len(COLORS) else "")
        body.append(f'<path d="{_path(spans, y)}" fill="none" stroke-width="1.2" stroke-linejoin="round" {style}/>')
        at = HEIGHT + LEGEND_LINE * place
        body.append(f'<path d="M{LEFT} {at}h24" stroke-width="3" {style}/>')
        body.append(_text(LEFT + 32, at + 4, label))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="12">\n' + "\n".join(body) + "\n</svg>\n"
    )


def _grid(y: Scale, x: Scale, x_name: str) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#444"/>']
    for tick in y.ticks(6):
        at = _y(y, tick)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{right}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 8, at + 4, values.number(tick), anchor="end"))
    for tick in x.ticks(8):
        at = LEFT + x.position(tick) * (right - LEFT)
        parts.append(f'<path d="M{at:.1f} {bottom}v5" stroke="#444"/>')
        parts.append(_text(at, bottom + 18, values.number(tick), anchor="middle"))
    parts.append(_text((LEFT + right) / 2, bottom + 34, x_name, anchor="middle"))
    return parts


def _y(scale: Scale, value: float) -> float:
    bottom = HEIGHT - BOTTOM
    return bottom - scale.position(value) * (bottom - TOP)


def _path(spans: Sequence[Span | None], y: Scale) -> str:
    step = (WIDTH - LEFT - RIGHT) / max(1, len(spans))
    parts, drawing = [], False
    for place, span in enumerate(spans):
        if span is None or (y.log and span[1] <= 0):
            drawing = False
            continue
        at = LEFT + (place + 0.5) * step
        low, high = _y(y, span[0]), _y(y, span[1])
        parts.append(f"{'L' if drawing else 'M'}{at:.1f} {low:.1f}")
        if not math.isclose(low, high, abs_tol=0.05):
            parts.append(f"V{high:.1f}")
        drawing = True
    return "".join(parts)


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start") -> str:
    safe = escape(values.printable(text))
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="#222">{safe}</text>'
