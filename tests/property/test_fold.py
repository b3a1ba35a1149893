"""Folding rows into statistics: in pieces, by columns, and at once."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.clock import SYSTEM_CLOCK
from eventide.journal.reader import read_chunks, read_header, read_tags
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.store.index.advance import split_records
from eventide.store.index.fold import KeyStats, Limits, fold_rows, guess_goal
from eventide.store.index.fold_arrow import fold_chunk

NUMBERS = st.one_of(
    st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, -math.inf, 0.1]), st.integers(-1000, 1000)
)
VALUES = st.one_of(
    NUMBERS,
    NUMBERS,
    st.text(max_size=5),
    st.booleans(),
    st.none(),
    st.integers(2**53, 2**62),
    st.lists(st.integers(), max_size=2),
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["loss", "acc", "a b", "step", "_x"]), VALUES, min_size=1), min_size=1, max_size=60
)


def write(folder: Path, rows: list[dict[str, Any]], steps: list[int] | None = None) -> Path:
    """Write rows as a part, and return its path."""
    layout = Layout(folder)
    layout.create(now_s=0.0)
    writer = JournalWriter(layout, Identity("r", "p", "run"), clock=SYSTEM_CLOCK)
    for number, row in enumerate(rows):
        writer.append(row, None if steps is None else steps[number])
    writer.close({"status": "finished"})
    return next((folder / "runs" / "r").iterdir())


def assert_same(expected: dict[str, KeyStats], actual: dict[str, KeyStats]) -> None:
    """Compare statistics: exactly, but for mean and m2, because summing in another order rounds differently."""
    left, right = ({key: stats for key, stats in side.items() if stats.count} for side in (expected, actual))
    assert left.keys() == right.keys()
    for key, one in left.items():
        other = right[key]
        for field in fields(KeyStats):
            a, b = getattr(one, field.name), getattr(other, field.name)
            if field.name in ("mean", "m2"):
                assert math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-3), (key, field.name)
            elif field.name != "tags":
                assert a == b, (key, field.name)


@given(rows=ROWS, cut=st.integers(0, 60))
def test_folding_in_two_pieces_and_merging_is_folding_at_once(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], cut: int
) -> None:
    """Statistics of two pieces, merged, are the statistics of the whole."""
    path = write(tmp_path_factory.mktemp("store"), rows)
    records = [record for chunk in read_chunks(path, 0) for record in split_records(chunk)[0]]

    whole = fold_rows(records)
    first = fold_rows(records[:cut])
    second = fold_rows(records[cut:], Limits(since_ts=first.last_ts))
    merged = first.stats
    for key, stats in second.stats.items():
        merged.setdefault(key, KeyStats()).merge(stats)

    assert_same(whole.stats, merged)
    assert whole.rows == first.rows + second.rows


@given(rows=ROWS, before=st.one_of(st.none(), st.integers(0, 60)))
def test_folding_by_columns_gives_what_folding_by_rows_gives(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], before: int | None
) -> None:
    """The Arrow path and the plain path agree on every statistic, also when later attempts cut rows off."""
    path = write(tmp_path_factory.mktemp("store"), rows)
    header = read_header(path)
    assert header is not None
    (chunk,) = read_chunks(path, 0)
    limits = Limits(before_step=math.inf if before is None else before)

    plain_rows, plain_others = split_records(chunk)
    plain = fold_rows(plain_rows, limits)
    by_columns, others = fold_chunk(header, chunk, read_tags(path, chunk.end), limits)

    assert_same(plain.stats, by_columns.stats)
    assert (plain.rows, plain.min_step) == (by_columns.rows, by_columns.min_step)
    assert [offset for offset, _ in plain_others] == [offset for offset, _ in others]


@pytest.mark.parametrize(
    ("key", "goal"),
    [
        ("loss", "min"),
        ("val/acc", "max"),
        ("train/f1_score", "max"),
        ("time_s", "min"),
        ("eval\\reward", "max"),
        ("x", "min"),
        ("val_loss", "min"),
    ],
)
def test_the_goal_of_a_metric_is_guessed_from_its_name(key: str, goal: str) -> None:
    """Accuracies and rewards go up, losses and times go down, the unknown goes down."""
    assert goal == guess_goal(key)
