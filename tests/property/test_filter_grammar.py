"""The grammar of filters under any text: a tree or an error, and a tree's text is that tree again."""

from __future__ import annotations

import time
from datetime import UTC
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.errors import InvalidFilter
from eventide.store.filter.filters import compile_filter, compile_sort
from eventide.store.filter.grammar import parse, parse_field
from eventide.store.filter.tree import ALL, FIELDS, FUNCTIONS, Field, Node
from eventide.store.index.database import Index

PIECES = [
    *FIELDS, *(f"{name}(" for name in FUNCTIONS), "config.", "metric.", "has:", "has_nan", "and", "or", "not ", "!", "in", "between",
    "(", ")", ",", "..", ":", "=", "!=", "<", "<=", ">", ">=", "~", "/", '"', "'", "`", "\\", " ", "\n", "*", "?", "%", "_", "-", "@",
    "val/acc", "lr", "1", "0.5", "1e-3", "nan", "null", "true", "inf", "2d", "today", "2026-11-20", "10:00", "failed", "running",
    "é", "ß", "\u3000", "😀", "[a-z]+", "(a|b)", ".*", "x{2}", "\x00", "\ud800", ";", "--", "NULL",
]  # fmt: skip
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
paths = st.text(alphabet="abz019_./-é `*(:,", min_size=1, max_size=8)
numbers = st.one_of(st.integers(-(10**20), 10**20).map(str), st.floats(allow_nan=False).map(repr))


def quote(text: str) -> str:
    """Return text between double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


quoted = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8).map(quote)
keys = paths.map(lambda path: str(Field("path", path)))
values = st.one_of(numbers, quoted, st.sampled_from(["true", "null", "nan", "2d", "today", "2026-11-20", "a*"]))
terms = st.one_of(
    st.builds("{}{}{}".format, keys, st.sampled_from([":", "=", "!="]), values),
    st.builds("{} < {}".format, keys, numbers),
    st.builds("{} in ({}, {})".format, keys, values, values),
    st.builds("{} between {}..{}".format, keys, quoted, quoted),
    st.builds("has:{}".format, keys),
    quoted,
    st.sampled_from(
        ["resnet", "v?t*", "/a.c/i", r"/a\/b\\/", "has_nan", "started>monday", "not tag in (a, b)", "age<2d"]
    ),
)
filters = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("{} {}".format, inner, inner),
        st.builds("({}) or {}".format, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("!{}".format, inner),
    ),
    max_leaves=8,
)


@cache
def index() -> Index:
    """Return an empty index to prepare statements on."""
    return Index(None)


def run(node: Node) -> None:
    """Run a compiled filter on an empty index."""
    compiled = compile_filter(node, 1.8e9, UTC)
    index().db.execute(f"SELECT 1 FROM runs r WHERE {compiled.sql}", compiled.params).fetchall()


def outcome(text: str) -> Node | InvalidFilter:
    """Return the tree of a text, or the error."""
    try:
        return parse(text)
    except InvalidFilter as error:
        return error


@given(texts)
def test_any_text_is_a_tree_or_an_error(text: str) -> None:
    """Any text parses, compiles and runs, or raises InvalidFilter with an offset within the text."""
    node = outcome(text)
    if isinstance(node, InvalidFilter):
        assert 0 <= node.position <= len(text)
        assert node.text == text
    else:
        assert parse(str(node)) == node
        run(node)


@given(filters)
def test_the_canonical_text_is_the_same_tree(text: str) -> None:
    """The text of a tree parses to that tree, and its own text is itself."""
    node = parse(text)
    assert parse(str(node)) == node
    assert str(parse(str(node))) == str(node)
    run(node)


@given(paths, st.sampled_from(["path", "config", "metric"]))
def test_every_key_can_be_written(path: str, kind: str) -> None:
    """Any key is a field again when its text is read, whatever its characters."""
    field = Field("config" if kind == "config" else "metric" if kind == "metric" else "path", path)
    assert parse_field(str(field)) == field


@given(texts)
def test_any_sort_is_an_order_or_an_error(text: str) -> None:
    """Any text is a sort that runs, or raises InvalidFilter."""
    try:
        order = compile_sort(text, 1.8e9)
    except InvalidFilter:
        return
    index().db.execute(f"SELECT 1 FROM runs r ORDER BY {order.sql}", order.params).fetchall()


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_nothing_matches_everything(text: str) -> None:
    """An empty filter is the tree that matches every run."""
    assert parse(text) == ALL


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 30_000 + "a" + ")" * 30_000,
        "not " * 10_000 + "a",
        "!" * 60_000 + "a",
        "a " * 30_000,
        "a or " * 10_000 + "b",
        "x in (" + "1," * 20_000 + "1)",
        '"' + "\\" * 60_000,
        "/" + "(" * 60_000 + "/",
        "/" + "(a+)+" * 50 + "b/",
        "lr<" + "9" * 60_000,
        "age<" + "9" * 60_000 + "w",
        "best(" * 10_000,
        "a" * 65_000 + "=1",
    ],
)
def test_a_huge_text_is_answered_at_once(text: str) -> None:
    """A text built to exhaust a parser is read or refused within a second, and never overflows the stack."""
    parse("/(a|b)+/")  # what is imported once is not counted
    begun = time.perf_counter()
    node = outcome(text)
    if not isinstance(node, InvalidFilter):
        run(node)
    assert time.perf_counter() - begun < 1.0


def test_a_tree_of_the_largest_size_runs() -> None:
    """128 terms, nested as deeply as allowed around the largest of conditions, stay within the limits of SQLite."""
    run(parse(" ".join(f"a{i}!={i}" for i in range(128))))
    run(parse("(" * 49 + "a<1 or b" + ")" * 49))
    run(parse("not " * 16 + "a in (1, b, null)"))
    run(parse("(x or (y " * 8 + "a in (1, b, null)" + "))" * 8))
    run(parse("not (x or not (y " * 4 + "a in (1, b, null)" + "))" * 4))


def test_a_deeper_tree_is_refused() -> None:
    """One level more than allowed is an error of the filter, not of SQLite."""
    with pytest.raises(InvalidFilter, match="nested deeper than 16 levels"):
        parse("(x or (y " * 8 + "(a or not b)" + "))" * 8)
