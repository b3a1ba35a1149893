"""Turn what is written to a terminal into what is worth keeping: whole lines, and of a line that is redrawn its last state.

A carriage return begins a line again, so that a progress bar is one line. A cursor that moves up begins several again: from then on the
lines on the screen are held back until the cursor rests. Escape sequences for colours stay as they are.
Invariant: text without carriage returns and cursor movements comes out as it went in, in order; a whole line comes out at once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

MAX_LINE_CHARS = 64 * 1024
"""A longer line comes out in pieces."""
MAX_ROWS = 100
"""How many lines on the screen are held back at most."""
PART_S = 1.0
"""How long the beginning of a line waits for its end before it is kept as it is."""
BAR_S = 10.0
"""How often the state of a line that is redrawn is kept."""
REST_S = 5.0

_UP = re.compile(r"\x1b\[\d*[AF]")
_MOVES = re.compile(r"(\n|\r|\x1b\[\d*[ABEF])")


class Fold:
    """Folds one stream. Not safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pieces: list[str] = []
        """The line that is being written."""
        self._size = 0
        self._returned = False
        """The cursor stands at the beginning of that line: what comes replaces it."""
        self._is_bar = False
        self._is_kept = False
        """A state of that line has been handed out."""
        self._since_s = 0.0
        self._rows: list[str] | None = None
        """The lines on the screen while the cursor moves among them."""
        self._row = 0
        self._moved_s = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether something is held back."""
        return bool(self._pieces) or self._rows is not None

    def feed(self, text: str) -> str:
        """Take what was written; return what is to be kept now, often nothing."""
        if self._rows is None:
            if text == "\n":  # what `print` writes after each text
                return self._end_line(text)
            if "\n" not in text and "\r" not in text and "\x1b" not in text and not self._returned:
                return self._add(text)
        if self._rows is not None or ("\x1b" in text and _UP.search(text)):
            return self._draw(text)
        if "\r" in text or self._returned:
            return self._redraw(text)
        head, newline, rest = text.rpartition("\n")
        if not newline:
            return self._add(text)
        whole = self._end_line(head + newline)
        return whole + self._add(rest) if rest else whole

    def tick(self) -> str:
        """Return what has waited long enough; to be called about once a second."""
        now = self._clock()
        if self._rows is not None:
            return self._leave() if now - self._moved_s >= REST_S else ""
        if not self._pieces or now - self._since_s < (BAR_S if self._is_bar else PART_S):
            return ""
        return self._hand_out()

    def end(self) -> str:
        """Return all that is held back."""
        text = self._leave() if self._rows is not None else ""
        return text + (self._hand_out() if self._pieces else "")

    # ── one line ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _add(self, text: str) -> str:
        """Take a piece of a line; returns the line so far when it is too long to be held."""
        if not self._pieces:
            if not text:
                return ""
            self._since_s = self._clock()
        self._pieces.append(text)
        self._size = size = self._size + len(text)
        return self._hand_out() if size > MAX_LINE_CHARS else ""

    def _end_line(self, text: str) -> str:
        """Return the line so far with `text`, which ends it, and begin a new one."""
        if self._pieces:
            text = "".join(self._pieces) + text
            self._pieces.clear()
            self._size = 0
        if self._is_bar or self._returned or self._is_kept:
            if self._is_bar and self._is_kept:
                text = "\r" + text
            self._is_bar = self._is_kept = self._returned = False
        return text

    def _hand_out(self) -> str:
        """Return the line so far, which goes on: more of it follows, or a bar's next state."""
        text = "".join(self._pieces)
        self._since_s = self._clock()
        if self._is_bar:
            text = "\r" + text if self._is_kept else text
            self._returned = True  # the next state replaces this one, here and for whoever reads
        self._pieces.clear()
        self._size = 0
        self._is_kept = True
        return text

    def _redraw(self, text: str) -> str:
        """Take text with carriage returns."""
        found: list[str] = []
        for place, line in enumerate(text.split("\n")):
            if place:
                found.append(self._end_line("\n"))
            parts = line.split("\r")
            for number, part in enumerate(parts):
                if number:
                    self._returned = True
                if part:
                    if self._returned:
                        self._restart()
                    found.append(self._add(part))
        return "".join(found)

    def _restart(self) -> None:
        """Begin the line again: what was there is replaced."""
        since_s = self._since_s if self._pieces or self._is_kept else self._clock()
        self._pieces.clear()
        self._size = 0
        self._returned = False
        self._is_bar = True
        self._pieces.append("")  # so that the time counts from the first state that was not kept
        self._since_s = since_s

    # ── several lines ───────────────────────────────────────────────────────────────────────────────────────────────

    def _draw(self, text: str) -> str:
        """Take text while the cursor moves among lines."""
        if self._rows is None:
            self._rows = ["".join(self._pieces)]
            self._row = 0
            self._pieces.clear()
            self._size = 0
        rows = self._rows
        for part in _MOVES.split(text):
            if part in ("\n", "\r", "") or (part.startswith("\x1b[") and part[-1] in "ABEF"):
                self._move(rows, part)
            elif self._returned:
                rows[self._row] = part
                self._returned = False
            elif len(rows[self._row]) < MAX_LINE_CHARS:
                rows[self._row] += part
        extra = max(0, len(rows) - MAX_ROWS)
        if not extra:
            return ""
        out, self._rows, self._row = rows[:extra], rows[extra:], max(0, self._row - extra)
        return "".join(f"{row}\n" for row in out)

    def _move(self, rows: list[str], move: str) -> None:
        if not move:
            return
        self._returned = True
        if move == "\r":
            return
        count = int(move[2:-1] or 1) if move != "\n" else 1
        if move[-1] in "AF":
            self._row = max(0, self._row - count)
            self._moved_s = self._clock()
            return
        self._row = min(self._row + count, len(rows) if move == "\n" else len(rows) - 1)
        if self._row == len(rows):
            rows.append("")

    def _leave(self) -> str:
        """Return the lines on the screen, for good."""
        rows, self._rows, self._row = self._rows or [], None, 0
        self._returned = self._is_bar = self._is_kept = False
        last = rows.pop() if rows else ""
        if last:
            self._pieces.append(last)
            self._size = len(last)
            self._since_s = self._clock()
        return "".join(f"{row}\n" for row in rows)
