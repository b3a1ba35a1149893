"""Pieces of console text to lines, each with its stream.

Invariant: a line comes out when its newline has come, or as far as it goes when asked for; nothing that steers a terminal is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eventide.cli.terminal import plain_console

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eventide.model import ConsoleLine


class Line(NamedTuple):
    """One line of console text, without its newline."""

    ts: float
    stream: str
    text: str


class Lines:
    """Puts the pieces of both streams together."""

    def __init__(self) -> None:
        self._begun: dict[str, tuple[float, str]] = {}

    def feed(self, pieces: Iterable[ConsoleLine]) -> list[Line]:
        """Take pieces in the order of time; return the lines that they complete."""
        found: list[Line] = []
        for piece in pieces:
            ts, begun = self._begun.pop(piece.stream, (piece.ts, ""))
            *whole, rest = (begun + piece.text).split("\n")
            for text in whole:
                found += (Line(ts, piece.stream, line) for line in plain_console(text + "\n").split("\n")[:-1])
                ts = piece.ts
            if rest:
                self._begun[piece.stream] = ts, rest
        return found

    def begun(self) -> list[Line]:
        """Return the lines whose ends have not come yet, as they read now."""
        return [Line(ts, stream, plain_console(text)) for stream, (ts, text) in self._begun.items()]
