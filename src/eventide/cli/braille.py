"""Curves in a terminal: two by four dots in every character.

Invariant: a column of dots is lit from the lowest to the highest value it stands for, so no spike is lost however many points fall into
it; a column without finite values stays dark; values outside the range light the edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventide.table import values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.table.scale import Scale

Span = tuple[float, float]
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of the dot in row 0..3, column 0..1 of a braille character."""
NOBODY = -1


class Canvas:
    """A grid of braille characters; each character belongs to the curve that lit it last."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._bits = [bytearray(width) for _ in range(height)]
        self._owners = [[NOBODY] * width for _ in range(height)]

    def light(self, x: int, low: int, high: int, owner: int) -> None:
        """Light column `x` from dot row `low` to `high`, both counted from the bottom and included."""
        for y in range(low, high + 1):
            row, dot = divmod(4 * self.height - 1 - y, 4)
            self._bits[row][x // 2] |= _DOTS[dot][x % 2]
            self._owners[row][x // 2] = owner

    def draw(self, spans: Sequence[Span | None], scale: Scale, owner: int) -> None:
        """Draw a curve given as (lowest, highest) per column of dots, neighbours joined."""
        top = 4 * self.height - 1
        before: tuple[int, int] | None = None
        for x, span in enumerate(spans):
            if span is None or (scale.log and span[1] <= 0):
                before = None
                continue
            low, high = (round(scale.position(value) * top) for value in span)
            joined = (low, high) if before is None else (min(low, before[1] + 1, top), max(high, before[0] - 1, 0))
            self.light(x, *joined, owner)
            before = (low, high)

    def rows(self) -> list[list[tuple[str, int]]]:
        """Return the lines from top to bottom, each a list of (text, owner) stretches; unlit characters are spaces of nobody."""
        lines = []
        for bits, owners in zip(self._bits, self._owners, strict=True):
            line: list[tuple[str, int]] = []
            for bit, owner in zip(bits, owners, strict=True):
                character = chr(0x2800 + bit) if bit else " "
                if line and line[-1][1] == owner:
                    line[-1] = (line[-1][0] + character, owner)
                else:
                    line.append((character, owner))
            lines.append(line)
        return lines


@dataclass(frozen=True, slots=True)
class Axes:
    """Labels around a canvas."""

    y: Scale
    x: Scale
    x_name: str


def frame(canvas: Canvas, axes: Axes) -> list[list[tuple[str, int]]]:
    """Return the canvas with its axes: labels of y left of it, of x below."""
    labels: dict[int, str] = {}
    for tick in axes.y.ticks(max(2, canvas.height // 4)):
        row = canvas.height - 1 - math.floor(min(axes.y.position(tick), 0.9999) * canvas.height)
        labels.setdefault(row, values.number(tick))
    width = max((len(label) for label in labels.values()), default=0)
    lines = [
        [(f"{labels.get(row, ''):>{width}} {'┤' if row in labels else '│'}", NOBODY), *stretches]
        for row, stretches in enumerate(canvas.rows())
    ]
    below = [" "] * (canvas.width + 12)
    free = 0
    for tick in axes.x.ticks(max(2, canvas.width // 16)):
        label = values.number(tick)
        start = max(
            0, min(canvas.width - len(label), round(axes.x.position(tick) * (canvas.width - 1)) - len(label) // 2)
        )
        if start >= free:
            below[start : start + len(label)] = label
            free = start + len(label) + 2
    lines.append([(" " * width + " └" + "─" * canvas.width, NOBODY)])
    lines.append([(" " * (width + 2) + "".join(below).rstrip() + f"  {axes.x_name}", NOBODY)])
    return lines
