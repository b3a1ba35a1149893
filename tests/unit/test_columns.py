"""Names of columns: what a key's column is called on disk and in an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.store.rows.columns import (
    KINDS,
    MAX_COLUMNS,
    Column,
    ColumnMap,
    decode_name,
    encode_name,
    logical_columns,
    parse,
    without_collisions,
)

FORBIDDEN = set(' ,;{}()\n\t=:"`') | {chr(code) for code in range(32)}

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
TRICKY = st.lists(
    st.sampled_from(["a", "A", "ß", "SS", "%", "~", "2", ":", "s", "=", '"', "é", "É", " "]), min_size=1, max_size=5
).map("".join)


@given(KEYS | TRICKY)
def test_an_encoded_name_decodes_to_its_key(key: str) -> None:
    """Encoding loses nothing."""
    assert decode_name(encode_name(key)) == key


@given(KEYS | TRICKY)
def test_an_encoded_name_has_no_character_a_table_refuses(key: str) -> None:
    """Delta Lake, and the suffix of the kind, decide which characters a column name cannot have."""
    assert not FORBIDDEN & set(encode_name(key))


@given(st.lists(st.tuples(KEYS | TRICKY, st.sampled_from(KINDS)), max_size=30))
def test_every_column_parses_to_its_key_and_no_two_are_equal(asked: list[tuple[str, str]]) -> None:
    """The map is injective when case is ignored, and its inverse needs no map."""
    column_map = ColumnMap()
    columns = {pair: column_map.column(*pair) for pair in asked}
    assert {pair: parse(name) for pair, name in columns.items() if name} == {pair: Column(*pair) for pair in columns}
    assert len({str(name).lower() for name in columns.values()}) == len(columns)
    assert len({str(name).casefold() for name in columns.values()}) == len(columns)


@given(st.lists(st.tuples(KEYS | TRICKY, st.sampled_from(KINDS)), max_size=20))
def test_a_map_made_from_the_columns_of_a_table_gives_the_same_columns(asked: list[tuple[str, str]]) -> None:
    """A later process gives every key the column it has."""
    first = ColumnMap()
    columns = {pair: first.column(*pair) for pair in asked}
    again = ColumnMap(first.columns)
    assert {pair: again.column(*pair) for pair in reversed(list(columns))} == columns


@pytest.mark.parametrize(
    ("key", "kind", "column"),
    [
        ("loss", "", "loss"),
        ("loss/train", "", "loss/train"),
        ("phase", "s", "phase:s"),
        ("id", "i", "id:i"),
        ("a b", "j", "a%20b:j"),
        ('say "hi"', "b", "say%20%22hi%22:b"),
        ("100%", "", "100%25"),
        ("a:s", "", "a%3As"),
        ("x~2", "", "x%7E2"),
        ("größe", "", "größe"),
        ("_step", "", "_step"),
    ],
)
def test_columns_are_called_as_the_format_says(key: str, kind: str, column: str) -> None:
    """These names are on disk for ever."""
    assert ColumnMap().column(key, kind) == column


def test_keys_that_differ_by_case_get_a_number() -> None:
    """Engines that ignore case can still tell the columns apart."""
    column_map = ColumnMap()
    found = [column_map.column(key, kind) for key, kind in [("loss", ""), ("Loss", ""), ("Loss", "s"), ("LOSS", "s")]]
    assert found == ["loss", "Loss~2", "Loss~2:s", "LOSS~3:s"]


def test_a_key_that_differs_from_a_fixed_column_by_case_gets_a_number() -> None:
    """`STEP` is a key like any other, and not the step."""
    assert ColumnMap().column("STEP", "") == "STEP~2"


def test_only_so_many_keys_get_a_column_and_those_that_have_one_keep_it() -> None:
    """Beyond the limit keys live in `_more`."""
    column_map = ColumnMap(f"k{i}" for i in range(MAX_COLUMNS - 1))
    found = [column_map.column(key, "") for key in ("last", "late", "k0", "last")]
    assert found == ["last", None, "k0", "last"]


@pytest.mark.parametrize(("length", "fits"), [(253, True), (254, False), (64_000, False)])
def test_a_long_name_has_no_column(length: int, *, fits: bool) -> None:
    """File systems and engines stop at 255 bytes, the kind included."""
    assert (ColumnMap().column("k" * length, "s") is not None) == fits


def test_system_columns_are_named_apart_from_keys() -> None:
    """A key never takes the name of a system metric."""
    column_map = ColumnMap(["CPU"], system=["cpu"])
    assert [column_map.column("CPU", ""), column_map.system.column("cpu", "")] == ["CPU", "cpu"]


@pytest.mark.parametrize(
    ("columns", "tags", "shown"),
    [
        (["loss"], {"loss": "f"}, {"loss": '"loss"'}),
        (["n"], {"n": "i"}, {"n": 'CAST("n" AS BIGINT)'}),
        (["n"], {"n": "fi"}, {"n": '"n"'}),
        (["n", "n:i"], {"n": "il"}, {"n": 'COALESCE("n:i", CAST("n" AS BIGINT))'}),
        (["n:i"], {"n": "l"}, {"n": '"n:i"'}),
        (["n:i"], {}, {"n": '"n:i"'}),
        (["n", "n:i"], {"n": "fl"}, {"n": 'COALESCE("n", CAST("n:i" AS DOUBLE))', "n:i": '"n:i"'}),
        (["p:s"], {"p": "s"}, {"p": '"p:s"'}),
        (["p:s", "p"], {"p": "fs"}, {"p": '"p"', "p:s": '"p:s"'}),
        (["p:j", "p:b"], {"p": "bj"}, {"p": '"p:b"', "p:j": '"p:j"'}),
        (["a%20b"], {}, {"a b": '"a%20b"'}),
        (["X", "X~2", "x"], {}, {"X": 'COALESCE("X", "X~2")', "x~2": '"x"'}),
        (["x", "X~2"], {}, {"x": '"x"', "X~2": '"X~2"'}),
        (["p", "p:s", "p%3As"], {}, {"p": '"p"', "p:s~2": '"p:s"', "p:s": '"p%3As"'}),
        (["run_id", "step", "ts", "_seq", "_more"], {}, {}),
    ],
)
def test_an_answer_shows_the_bare_key(columns: list[str], tags: dict[str, str], shown: dict[str, str]) -> None:
    """Numbers win the bare name, integers come back as integers, and what is not shown there stays visible."""
    assert {item.name: item.sql() for item in logical_columns(columns, tags)} == shown


@given(st.lists(st.tuples(KEYS | TRICKY, st.sampled_from(KINDS)), max_size=20))
def test_names_in_an_answer_are_unique(asked: list[tuple[str, str]]) -> None:
    """Two columns of one answer never share a name, case ignored."""
    column_map = ColumnMap()
    columns = dict.fromkeys(name for pair in asked if (name := column_map.column(*pair)))
    names = [item.name.casefold() for item in logical_columns(columns, {})]
    assert len(set(names)) == len(names)


def test_columns_of_several_projects_stand_side_by_side() -> None:
    """What differs only by case between projects is told apart, and still parses to its key."""
    taken: dict[str, str] = {}
    first = without_collisions(["loss", "Loss~2", "p:s"], taken)
    second = without_collisions(["Loss", "loss~2", "P:s", "p"], taken)
    assert (first, second) == (
        {"loss": "loss", "Loss~2": "Loss~2", "p:s": "p:s"},
        {"Loss": "Loss~2", "loss~2": "loss~3", "P:s": "P~2:s", "p": "p"},
    )
