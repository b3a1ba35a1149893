"""The widget that shows one chart in dots.

Invariant: drawing is done once per figure, size and theme; moving the crosshair over it or repainting parts of the screen draws no curve
anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from eventide.tui.figure import GUTTER, Figure, crosshair, plain, pointed

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events
    from textual.geometry import Size

    from eventide.tui.figure import Line
    from eventide.tui.look import Look


def _uncrossed(figure: Figure) -> Figure:
    return figure._replace(cursor=None, exact={})


def _alike(one: Figure | None, two: Figure | None) -> bool:
    """Tell whether two figures differ in nothing but the crosshair."""
    if one is None or two is None:
        return one is two
    same_curves = len(one.curves) == len(two.curves) and all(
        a.buckets is b.buckets and a[1:] == b[1:] for a, b in zip(one.curves, two.curves, strict=True)
    )
    return same_curves and _uncrossed(one)._replace(curves=()) == _uncrossed(two)._replace(curves=())


class BrailleChart(Widget):
    """One chart."""

    DEFAULT_CSS: ClassVar[str] = "BrailleChart { height: 1fr; width: 1fr; }"

    class Pointed(Message):
        """The mouse stands over the drawing, at a share of its width."""

        def __init__(self, chart: BrailleChart, share: float) -> None:
            super().__init__()
            self.chart = chart
            self.share = share

    class Chosen(Message):
        """The chart was clicked."""

        def __init__(self, chart: BrailleChart) -> None:
            super().__init__()
            self.chart = chart

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.figure: Figure | None = None
        self.is_current = False
        self._strips: list[Strip] = []
        self._drawn: tuple[Figure | None, Size, str, bool] | None = None
        self._plain: tuple[Figure, Size, list[Line]] | None = None

    def show(self, figure: Figure | None) -> None:
        """Show a figure; None leaves the place empty."""
        if figure is self.figure:
            return
        before, self.figure = self.figure, figure
        if figure is None or before is None or figure.legend or not _alike(before, figure):
            self.refresh()
            return
        places = {crosshair(before, self.size.width), crosshair(figure, self.size.width)}
        if len(places) > 1:
            self.refresh(*(Region(at, 0, 1, self.size.height) for at in places if at is not None))

    def mark(self, *, current: bool) -> None:
        """Say whether keys go to this chart."""
        if current != self.is_current:
            self.is_current = current
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        look: Look = self.app.look  # type: ignore[attr-defined]
        drawn = self._drawn
        is_new = drawn is None or drawn[0] is not self.figure
        if is_new or drawn is None or drawn[1:] != (self.size, look.name, self.is_current):
            self._strips = self._draw(look)
            self._drawn = (self.figure, self.size, look.name, self.is_current)
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, look.style(""))

    def _draw(self, look: Look) -> list[Strip]:
        if self.figure is None:
            return []
        strips = []
        for line in self._lines(self.figure):
            pieces = [Segment(text, self._style(look, role)) for text, role in line if text]
            strips.append(Strip(pieces).adjust_cell_length(self.size.width, look.style("")))
        return strips

    def _lines(self, figure: Figure) -> list[Line]:
        """Return the lines of a figure, drawn anew only if more than the crosshair is another."""
        known = self._plain
        if known is None or known[1] != self.size or not _alike(known[0], figure):
            known = self._plain = (figure, self.size, plain(_uncrossed(figure), self.size.width, self.size.height))
        return pointed(figure, known[2], self.size.width, self.size.height)

    def _style(self, look: Look, role: str) -> Style:
        return look.style("current" if role == "title" and self.is_current else role)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the crosshair with the mouse."""
        inner = self.size.width - GUTTER
        if self.figure is not None and inner > 0 and event.x >= GUTTER:
            self.post_message(self.Pointed(self, (event.x - GUTTER + 0.5) / inner))

    def on_click(self) -> None:
        """Make this the chart that keys go to."""
        self.post_message(self.Chosen(self))
