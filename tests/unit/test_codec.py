"""The codec's own promises: tags, limits and forms it does not know."""

from __future__ import annotations

from typing import Any

import pytest

from eventide.errors import InvalidValue
from eventide.journal.codec import MAX_DEPTH, decode, encode, is_number


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        (1, "i"),
        (2**53, "i"),
        (2**53 + 1, "l"),
        (2**63, "j"),
        (1.0, "f"),
        (float("nan"), "f"),
        (True, "b"),
        ("x", "s"),
        ("NaN", "j"),
        (None, "n"),
        ([1], "j"),
        ({}, "j"),
    ],
)
def test_tag_says_which_column_a_value_belongs_to(value: Any, tag: str) -> None:
    """Each kind of value has its tag, and integers beyond exact doubles one of their own."""
    assert encode(value)[0] == tag


def test_nesting_has_a_limit() -> None:
    """Nesting up to the limit is kept, one level more is refused."""
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert decode(encode(value)[1]) == value
    with pytest.raises(InvalidValue, match="64 levels"):
        encode([value])


@pytest.mark.parametrize(
    "raw", [{"_future": 1}, {"_decimal": "x"}, {"_datetime": 3}, {"_range": [1, 2, 3, 4]}, {"_array": {}}]
)
def test_unknown_form_comes_back_as_it_is(raw: Any) -> None:
    """A form of a later version, or one that is damaged, is handed out as the dict it is."""
    assert decode(raw) == raw


def test_unknown_type_is_refused_without_an_extension() -> None:
    """Without an extension only the standard types are taken."""
    with pytest.raises(InvalidValue, match="object"):
        encode(object())


@pytest.mark.parametrize(
    ("raw", "yes"), [(1, True), (1.5, True), ("NaN", True), (True, False), ("x", False), (None, False)]
)
def test_numbers_are_told_from_the_rest(raw: Any, yes: bool) -> None:
    """Non-finite names count as numbers, booleans do not."""
    assert is_number(raw) is yes
