"""One line of pieces: the header, the details, the keys at the bottom.

Invariant: pieces are safe text with roles; what does not fit is cut at the right end of the left part, keys with their words at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from eventide.tui.figure import Line, Piece
    from eventide.tui.look import Look


class Bar(Widget):
    """A line with a left and a right part."""

    DEFAULT_CSS: ClassVar[str] = "Bar { height: 1; width: 1fr; }"

    class Clicked(Message):
        """A piece was clicked."""

        def __init__(self, bar: Bar, text: str) -> None:
            super().__init__()
            self.bar = bar
            self.text = text

    def __init__(self, *, id: str | None = None, ground: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._ground = ground
        self._left: Line = []
        self._right: Line = []

    def show(self, left: Sequence[Piece], right: Sequence[Piece] = ()) -> None:
        """Show pieces at both ends."""
        if (list(left), list(right)) != (self._left, self._right):
            self._left, self._right = list(left), list(right)
            self.refresh()

    @property
    def text(self) -> str:
        """All that is shown, without roles."""
        return "".join(text for text, _ in (*self._left, *self._right))

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        look: Look = self.app.look  # type: ignore[attr-defined]
        blank = look.style("", self._ground)
        width = self.size.width
        if y:
            return Strip.blank(width, blank)
        right = Strip([Segment(text, look.style(role, self._ground)) for text, role in self._right])
        room = max(0, width - right.cell_length)
        left = Strip([Segment(text, look.style(role, self._ground)) for text, role in self._fitting(room)])
        if room and left.cell_length >= room:  # a name that fills the line leaves a gap
            left = left.crop(0, max(0, room - 1))
        return Strip.join(
            [left.adjust_cell_length(room, blank), right.adjust_cell_length(min(width, right.cell_length), blank)]
        )

    def _fitting(self, room: int) -> Line:
        """Return the left part; of keys and their words, those that fit as a whole."""
        if self.id != "keys":
            return self._left
        shown, used = [], 0
        for at in range(0, len(self._left), 2):
            pair = self._left[at : at + 2]
            wide = cell_len("".join(text for text, _ in pair).rstrip())
            if used + wide >= room:
                break
            shown += pair
            used += cell_len("".join(text for text, _ in pair))
        return shown

    def on_click(self, event: events.Click) -> None:
        """Say which piece was clicked."""
        at = 0
        for text, _ in self._left:
            if at <= event.x < at + cell_len(text):
                self.post_message(self.Clicked(self, text.strip()))
            at += cell_len(text)
