"""The walk over the tree of a filter that makes one SQL condition of it.

A set of runs is asked for by key and used as `r.run_id IN (SELECT ...)`, which SQLite fills once per query from an index, instead of
looking up each run. Invariant: NULL counts as "does not match" at every level, so `not x` is always the runs that `x` leaves out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from functools import singledispatchmethod

from eventide.store.filter.conditions import (
    ALWAYS,
    among,
    every,
    flagged,
    like,
    marks,
    negation,
    number_test,
    runs_of,
    some,
    stored_equal,
    stored_test,
    text_test,
)
from eventide.store.filter.expressions import CALLS, RUN_COLUMNS, Place, Sql, places_of, scalar, stored_key
from eventide.store.filter.literals import moment
from eventide.store.filter.tree import (
    And,
    Between,
    Compare,
    Field,
    FieldType,
    Has,
    HasNan,
    In,
    Node,
    Not,
    Or,
    Phrase,
    Regex,
    Value,
    Word,
)


class Compiler:
    """One walk over one tree."""

    def __init__(self, now: float, tz: tzinfo | None) -> None:
        self.now = now
        self.tz = tz
        self.derived: dict[Field, None] = {}
        """Fields whose values have to be computed from the whole curve."""

    @singledispatchmethod
    def condition(self, node: Node) -> Sql:
        """Return the condition of a node."""
        raise TypeError(node)

    @condition.register
    def _(self, node: And) -> Sql:
        return every([self.condition(part) for part in node.parts])

    @condition.register
    def _(self, node: Or) -> Sql:
        return some([self.condition(part) for part in node.parts])

    @condition.register
    def _(self, node: Not) -> Sql:
        return negation(self.condition(node.part))

    @condition.register
    def _(self, node: Compare) -> Sql:
        if node.op == "!=":
            return negation(self.condition(Compare(node.field, "=", node.value)))
        if node.value.kind == "null":
            return negation(self._present(node.field))
        return self._matches(node.field, [(node.op, node.value)])

    @condition.register
    def _(self, node: In) -> Sql:
        nulls = [negation(self._present(node.field))] if any(value.kind == "null" for value in node.values) else []
        rest = [value for value in node.values if value.kind != "null"]
        return some([*nulls, *([self._equals_any(node.field, rest)] if rest else [])])

    @condition.register
    def _(self, node: Between) -> Sql:
        low, high = node.low, node.high
        if node.field.type is FieldType.TIME and self._span(low)[0] > self._span(high)[0]:
            low, high = high, low
        return self._matches(node.field, [(">=", low), ("<=", high)])

    @condition.register
    def _(self, node: Has) -> Sql:
        return self._present(node.field)

    @condition.register
    def _(self, node: HasNan) -> Sql:
        if node.metric is None:
            return among([runs_of("metrics", Sql("t.nonfinite > 0"))])
        return among([runs_of("metrics", Sql("t.nonfinite > 0 AND t.key = ?", (node.metric,)))])

    @condition.register
    def _(self, node: Word) -> Sql:
        return _search(Value("text", node.text))

    @condition.register
    def _(self, node: Phrase) -> Sql:
        return _search(Value("quoted", node.text))

    @condition.register
    def _(self, node: Regex) -> Sql:
        pattern = flagged(node.pattern, node.flags)
        return some([Sql("regexp(?, r.name)", (pattern,)), Sql("regexp(?, r.run_id)", (pattern,))])

    def _equals_any(self, field: Field, values: list[Value]) -> Sql:
        """Return the condition of equality with one of several values."""
        if field.type in (FieldType.TEXT, FieldType.STATE):
            texts = tuple(value.text.lower() if field.type is FieldType.STATE else value.text for value in values)
            if field.name == "tag":
                return among([runs_of("tags", Sql(f"t.tag IN ({marks(texts)})", texts))])
            return Sql(f"{RUN_COLUMNS[field.name]} IN ({marks(texts)})", texts)
        if field.type is FieldType.ANY:
            return self._somewhere(field, lambda place: stored_equal(place, tuple(values)))
        return some([self._matches(field, [("=", value)]) for value in values])

    def _matches(self, field: Field, tests: list[tuple[str, Value]]) -> Sql:
        """Return the condition that one value of the field passes every test."""
        if field.type is FieldType.ANY and not field.is_derived:
            return self._somewhere(field, lambda place: every([stored_test(place, op, value) for op, value in tests]))
        if field.kind == "call":
            return self._call(field, every([number_test(op, value) for op, value in tests]))
        if field.type is FieldType.TIME:
            return every([self._time_test(RUN_COLUMNS[field.name], op, value) for op, value in tests])
        if field.type in (FieldType.SPAN, FieldType.NUMBER):
            value_sql = scalar(field, self.now)
            return every([_with(value_sql, number_test(op, value)) for op, value in tests])
        return self._text(field, tests)

    def _text(self, field: Field, tests: list[tuple[str, Value]]) -> Sql:
        """Return the condition that a text of the run, or one and the same tag, passes every test."""
        if field.type is FieldType.STATE:
            return self._equals_any(field, [value for _, value in tests])
        if field.name == "tag":
            return among([runs_of("tags", every([text_test("t.tag", op, value) for op, value in tests]))])
        return every([text_test(RUN_COLUMNS[field.name], op, value) for op, value in tests])

    def _call(self, field: Field, test: Sql) -> Sql:
        """Return the condition that a function of a metric passes a test on `@`."""
        if field.is_derived:
            self.derived[field] = None
            text = test.text.replace("@nan", "t.value IS NULL").replace("@", "t.value")
            return among([runs_of("derived", Sql(f"t.expr = ? AND {text}", (str(field), *test.params)))])
        value = CALLS[field.name]
        text = test.text.replace("@nan", f"(t.nonfinite > 0 AND {value} IS NULL)").replace("@", f"({value})")
        return among([runs_of("metrics", Sql(f"t.key = ? AND {text}", (field.metric, *test.params)))])

    def _somewhere(self, field: Field, test: Callable[[Place], Sql]) -> Sql:
        """Return the condition that the value passes a test in the first place that has the field's key."""
        key = stored_key(field)
        branches: list[Sql] = []
        earlier: list[Sql] = []
        for place in places_of(field):
            passed = test(place)
            branches.append(runs_of(place.table, every([Sql(f"t.{place.key} = ?", (key,)), passed, *earlier])))
            holders = runs_of(place.table, Sql(f"t.{place.key} = ? AND NOT ({place.null})", (key,)))
            earlier.append(Sql(f"t.run_id NOT IN ({holders.text})", holders.params))
        return among(branches)

    def _present(self, field: Field) -> Sql:
        """Return the condition that a field is there and not null."""
        if field.type is FieldType.ANY:
            return among([query for place in places_of(field) for query in _present_in(place, stored_key(field))])
        if field.kind == "call":
            return self._call(field, ALWAYS if field.is_derived else Sql("@ IS NOT NULL"))
        if field.name == "tag":
            return among([runs_of("tags", ALWAYS)])
        value = scalar(field, self.now)
        return Sql(f"{value.text} IS NOT NULL", value.params)

    def _span(self, value: Value) -> tuple[float, float]:
        """Return the moment a value means as its first second and the first one after it."""
        if value.kind == "duration" and value.number is not None:
            return self.now - value.number, self.now - value.number
        if value.kind == "number" and value.number is not None:
            return value.number, value.number
        return moment(value.text, self.now, self.tz)

    def _time_test(self, column: str, op: str, value: Value) -> Sql:
        """Compare with a moment: `=` is the whole day or minute, `>` counts from its beginning, `<=` includes it."""
        start, stop = self._span(value)
        if start == stop:
            return Sql(f"{column} {'=' if op == ':' else op} ?", (start,))
        if op in ("=", ":"):
            return Sql(f"{column} >= ? AND {column} < ?", (start, stop))
        return Sql(f"{column} {'<' if op in ('<', '<=') else '>='} ?", (stop if op == "<=" else start,))


def _search(value: Value) -> Sql:
    """Return the condition that a word or phrase is found in a run's name, id, group, note or tags."""
    columns = [like(column, value) for column in ("r.name", "r.group_name", "r.notes")]
    return some([*columns, like("r.run_id", value, prefix=True), among([runs_of("tags", like("t.tag", value))])])


def _present_in(place: Place, key: str) -> list[Sql]:
    """Return queries of the runs that have a key in a place; a branch of the config counts like a leaf."""
    which = [Sql(f"t.{place.key} = ?", (key,))]
    if place.table == "params":
        which.append(Sql("t.path > ? AND t.path < ?", (f"{key}.", f"{key}/")))  # "/" is the character after "."
    return [runs_of(place.table, every([one, Sql(f"NOT ({place.null})")])) for one in which]


def _with(value: Sql, test: Sql) -> Sql:
    """Return a test on `@` with a value in its place."""
    return Sql(test.text.replace("@nan", "0").replace("@", value.text), (*value.params, *test.params))
