"""What may be typed next in a filter: the part of completion that needs the grammar and no data.

Invariant: `complete` never raises; where a text is wrong before the cursor, nothing is offered. Names of keys, and values with their
counts, are facets of a Source: an expectation says which to ask for.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from eventide.errors import InvalidFilter
from eventide.store.filter.grammar import OPERATORS, Parser
from eventide.store.filter.literals import DAY_NAMES
from eventide.store.filter.tree import FIELDS, FUNCTIONS, STATES, FieldType

if TYPE_CHECKING:
    from eventide.store.filter.cursor import Attempt
    from eventide.store.filter.tree import Field

Kind = Literal["field", "metric", "operator", "value", "connective", "number"]

_CALLS = tuple(f"{name}(" for name in FUNCTIONS)
_WORD_OPERATORS = ("in (", "not in (", "between ")
_EQUALITY = (":", "=", "!=", "in (", "not in (")
_BY_TYPE: dict[FieldType, tuple[str, ...]] = {
    FieldType.STATE: _EQUALITY,
    FieldType.TIME: (">", "<", ">=", "<=", "=", "!=", "between ", "in ("),
    FieldType.SPAN: (">", "<", ">=", "<=", "=", "between "),
    FieldType.NUMBER: (">", "<", ">=", "<=", "=", "!=", "between ", "in ("),
}
_VALUES: dict[FieldType, tuple[str, ...]] = {
    FieldType.STATE: STATES,
    FieldType.TIME: (*DAY_NAMES, "1h", "1d", "1w"),
    FieldType.SPAN: ("1m", "1h", "1d"),
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One kind of thing that may stand at the cursor."""

    kind: Kind
    """`field`: also config and metric keys, words and `(`; `metric`: a metric's key; `value`: a value of `field`."""
    start: int
    """Offset in the text from where a candidate replaces up to the cursor."""
    prefix: str
    """What is typed of it already, without an opening quote or back-tick."""
    candidates: tuple[str, ...]
    """Those the grammar knows and that continue the prefix; whoever has the data adds its own."""
    field: Field | None = None
    """Whose value or operator it is."""


def complete(text: str, cursor: int) -> tuple[Expectation, ...]:
    """Return what may stand at offset `cursor` of a filter, the likeliest first; only the text before it counts."""
    before = text[: max(0, min(cursor, len(text)))]
    parser = Parser(before)
    with contextlib.suppress(InvalidFilter):
        if parser.begin():
            parser.expression()
    found: dict[tuple[Kind, int], Expectation] = {}
    for attempt in reversed(parser.cursor.attempts):
        expected = _expected(attempt, before)
        if expected is not None:
            found.setdefault((expected.kind, expected.start), expected)
    return tuple(sorted(found.values(), key=_likelihood))


def _likelihood(expected: Expectation) -> int:
    """Rank a word that was begun before the operator that might follow it, and that before a new word."""
    order: tuple[Kind, ...] = ("value", "metric", "number", "field", "operator", "connective")
    return len(order) if expected.kind == "field" and not expected.prefix else order.index(expected.kind)


def _expected(attempt: Attempt, before: str) -> Expectation | None:
    """Return the expectation of an attempt whose text reaches the cursor, else None."""
    typed = before[attempt.start :]
    start = attempt.start + len(typed) - len(typed.lstrip())
    typed = typed.lstrip()
    kind: Kind = "field" if attempt.want == "term" else attempt.want
    if not _is_open(typed, kind):
        return None
    prefix = typed[1:] if typed[:1] in ("`", '"', "'") else typed
    if kind == "connective" and start and not before[start - 1].isspace() and before[start - 1] not in ")\"'`":
        return None
    candidates = tuple(name for name in _known(attempt) if name.startswith((prefix, prefix.lower())))
    if kind in ("operator", "connective", "number") and typed and candidates in ((), (typed,)):
        return None
    return Expectation(kind, start, prefix, candidates, attempt.field)


def _is_open(typed: str, kind: Kind) -> bool:
    """Tell whether what was typed is still being typed."""
    quote = typed[:1]
    if quote in ("`", '"', "'") and quote:
        return quote not in typed[1:]
    if kind == "value":
        return not any(char.isspace() or char in "(),<>=" for char in typed)
    if kind == "operator":
        return True
    return not any(char.isspace() or char in '(),"`:=!<>~' for char in typed)


def _known(attempt: Attempt) -> tuple[str, ...]:
    """Return the candidates that need no data."""
    if attempt.want == "operator" and attempt.field is not None:
        return _BY_TYPE.get(attempt.field.type, (*OPERATORS, *_WORD_OPERATORS))
    if attempt.want == "value" and attempt.field is not None:
        return _VALUES.get(
            attempt.field.type, ("true", "false", "null", "nan") if attempt.field.type is FieldType.ANY else ()
        )
    if attempt.want == "connective":
        return ("and", "or")
    if attempt.want == "field":
        return (*FIELDS, *_CALLS, "config.")
    return (*FIELDS, *_CALLS, "config.", "has:", "has_nan", "not ") if attempt.want == "term" else ()
