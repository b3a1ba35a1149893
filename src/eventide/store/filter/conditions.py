"""Conditions on one number, text or stored value: the leaves of a compiled filter.

Invariant: a condition is true only for a value that is there; NULL in gives NULL or 0 out. `@` stands for a number yet to be named,
`@nan` for "it is NaN".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eventide.store.filter.expressions import Place, Sql, join

if TYPE_CHECKING:
    from eventide.store.filter.tree import Value

NEVER = Sql("0")
ALWAYS = Sql("1")
_LIKE_SPECIAL = re.compile(r"[\\%_]")


def every(parts: list[Sql]) -> Sql:
    """Return the condition that all parts hold."""
    return _chain(parts, " AND ") if parts else ALWAYS


def some(parts: list[Sql]) -> Sql:
    """Return the condition that at least one part holds."""
    return _chain(parts, " OR ") if parts else NEVER


def _chain(parts: list[Sql], between: str) -> Sql:
    return parts[0] if len(parts) == 1 else join([Sql(f"({part.text})", part.params) for part in parts], between)


def negation(part: Sql) -> Sql:
    """Return the condition that the part is false or unknown."""
    return Sql(f"({part.text}) IS NOT TRUE", part.params)


def runs_of(table: str, where: Sql) -> Sql:
    """Return the query of the runs that have a row `t` in a table."""
    return Sql(f"SELECT t.run_id FROM {table} t WHERE {where.text}", where.params)  # noqa: S608 - constants and parameters


def among(queries: list[Sql]) -> Sql:
    """Return the condition that the run is in the answer of one of the queries."""
    union = join(queries, " UNION ALL ")
    return Sql(f"r.run_id IN ({union.text})", union.params)


def like(column: str, value: Value, *, prefix: bool = False) -> Sql:
    """Return whether a text contains the value, case aside; a bare value with `*` or `?` is a glob for the whole text."""
    text = value.text
    is_glob = value.kind != "quoted" and ("*" in text or "?" in text)
    if not text.isascii():  # LIKE folds ASCII only
        inner = re.escape(text)
        if is_glob:
            inner = "^" + inner.replace(r"\*", ".*").replace(r"\?", ".") + "$"
        return Sql(f"regexp(?, {column})", (f"(?is){'^' if prefix and not is_glob else ''}{inner}",))
    inner = _LIKE_SPECIAL.sub(r"\\\g<0>", text)
    contained = f"{inner}%" if prefix else f"%{inner}%"
    pattern = inner.replace("*", "%").replace("?", "_") if is_glob else contained
    return Sql(f"{column} LIKE ? ESCAPE '\\'", (pattern,))


def flagged(pattern: str, flags: str) -> str:
    """Return a pattern with its flags inside."""
    return f"(?i){pattern}" if "i" in flags else pattern


def number_test(op: str, value: Value) -> Sql:
    """Return the test of a number `@` against a number, a duration in seconds, or nan."""
    if value.kind == "nan":
        return Sql("@nan")
    return Sql(f"@ {'=' if op == ':' else op} ?", (value.number,))


def text_test(column: str, op: str, value: Value) -> Sql:
    """Return the test of a text: `=` and order mind the case, `:` does not."""
    if op == ":":
        return like(column, value)
    if op == "~":
        return Sql(f"regexp(?, {column})", (flagged(value.text, value.flags),))
    return Sql(f"{column} {op} ?", (value.text,))


def stored_test(place: Place, op: str, value: Value) -> Sql:
    """Return the test of a value the user logged, which may be a number or a text."""
    if op == "=" or value.kind == "nan":
        return stored_equal(place, (value,))
    if op == "~":
        return text_test(place.text, op, value)
    if op == ":":
        return _stored_contains(place, value)
    if value.kind in ("number", "duration"):
        return Sql(f"{place.num} {op} ?", (value.number,))
    return Sql(f"{place.num} IS NULL AND NOT ({place.nan}) AND {place.text} {op} ?", (value.text,))


def _stored_contains(place: Place, value: Value) -> Sql:
    """Return whether a text contains the value; a number is equal to a stored number, and contained in text only."""
    contains = like(place.text, value)
    if value.kind != "number":
        return contains
    return Sql(f"{place.num} = ? OR ({place.num} IS NULL AND {contains.text})", (value.number, *contains.params))


def stored_equal(place: Place, values: tuple[Value, ...]) -> Sql:
    """Return whether a value the user logged equals one of several: numbers as numbers, all else by its text."""
    numbers = tuple(value.number for value in values if value.kind in ("number", "duration"))
    digits = tuple(value.text for value in values if value.kind in ("number", "duration"))
    texts = tuple(
        value.text.lower() if value.kind == "bool" else value.text for value in values if value.kind in _TEXTUAL
    )
    parts = [Sql(place.nan)] if any(value.kind == "nan" for value in values) else []
    if numbers:
        parts.append(Sql(f"{place.num} IN ({marks(numbers)})", numbers))
        parts.append(Sql(f"{place.num} IS NULL AND {place.text} IN ({marks(digits)})", digits))
    if texts:
        parts.append(Sql(f"{place.text} IN ({marks(texts)})", texts))
    return some(parts)


_TEXTUAL = frozenset({"text", "quoted", "bool", "date"})


def marks(values: tuple[object, ...]) -> str:
    """Return as many question marks as there are values."""
    return ", ".join("?" * len(values))
