"""The character level of the filter grammar: a position in a text that reads words, quotes, keys and patterns.

Invariant: reading moves forward only and never past the end; what cannot be read raises InvalidFilter at the right offset.
Every attempt to read something is noted in `attempts`, which is all that completion needs to know.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn

from eventide.errors import InvalidFilter

if TYPE_CHECKING:
    from eventide.store.filter.tree import Field

Want = Literal["term", "field", "metric", "number", "operator", "value", "connective"]

_STOPS_WORD = frozenset('(),"`:=!<>~')
_STOPS_VALUE = frozenset('(),"`<>=')
_NOT_A_START = frozenset(":=!<>~")
_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something the parser tried to read at an offset."""

    want: Want
    start: int
    field: Field | None = None


class Cursor:
    """A text and a position in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.attempts: list[Attempt] = []

    def note(self, want: Want, field: Field | None = None) -> None:
        """Note what is about to be read here."""
        self.attempts.append(Attempt(want, self.at, field))

    @property
    def ended(self) -> bool:
        """Whether nothing is left to read."""
        return self.at >= len(self.text)

    def skip(self) -> None:
        """Move over white space."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def sees(self, token: str) -> bool:
        """Return whether this exact text is next."""
        return self.text.startswith(token, self.at)

    def take(self, token: str) -> bool:
        """Move over this exact text if it is next."""
        if not self.sees(token):
            return False
        self.at += len(token)
        return True

    def word(self) -> str:
        """Return the longest word from here; empty when there is none."""
        start = self.at
        if not self.sees("'"):
            self._run(_STOPS_WORD)
        return self.text[start : self.at]

    def peek_word(self) -> str:
        """Return the word that is next, without moving."""
        start = self.at
        word = self.word()
        self.at = start
        return word

    def bare_value(self, *, in_range: bool) -> str:
        """Return a value without quotes; within a range it ends at `..`."""
        start = self.at
        if self.ended or self.text[start] in _NOT_A_START:
            return ""
        self._run(_STOPS_VALUE)
        if in_range:
            dots = self.text.find("..", start, self.at)
            self.at = self.at if dots < 0 else dots
        return self.text[start : self.at]

    def _run(self, stops: frozenset[str]) -> None:
        text, at = self.text, self.at
        while at < len(text) and text[at] not in stops and not text[at].isspace():
            at += 1
        self.at = at

    def quoted(self) -> str:
        """Return the text between the quotes that begin here; backslash escapes the quote and itself."""
        start, quote = self.at, self.text[self.at]
        self.at += 1
        out: list[str] = []
        while not self.ended:
            char = self.text[self.at]
            self.at += 1
            if char == quote:
                return "".join(out)
            if char == "\\" and self.text[self.at : self.at + 1] in (quote, "\\"):
                char = self.text[self.at]
                self.at += 1
            out.append(char)
        raise self.failure(f"a closing {quote}", at=start, hint=f"{self.text}{quote}")

    def key(self) -> str:
        """Return the key between the back-ticks that begin here; a doubled back-tick stands for one."""
        start = self.at
        self.at += 1
        out: list[str] = []
        while not self.ended:
            char = self.text[self.at]
            self.at += 1
            if char != "`":
                out.append(char)
            elif self.take("`"):
                out.append("`")
            elif out:
                return "".join(out)
            else:
                self.fail("a key between the back-ticks", at=start)
        raise self.failure("a closing back-tick", at=start, hint=f"{self.text}`")

    def pattern(self) -> tuple[str, str]:
        r"""Return pattern and flags of the `/…/` that begins here; `\/` stands for a slash."""
        start = self.at
        self.at += 1
        out: list[str] = []
        while not self.ended:
            char = self.text[self.at]
            self.at += 1
            if char == "/":
                return "".join(out), self._flags(start)
            if char == "\\":
                following = self.text[self.at : self.at + 1]
                self.at += 1
                char = following if following == "/" else char + following
            out.append(char)
        raise self.failure(
            "a closing / after the pattern", at=start, hint=f'write "{self.text[start:].strip()}" to look for the text'
        )

    def _flags(self, start: int) -> str:
        flags = self.peek_word()
        if flags not in ("", "i"):
            whole = self.text[start : self.at] + flags
            self.fail("`i` or nothing after the pattern", hint=f'write "{whole}" to look for the text')
        self.at += len(flags)
        return flags

    def fail(self, expected: str, *, at: int | None = None, hint: str = "") -> NoReturn:
        """Raise InvalidFilter: at this place something else was expected."""
        raise self.failure(expected, at=at, hint=hint)

    def failure(self, expected: str, *, at: int | None = None, hint: str = "") -> InvalidFilter:
        """Return the error that at this place something else was expected."""
        where = self.at if at is None else at
        found = self.text[where : where + 20].split()
        what = f"`{found[0]}`" if found else "the end"
        return self._error(f"expected {expected}, found {what}", where, hint)

    def refuse(self, why: str, *, at: int | None = None, hint: str = "") -> NoReturn:
        """Raise InvalidFilter for a reason of its own."""
        raise self._error(why, self.at if at is None else at, hint)

    def _error(self, why: str, where: int, hint: str) -> InvalidFilter:
        shown = self.text if len(self.text) <= _SHOWN_CHARS else self.text[: _SHOWN_CHARS - 1] + "…"
        message = f"the filter `{shown}` cannot be read at character {where + 1}: {why}"
        return InvalidFilter(message, hint=hint, text=self.text, position=where)


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the known name most like a word, or an empty text when none is."""
    return next(iter(difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=cutoff)), "")
