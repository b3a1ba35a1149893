"""A curve as a small inline SVG.

Invariant: the drawing spans from the lowest to the highest value of every column, so no spike is lost; a column without finite values
is a gap; the size of the text depends on the number of columns, not of points.
"""

from __future__ import annotations

import math
from typing import Any

WIDTH, HEIGHT, COLUMNS = 160, 28, 80

Span = tuple[float, float]


def spans(curve: Any, columns: int = COLUMNS) -> list[Span | None]:
    """Return (lowest, highest) per column of a Buckets or Series; None where nothing finite is."""
    import numpy as np  # noqa: PLC0415 - the caller holds numpy arrays, so it is loaded

    if hasattr(curve, "edges"):
        return [
            None if math.isnan(low) else (float(low), float(high))
            for low, high in zip(curve.min, curve.max, strict=True)
        ]
    parts = np.array_split(np.asarray(curve.y, dtype=np.float64), min(columns, max(1, len(curve.y))))
    finite = [part[np.isfinite(part)] for part in parts]
    return [(float(part.min()), float(part.max())) if len(part) else None for part in finite]


def sparkline(curve: Any) -> str:
    """Return the SVG of a curve, drawn in the text's own colour."""
    found = spans(curve)
    known = [span for span in found if span is not None]
    head = f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    if not known:
        return f"{head}</svg>"
    low, high = min(span[0] for span in known), max(span[1] for span in known)
    room = high - low

    def y(value: float) -> float:
        part = 0.5 if not 0 < room < float("inf") else (value - low) / room
        return HEIGHT - 2 - part * (HEIGHT - 4)

    step = WIDTH / max(1, len(found))
    path, drawing = [], False
    for place, span in enumerate(found):
        if span is None:
            drawing = False
            continue
        x = (place + 0.5) * step
        path.append(f"{'L' if drawing else 'M'}{x:.1f} {y(span[0]):.1f}L{x:.1f} {y(span[1]):.1f}")
        drawing = True
    return f'{head}<path d="{"".join(path)}" fill="none" stroke="currentColor" stroke-width="1"/></svg>'
