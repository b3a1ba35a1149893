"""The bounded YAML reader against PyYAML's own safe loader."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from eventide.errors import InvalidValue
from eventide.hydra.yaml import flatten, read_yaml

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    [
        "1e-3",
        "1_000",
        "0o7",
        "007",
        "yes",
        "~",
        "null",
        "???",
        "${oc.env:HOME}",
        "2001-01-01",
        "12:30:45",
        "=",
        "<<",
        "- a",
        ".inf",
    ]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | _TEXT
    | st.dates()
    | st.datetimes(timezones=st.none())
    | st.binary(max_size=8)
)
_KEYS = _TEXT | st.integers() | st.booleans()
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4) | st.sets(_TEXT, max_size=3),
    max_leaves=20,
)


@given(_TREES, st.booleans())
def test_it_reads_what_safe_load_reads(tree: Any, flow: bool) -> None:
    """Any plain document, in block or flow style, means the same to both."""
    text = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True)

    found = read_yaml(text.encode())

    assert repr(yaml.safe_load(text)) == repr(found)


@given(st.text(max_size=60))
def test_any_text_is_read_alike_or_refused(text: str) -> None:
    """What safe_load refuses is refused, and what both read is the same."""
    try:
        expected = yaml.load(text.encode("utf-8", "replace"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError):
        return
    try:
        found = read_yaml(text.encode("utf-8", "replace"))
    except InvalidValue:
        pytest.fail(f"safe_load reads {text!r} as {expected!r}")

    assert repr(expected) == repr(found)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), _TREES, max_size=5))
def test_flattening_keeps_every_leaf(tree: dict[str, Any]) -> None:
    """Each leaf is found under its joined key, and nothing else is."""

    def leaves(value: Any, path: tuple[str, ...]) -> dict[str, Any]:
        if isinstance(value, dict) and value:
            return {key: leaf for name, item in value.items() for key, leaf in leaves(item, (*path, str(name))).items()}
        return {"/".join(path): value}

    expected = leaves(tree, ()) if tree else {}
    assert repr(expected) == repr(flatten(tree))
