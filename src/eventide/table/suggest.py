"""What may be typed next in a filter, with the names and values that the data has.

Invariant: never raises for a text; what is offered continues the text into one that parses so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eventide.model import RunQuery
from eventide.store.filter.completion import Expectation, complete
from eventide.store.filter.grammar import parse
from eventide.store.filter.tree import KEYWORDS, Field, quote_key

if TYPE_CHECKING:
    from eventide.source import Source

MAX_ITEMS = 50
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-")


class Suggestion(NamedTuple):
    """One continuation."""

    text: str
    kind: str
    """`field`, `metric`, `param`, `operator`, `value`, `connective`."""
    detail: str = ""
    runs: int | None = None
    """How many runs have the value or key."""


class Suggestions(NamedTuple):
    """Continuations of a text, and which stretch of it they replace."""

    start: int
    end: int
    items: list[Suggestion]


def suggest(source: Source, text: str, cursor: int, project: str | None = None) -> Suggestions:
    """Return what may stand at offset `cursor` of a filter, the likeliest first."""
    expected = complete(text, cursor)
    if not expected:
        return Suggestions(cursor, cursor, [])
    start = expected[0].start
    found: dict[str, Suggestion] = {}
    for expectation in expected:
        if expectation.start == start:
            for item in _of(source, expectation, project):
                found.setdefault(item.text, item)
    return Suggestions(start, cursor, list(found.values())[:MAX_ITEMS])


def canonical(text: str) -> str:
    """Return a filter as the grammar writes it; raises InvalidFilter with the position when it does not parse."""
    return str(parse(text))


def _of(source: Source, expectation: Expectation, project: str | None) -> list[Suggestion]:
    prefix = expectation.prefix.lower()
    known = [Suggestion(text, expectation.kind) for text in expectation.candidates]
    if expectation.kind == "value" and expectation.field is not None:
        facets = source.facets(expectation.field.name, RunQuery(project=project, limit=None, keys=(), details=False))
        values = [
            Suggestion(quoted(text), "value", "", facet.runs)
            for facet in facets
            if (text := _text(facet.value)).lower().startswith(prefix)
        ]
        return [*values, *(item for item in known if item.text not in {value.text for value in values})]
    if expectation.kind in ("field", "metric"):
        keys = {key.key: key.runs for key in source.keys(project=project) if key.numeric or expectation.kind == "field"}
        metrics = [Suggestion(named(key), "metric", "", runs) for key, runs in keys.items() if prefix in key.lower()]
        metrics.sort(key=lambda item: (not item.text.lower().startswith(prefix), -(item.runs or 0), item.text))
        params = _params(source, project, prefix) if expectation.kind == "field" else []
        return [*params, *metrics, *known] if prefix else [*known, *params, *metrics]
    return known


def _params(source: Source, project: str | None, prefix: str) -> list[Suggestion]:
    """Return the parameters of the newest runs."""
    page = source.runs(RunQuery(project=project, limit=100, keys=()))
    counts: dict[str, int] = {}
    for run in page.runs:
        for path in run.params:
            counts[path] = counts.get(path, 0) + 1
    found = [Suggestion(named(path), "param", "", runs) for path, runs in counts.items() if prefix in path.lower()]
    return sorted(found, key=lambda item: (not item.text.lower().startswith(prefix), -(item.runs or 0), item.text))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def named(key: str) -> str:
    """Return a key as a filter takes it: in back-ticks where it has odd characters or means something else bare."""
    return quote_key(key) if key[:1].isdigit() else str(Field("path", key))


def quoted(value: str) -> str:
    """Return a value as a filter takes it: in quotes where it has odd characters."""
    if set(value) <= _PLAIN and value.lower() not in KEYWORDS and value[:1].isalnum():
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
