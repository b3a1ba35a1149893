"""SQL values of fields over the index: where a field lives, and how its number, text and absence are told.

Invariant: text from a user only ever becomes a parameter; the SQL itself is put together from the constants of this module. The run is
`r` in every expression, NULL means missing, and a blob stands for NaN where numbers and text are sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eventide.store.filter.tree import Field

RUN_COLUMNS = {
    "name": "r.name",
    "id": "r.run_id",
    "state": "r.status",
    "group": "r.group_name",
    "project": "r.project",
    "host": "r.host",
    "user": "r.user",
    "note": "r.notes",
    "started": "r.started",
    "ended": "r.ended",
    "duration": "max(0.0, coalesce(r.ended, r.updated) - r.started)",
    "rows": "r.rows",
    "attempts": "r.attempts",
}
ALWAYS_THERE = frozenset({"id", "state", "started", "rows", "attempts"})


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and its parameters, in the order of their question marks."""

    text: str
    params: tuple[Any, ...] = ()


def join(parts: list[Sql], between: str) -> Sql:
    """Return the pieces with a text between them, their parameters in the same order."""
    return Sql(between.join(part.text for part in parts), tuple(value for part in parts for value in part.params))


@dataclass(frozen=True, slots=True)
class Place:
    """A table with values of user keys, and expressions over a row `t` of it."""

    table: str
    key: str
    num: str
    """The number; 0 or 1 of a bool, infinities included; NULL for everything else."""
    text: str
    """Text of the value; digits of a number where they are kept."""
    nan: str

    @property
    def null(self) -> str:
        """Whether the row holds no value after all."""
        return f"{self.num} IS NULL AND {self.text} IS NULL"

    @property
    def value(self) -> str:
        """Number or text to sort and show."""
        return f"CASE WHEN {self.nan} THEN x'00' ELSE coalesce({self.num}, {self.text}) END"


def _user_place(table: str, key: str) -> Place:
    infinite = "CASE t.text WHEN 'inf' THEN 9e999 WHEN '-inf' THEN -9e999 END"
    return Place(table, key, f"coalesce(t.num, {infinite})", "t.text", "t.num IS NULL AND t.text = 'nan'")


_LAST = (
    "coalesce(t.last, CASE t.last_text WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999"
    " WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 END)"
)
CALLS = {
    "best": "CASE t.goal WHEN 'max' THEN t.max ELSE t.min END",
    "last": _LAST,
    "first": "t.first",
    "min": "t.min",
    "max": "t.max",
    "mean": "CASE WHEN t.numbers > 0 THEN t.mean END",
    "std": "CASE WHEN t.numbers > 1 THEN sqrt(max(t.m2, 0.0) / (t.numbers - 1)) END",
    "count": "t.count",
}
"""Functions of a metric over its row `t` of `metrics`."""

_DEFINED = " ".join(f"WHEN '{kind}' THEN {CALLS[kind]}" for kind in ("min", "max", "best", "mean", "first"))
_SUMMARY_KIND = "(SELECT d.summary FROM definitions d WHERE d.run_id = t.run_id AND d.key = t.key)"

PARAMS = _user_place("params", "path")
SUMMARY = _user_place("summary", "key")
VALS = _user_place("vals", "key")
ORIGINS = _user_place("origins", "key")
LAST = Place("metrics", "key", _LAST, "t.last_text", "t.last IS NULL AND t.last_text = 'NaN'")
METRICS = Place(
    "metrics", "key", f"CASE {_SUMMARY_KIND} {_DEFINED} WHEN 'none' THEN NULL ELSE {_LAST} END", LAST.text, LAST.nan
)
"""A metric's summary, as `define_metric` asked for it; else the last value."""


def places_of(of: Field) -> tuple[Place, ...]:
    """Return where the value of a field of type ANY may be; the first place that has its key counts."""
    if of.kind == "run":
        return (VALS, ORIGINS)
    if of.kind == "call":
        return (LAST,)
    if of.kind == "config":
        return (PARAMS,)
    return (SUMMARY, METRICS) if of.kind == "metric" else (PARAMS, SUMMARY, VALS, METRICS)


def stored_key(of: Field) -> str:
    """Return the key under which the places of a field hold it."""
    return of.metric if of.kind == "call" else of.name


def scalar(of: Field, now: float) -> Sql:
    """Return the value of a field of run `r` as one SQL expression: number, text, NULL, or a blob for NaN."""
    if of.kind == "run" and of.name in RUN_COLUMNS:
        column = RUN_COLUMNS[of.name]
        return Sql(f"nullif({column}, '')" if of.name in ("group", "note", "host", "user") else column)
    if of == Field("run", "age"):
        return Sql("(? - r.started)", (now,))
    if of == Field("run", "tag"):
        return Sql("(SELECT min(t.tag) FROM tags t WHERE t.run_id = r.run_id)")
    if of.is_derived:
        return Sql(
            "(SELECT coalesce(t.value, x'00') FROM derived t WHERE t.run_id = r.run_id AND t.expr = ?)", (str(of),)
        )
    if of.kind == "call" and of.name != "last":
        text = f"(SELECT {CALLS[of.name]} FROM metrics t INDEXED BY metrics_by_key WHERE t.run_id = r.run_id AND t.key = ?)"  # noqa: S608 - constants
        return Sql(text, (of.metric,))
    found = [_in_place(place, stored_key(of)) for place in places_of(of)]
    return found[0] if len(found) == 1 else Sql(f"coalesce({join(found, ', ').text})", join(found, "").params)


def _in_place(place: Place, key: str) -> Sql:
    index = f"{place.table}_by_{place.key}"
    which = f"t.run_id = r.run_id AND t.{place.key} = ?"
    row = f"(SELECT {place.value} FROM {place.table} t INDEXED BY {index} WHERE {which})"  # noqa: S608 - constants
    used = f"EXISTS(SELECT 1 FROM {place.table} WHERE {place.key} = ?)"  # noqa: S608 - asked once per query, not per run
    return Sql(f"CASE WHEN {used} THEN {row} END", (key, key))
