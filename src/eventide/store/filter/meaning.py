"""Whether a comparison means anything: which operators and values each type of field takes.

Invariant: what passes here can be compiled; what does not raises InvalidFilter at the operator or value that is wrong, with a hint
that would pass.
"""

from __future__ import annotations

from dataclasses import dataclass

from eventide.store.filter.cursor import Cursor, nearest
from eventide.store.filter.literals import is_moment
from eventide.store.filter.regex import check_pattern
from eventide.store.filter.tree import FIELDS, STATES, Field, FieldType, Operator, Value

ORDERED = ("<", "<=", ">", ">=")
_TIMES = tuple(name for name, type_ in FIELDS.items() if type_ in (FieldType.TIME, FieldType.SPAN))
_QUANTITIES = {
    FieldType.NUMBER: ("null", "number", "nan"),
    FieldType.SPAN: ("null", "number", "duration"),
    FieldType.TIME: ("null", "number"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """One value compared with a field, and where operator and value stand in the text."""

    field: Field
    op: Operator
    value: Value
    operator_at: int
    value_at: int


def check(cursor: Cursor, use: Use) -> None:
    """Raise InvalidFilter unless the operator and the value mean something for the field."""
    field, op, value = use.field, use.op, use.value
    if value.kind in ("null", "nan", "bool") and op in ORDERED:
        cursor.refuse(f"`{value}` has no order", at=use.operator_at, hint=f"{field}={value}")
    if field.kind == "path" and op in ORDERED and value.kind in ("date", "duration"):
        _refuse_misspelt_time(cursor, use)
    if op == "~":
        if field.type not in (FieldType.TEXT, FieldType.ANY):
            cursor.refuse(f"`{field}` is not text", at=use.operator_at)
        refuse_pattern(cursor, value.text, use.value_at)
    elif field.type is FieldType.STATE:
        _check_state(cursor, use)
    elif field.type in _QUANTITIES:
        _check_quantity(cursor, use)


def refuse_pattern(cursor: Cursor, pattern: str, at: int) -> None:
    """Raise InvalidFilter if a regular expression cannot be used."""
    why = check_pattern(pattern)
    if why:
        cursor.refuse(f"the pattern cannot be used: {why}", at=at)


def _refuse_misspelt_time(cursor: Cursor, use: Use) -> None:
    """Raise InvalidFilter if `strated>2d` was meant to be `started>2d`."""
    close = nearest(use.field.name, _TIMES, 0.8)
    if close:
        hint = f"{close}{use.op}{use.value}, or config.{use.field.name} for a parameter of that name"
        cursor.refuse(f"there is no field `{use.field}`", at=use.operator_at, hint=hint)


def _check_state(cursor: Cursor, use: Use) -> None:
    text = use.value.text
    if use.op in ORDERED:
        cursor.refuse("states have no order", at=use.operator_at, hint="state in (failed, crashed)")
    if text.lower() not in STATES and use.value.kind != "null":
        close = nearest(text, STATES)
        hint = f"state:{close}" if close else ""
        cursor.refuse(f"`{text}` is no state: they are {', '.join(STATES)}", at=use.value_at, hint=hint)


def _check_quantity(cursor: Cursor, use: Use) -> None:
    """Raise InvalidFilter unless the value is a number, duration or moment, as the field needs it."""
    field, value = use.field, use.value
    if value.kind in _QUANTITIES[field.type]:
        return
    if field.type is FieldType.TIME:
        if is_moment(value.text) or (value.kind == "duration" and use.op in ORDERED):
            return
        if value.kind == "duration":
            cursor.refuse(f"no run has `{field}` exactly {value} ago", at=use.value_at, hint=f"{field}>{value}")
        hint = f"{field}>2026-11-20, {field}>monday, {field}>3h"
        cursor.fail("a date, a day or a time ago", at=use.value_at, hint=hint)
    wanted = "a duration such as 3h or a number of seconds" if field.type is FieldType.SPAN else "a number"
    cursor.fail(wanted, at=use.value_at)
