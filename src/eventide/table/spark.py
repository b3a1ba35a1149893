"""A curve as a small inline SVG.

Invariant: the drawing spans from the lowest to the highest value of every column, so no spike is lost; a column whose values are
all NaN or infinite is a gap; the size of the text depends on the number of columns, not of points.
"""

from __future__ import annotations

import math
from typing import Any

WIDTH, HEIGHT, COLUMNS = 160, 28, 80

Span = tuple[float, float]


def spans(curve: Any, columns: int = COLUMNS) -> tuple[list[tuple[int, Span | None]], int]:
    """Return (column, (lowest, highest)) of every column of a Buckets or Series that holds points, and how many columns there are.

    None instead of a span is a gap: points, but no finite one. Columns between two points are no gap.
    """
    import numpy as np  # noqa: PLC0415 - the caller holds numpy arrays, so it is loaded

    if hasattr(curve, "edges"):
        held = [place for place, count in enumerate(curve.count) if count]
        found = [
            (place, None if math.isnan(curve.min[place]) else (float(curve.min[place]), float(curve.max[place])))
            for place in held
        ]
        return found, len(curve.count)
    parts = np.array_split(np.asarray(curve.y, dtype=np.float64), min(columns, max(1, len(curve.y))))
    finite = [part[np.isfinite(part)] for part in parts]
    return [(n, (float(p.min()), float(p.max())) if len(p) else None) for n, p in enumerate(finite)], len(parts)


def sparkline(curve: Any) -> str:
    """Return the SVG of a curve, drawn in the text's own colour."""
    found, columns = spans(curve)
    known = [span for _, span in found if span is not None]
    head = f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    if not known:
        return f"{head}</svg>"
    low, high = min(span[0] for span in known), max(span[1] for span in known)
    room = high - low

    def y(value: float) -> float:
        part = 0.5 if not 0 < room < float("inf") else (value - low) / room
        return HEIGHT - 2 - part * (HEIGHT - 4)

    step = WIDTH / max(1, columns)
    path, drawing = [], False
    for place, span in found:
        if span is None:
            drawing = False
            continue
        x = (place + 0.5) * step
        path.append(f"{'L' if drawing else 'M'}{x:.1f} {y(span[0]):.1f}L{x:.1f} {y(span[1]):.1f}")
        drawing = True
    return f'{head}<path d="{"".join(path)}" fill="none" stroke="currentColor" stroke-width="1"/></svg>'
