"""Arithmetic over metrics: `train/loss - val/loss`, `100 * val/acc`, `log(loss)`.

Numbers, `+ - * / ^`, parentheses, `abs sqrt exp log log2 log10 min max`, and metrics by their name, in back-ticks where it has spaces. A
name may have `/` and `-` in it: the longest metric there is wins, so a division or difference of two names wants spaces around it.
Invariant: a text means the same wherever it is evaluated, and nothing but arithmetic is done; what is not defined (log of -1) is NaN.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from eventide.errors import InvalidSetting

if TYPE_CHECKING:
    from eventide.model import Floats

SIGN = "="
"""What tells an expression from the name of a metric, where both may stand."""
MAX_CHARS = 1_000
_MAX_DEPTH = 40
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_BARE = re.compile(r"[^\W\d][\w.]*(?:[/:@-][\w.]+)*")
_WORD = re.compile(r"\w")

Evaluate = Callable[[Mapping[str, "Floats"]], Any]
_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "abs": (1, np.abs),
    "sqrt": (1, np.sqrt),
    "exp": (1, np.exp),
    "log": (1, np.log),
    "log2": (1, np.log2),
    "log10": (1, np.log10),
    "min": (2, np.minimum),
    "max": (2, np.maximum),
}
_BINARY: dict[str, tuple[int, Callable[..., Any]]] = {
    "+": (1, np.add),
    "-": (1, np.subtract),
    "*": (2, np.multiply),
    "/": (2, np.divide),
    "^": (4, np.float_power),
}
_NEGATION = 3


def is_expression(key: str) -> bool:
    """Tell whether what stands in the place of a metric is an expression: it begins with `=`."""
    return key.startswith(SIGN)


@dataclass(frozen=True, slots=True)
class Expression:
    """A text that was understood."""

    text: str
    metrics: tuple[str, ...]
    """Its metrics, in the order of the text, each once; never empty."""
    _evaluate: Evaluate

    def evaluate(self, values: Mapping[str, Floats]) -> Floats:
        """Return float64[n] for metrics of float64[n] each, element by element."""
        with np.errstate(all="ignore"):
            return np.asarray(self._evaluate(values), dtype=np.float64)


def parse_expression(text: str, known: Collection[str]) -> Expression:
    """Return an expression, with or without the sign in front, over metrics that are known.

    Raises:
        InvalidSetting: it does not parse, names a metric that is not known, or names none.
    """
    body = text.removeprefix(SIGN)
    if len(body) > MAX_CHARS:
        raise InvalidSetting(f"an expression has at most {MAX_CHARS} characters")
    parser = _Parser(body, known)
    evaluate = parser.whole()
    if not parser.metrics:
        raise parser.error("names no metric", 0, hint="train/loss - val/loss")
    return Expression(text, tuple(parser.metrics), evaluate)


@dataclass(slots=True)
class _Parser:
    """A text and how far it was read: precedence climbing."""

    text: str
    known: Collection[str]
    metrics: dict[str, None] = field(default_factory=dict)
    _at: int = 0
    _depth: int = 0
    _by_length: Sequence[str] | None = None

    def whole(self) -> Evaluate:
        made = self._operation(0)
        if self._next():
            raise self.error(f"`{self._next()}` is in the way", self._at)
        return made

    def error(self, what: str, at: int, hint: str = "") -> InvalidSetting:
        return InvalidSetting(f"the expression `{self.text.strip():.80}`: {what} (character {at + 1})", hint=hint)

    def _next(self) -> str:
        """Return the next character that is no space; "" at the end."""
        while self._at < len(self.text) and self.text[self._at].isspace():
            self._at += 1
        return self.text[self._at : self._at + 1]

    def _take(self, wanted: str) -> bool:
        if self._next() != wanted:
            return False
        self._at += 1
        return True

    def _operation(self, weakest: int) -> Evaluate:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self.error("too many parentheses", self._at)
        left = self._operand()
        while (sign := self._next()) in _BINARY and sign:
            strength, apply = _BINARY[sign]
            if strength <= weakest:
                break
            self._at += 1
            self._take("*") if sign == "*" and self.text[self._at : self._at + 1] == "*" else None
            left = _of(apply, left, self._operation(strength - 1 if sign == "^" else strength))
        self._depth -= 1
        return left

    def _operand(self) -> Evaluate:
        first, at = self._next(), self._at
        if self._take("-"):
            return _of(np.negative, self._operation(_NEGATION))
        if self._take("("):
            inside = self._operation(0)
            if not self._take(")"):
                raise self.error("a `)` is missing", self._at)
            return inside
        if first == "`":
            return self._quoted()
        number = _NUMBER.match(self.text, at)
        name = self._known_at(at)
        if number is not None and (name is None or number.end() >= at + len(name)):
            self._at = number.end()
            value = float(number[0])
            return lambda _values: value
        return self._named(at, name)

    def _quoted(self) -> Evaluate:
        end = self.text.find("`", self._at + 1)
        if end < 0:
            raise self.error("a back-tick is missing", self._at)
        name = self.text[self._at + 1 : end]
        if name not in self.known:
            raise self._unknown(name)
        self._at = end + 1
        return self._metric(name)

    def _named(self, at: int, name: str | None) -> Evaluate:
        bare = _BARE.match(self.text, at)
        word = re.match(r"\w+", self.text[at:])
        if word is not None and word[0] in _FUNCTIONS and self.text[at + word.end() :].lstrip().startswith("("):
            self._at = at + word.end()
            return self._call(word[0])
        if name is not None:
            self._at = at + len(name)
            return self._metric(name)
        if bare is None:
            raise self.error("a metric or number is missing", at)
        raise self._unknown(bare[0])

    def _call(self, name: str) -> Evaluate:
        count, apply = _FUNCTIONS[name]
        self._take("(")
        arguments = [self._operation(0)]
        while self._take(","):
            arguments.append(self._operation(0))
        if not self._take(")"):
            raise self.error("a `)` is missing", self._at)
        if len(arguments) != count:
            raise self.error(f"`{name}` takes {count}, not {len(arguments)}", self._at)
        return _of(apply, *arguments)

    def _known_at(self, at: int) -> str | None:
        """Return the longest known metric that stands here whole."""
        if self._by_length is None:
            self._by_length = sorted((name for name in self.known if name), key=len, reverse=True)
        for name in self._by_length:
            end = at + len(name)
            if self.text.startswith(name, at) and not (_WORD.match(name[-1]) and _WORD.match(self.text[end : end + 1])):
                return name
        return None

    def _metric(self, name: str) -> Evaluate:
        self.metrics[name] = None
        return lambda values: values[name]

    def _unknown(self, name: str) -> InvalidSetting:
        near = difflib.get_close_matches(name, list(self.known), 1)
        return self.error(
            f"no metric is called `{name:.80}`", self._at, hint=f"did you mean `{near[0]}`?" if near else ""
        )


def _of(apply: Callable[..., Any], *parts: Evaluate) -> Evaluate:
    return lambda values: apply(*(part(values) for part in parts))
