"""What is offered while a filter is being typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.store.filter.completion import Expectation, complete
from eventide.store.filter.tree import STATES


def first(text: str) -> Expectation:
    """Return the likeliest expectation at the end of a text."""
    return complete(text, len(text))[0]


@pytest.mark.parametrize(
    ("text", "kind", "prefix", "candidates"),
    [
        ("sta", "field", "sta", ("state", "started")),
        ("(bes", "field", "bes", ("best(",)),
        ("state ", "operator", "", (":", "=", "!=", "in (", "not in (")),
        ("lr not i", "field", "i", ("id",)),
        ("state:", "value", "", STATES),
        ("state in (failed, c", "value", "c", ("crashed",)),
        ("started>yes", "value", "yes", ("yesterday",)),
        ("best(val/a", "metric", "val/a", ()),
        ("has_nan:v", "metric", "v", ()),
        ("at(val/acc,", "number", "", ()),
        ("lr<1 ", "connective", "", ("and", "or")),
        ("has:sta", "field", "sta", ("state", "started")),
        ('optimizer.name="ad', "value", "ad", ()),
        ("`odd k", "field", "odd k", ()),
    ],
)
def test_the_likeliest_expectation(text: str, kind: str, prefix: str, candidates: tuple[str, ...]) -> None:
    """At the end of a text, the kind of thing, what is typed of it and what the grammar knows are told."""
    expected = first(text)
    assert (expected.kind, expected.prefix, expected.candidates) == (kind, prefix, candidates)


def test_a_value_names_its_field() -> None:
    """Whoever completes a value learns which facet to ask for, and from where to replace."""
    expected = first("lr<1 and optimizer.name=ad")
    assert (str(expected.field), expected.start) == ("optimizer.name", 24)


def test_only_the_text_before_the_cursor_counts() -> None:
    """Completion in the middle of a filter ignores what follows."""
    assert complete("sta and lr<1", 3) == complete("sta", 3)


def test_nothing_is_offered_behind_a_mistake() -> None:
    """After a text that does not parse, there is nothing to offer."""
    assert complete("resnet) ", 8) == ()


@given(st.text(alphabet="ab(:=<>!~`\"'/ .,1\x00in", max_size=40), st.integers(-5, 50))
def test_completion_never_raises(text: str, cursor: int) -> None:
    """Any text and any cursor give expectations whose start lies before the cursor."""
    for expected in complete(text, cursor):
        assert 0 <= expected.start <= max(0, min(cursor, len(text)))
