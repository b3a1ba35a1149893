"""Filters and sorts to SQL over the index.

What the owner of the index does with them: create INDEXES, call `install_functions` on each connection, fill the temporary table
`derived` with what a compiled filter or sort lists, then put the condition behind WHERE and the order behind ORDER BY.
Invariant: nothing a user wrote is ever part of the SQL text; it is all parameters.
"""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from eventide.store.filter.compiler import Compiler
from eventide.store.filter.expressions import ALWAYS_THERE, Sql, join, scalar
from eventide.store.filter.grammar import parse_sort
from eventide.store.filter.regex import regexp
from eventide.store.filter.tree import Field, FieldType

if TYPE_CHECKING:
    from eventide.store.filter.tree import Node

INDEXES = (
    (
        "CREATE INDEX IF NOT EXISTS runs_light ON runs(project, archived, deleted, started, status, name, group_name, notes,"
        " ended, updated, rows, attempts, host, user)"
    ),
    "CREATE INDEX IF NOT EXISTS tags_by_tag ON tags(tag)",
    "CREATE INDEX IF NOT EXISTS params_by_path ON params(path, run_id, num, text)",
    "CREATE INDEX IF NOT EXISTS summary_by_key ON summary(key, run_id, num, text)",
    "CREATE INDEX IF NOT EXISTS vals_by_key ON vals(key, run_id, num, text)",
    "CREATE INDEX IF NOT EXISTS origins_by_key ON origins(key, run_id, num, text)",
    (
        "CREATE INDEX IF NOT EXISTS metrics_by_key ON metrics(key, run_id, goal, last, last_text, min, max, mean, m2, numbers,"
        " first, count, nonfinite)"
    ),
    "CREATE INDEX IF NOT EXISTS metrics_nonfinite ON metrics(key) WHERE nonfinite > 0",
)
"""What the index has to create: each answers its part of a filter or sort without a look at the wide tables themselves."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A value per run that is computed from the whole curve before the query (see `derive`)."""

    expr: str
    """Canonical text of the call: what the `derived` table has in its column of that name."""
    function: str
    """`at`, `mean`, `std` or `slope`."""
    metric: str
    n: int | None
    """The step of `at`, the number of last points of the others (None: all)."""


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A condition over `runs r`."""

    sql: str
    params: list[Any]
    derived: tuple[Derived, ...]


@dataclass(frozen=True, slots=True)
class CompiledSort:
    """What follows ORDER BY, over `runs r`."""

    sql: str
    params: list[Any]
    derived: tuple[Derived, ...]


@dataclass(frozen=True, slots=True)
class CompiledValue:
    """One SQL expression over `runs r`: number, text, NULL when missing, a blob for NaN."""

    sql: str
    params: list[Any]
    derived: tuple[Derived, ...]


def compile_filter(node: Node, now: float, tz: tzinfo | None = None) -> CompiledFilter:
    """Return the condition of a filter; `now` is in seconds since the epoch, days are those of `tz` (None: of this machine)."""
    compiler = Compiler(now, tz)
    sql = compiler.condition(node)
    return CompiledFilter(sql.text, list(sql.params), tuple(map(derived_of, compiler.derived)))


def compile_sort(text: str, now: float) -> CompiledSort:
    """Return the order of a sort such as `-best(val/acc),name`: missing and NaN last in both directions, then by run id.

    Raises:
        InvalidFilter: the text is no comma-separated list of fields, each with or without a leading `-`.
    """
    parts: list[Sql] = []
    derived: dict[Derived, None] = {}
    for field, descending in parse_sort(text):
        value = scalar(field, now)
        if field.is_derived:
            derived[derived_of(field)] = None
        parts.append(Sql(_order(field, value.text, descending=descending), value.params))
    parts.append(Sql("r.run_id"))
    sql = join(parts, ", ")
    return CompiledSort(sql.text, list(sql.params), tuple(derived))


def compile_value(field: Field, now: float) -> CompiledValue:
    """Return the value of a field, for columns and facets; for `tag`, the first tag in order of the alphabet."""
    sql = scalar(field, now)
    return CompiledValue(sql.text, list(sql.params), (derived_of(field),) if field.is_derived else ())


def derived_of(field: Field) -> Derived:
    """Return what has to be computed for a field whose `is_derived` is true."""
    return Derived(str(field), field.name, field.metric, field.n)


def install_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the SQL functions that compiled filters use: `regexp`, and `sqrt` where SQLite lacks it."""
    connection.create_function("regexp", 2, regexp, deterministic=True)
    try:
        connection.execute("SELECT sqrt(1.0)")
    except sqlite3.OperationalError:
        connection.create_function("sqrt", 1, _sqrt, deterministic=True)


def _sqrt(value: float | None) -> float | None:
    return None if value is None or value < 0 else math.sqrt(value)


def _order(field: Field, value: str, *, descending: bool) -> str:
    direction = " DESC" if descending else ""
    if field.kind == "run" and field.name in ALWAYS_THERE:
        return value + direction
    if field.kind == "run" and field.type is FieldType.TEXT:
        value += " COLLATE NOCASE"
    elif field.is_derived or field.type is FieldType.ANY:
        value = f"nullif({value}, x'00')"
    return f"{value}{direction} NULLS LAST"
