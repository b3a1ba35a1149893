"""Pieces of console text to lines, with their colours and nothing else.

Invariant: pieces come in the order of time; a line that is not finished yet is shown as far as it goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style

from eventide.tui.safe import console_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.model import ConsoleLine

Pieces = list[tuple[str, "str | Style"]]
MOST_LINES = 50_000


class ConsoleLines:
    """The console text of one run so far."""

    def __init__(self) -> None:
        self.lines: list[Pieces] = []
        self.seen = 0
        self._begun: dict[str, str] = {}

    def feed(self, pieces: Sequence[ConsoleLine]) -> None:
        """Take new pieces."""
        self.seen += len(pieces)
        for piece in pieces:
            *whole, rest = (self._begun.pop(piece.stream, "") + piece.text).split("\n")
            self.lines += [_line(text, piece.stream) for text in whole]
            if rest:
                self._begun[piece.stream] = rest
        del self.lines[:-MOST_LINES]

    def all(self) -> list[Pieces]:
        """Return all lines, those that are not finished at the end."""
        return [*self.lines, *(_line(text, stream) for stream, text in self._begun.items())]


def _line(text: str, stream: str) -> Pieces:
    found: Pieces = list(console_line(text))
    if stream == "stderr":
        return [(part, "warn" if style == Style() else style) for part, style in found]
    return [(part, "" if style == Style() else style) for part, style in found]
