"""Lines of text with styles, as many as there are, of which only those that are seen are drawn.

Invariant: as `Grid`: the cursor stays on its line; at the last line it follows what is added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.strip import Strip

from eventide.tui.grid import Column, Grid
from eventide.tui.safe import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

    from eventide.tui.look import Look

StyledLine = "Sequence[tuple[str, str | Style]]"
_STEP = 8
_COLUMN = [Column("text", width=1)]


class TextPane(Grid):
    """Text to scroll through."""

    DEFAULT_CSS: ClassVar[str] = "TextPane { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, header=False, empty=empty)
        self.lines: list[Sequence[tuple[str, str | Style]]] = []

    def show_lines(self, lines: Sequence[Sequence[tuple[str, str | Style]]], *, at_end: bool = False) -> None:
        """Show lines of pieces: safe text, and a role or a style."""
        was_empty = not self.lines
        self.lines = list(lines)
        self._lines.clear()
        self.show(_COLUMN, [str(place) for place in range(len(self.lines))], lambda _row, _column: ("", ""))
        if at_end and was_empty:
            self.move_to(len(self.lines) - 1)
        self.refresh()

    def slide(self, by: int) -> None:
        """Scroll sideways."""
        self.shift = max(0, self.shift + by)
        self._repaint(everything=True)

    def _line(self, y: int) -> Strip:
        look: Look = self.app.look  # type: ignore[attr-defined]
        width, place = self.size.width, self.first + y
        if place >= len(self.lines):
            text = self.empty if not self.lines and y == 1 else ""
            return Strip([Segment(fit(f" {text}", width), look.style("dim"))])
        ground = "cursor" if place == self.cursor and self.has_focus else ""
        blank = look.style("", ground)
        pieces = [
            Segment(text, look.style(role, ground) if isinstance(role, str) else blank + role)
            for text, role in self.lines[place]
        ]
        start = self.shift * _STEP
        strip = (
            Strip([Segment(" ", blank), *pieces])
            .extend_cell_length(start + width, blank)
            .crop(start, start + width - 1)
        )
        return Strip([*strip, Segment(self._bar(y), look.style("line", ground))]).adjust_cell_length(width, blank)
