"""Curves of sealed files: what is read at once, what is kept for the next question, and what several writers need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventide.model import Attempts, Series, SeriesQuery
from eventide.store.local import LocalSource
from eventide.store.rows import held
from eventide.store.rows.held import Held
from eventide.store.rows.parquet import read_groups
from eventide.store.rows.stretches import Need
from eventide.testing import FakeClock, make_run

ROWS = [{"loss": 1 / (step + 1), **({"acc": step / 10} if step % 3 == 0 else {})} for step in range(100)]


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@pytest.fixture
def source(store_dir: Path, clock: FakeClock) -> Iterator[LocalSource]:
    """Return a store with two sealed runs, two writers in the second, in several files."""
    make_run(store_dir, "a", ROWS[:50], clock=clock, status=None).close({})
    with closing(LocalSource(store_dir, clock=clock)) as found:
        found.seal()
        make_run(store_dir, "b", ROWS, clock=clock)
        clock.advance(10)
        make_run(store_dir, "b", ROWS[60:], steps=range(60, 100), clock=clock, attempt=2)
        found.seal()
        yield found


def files(source: LocalSource) -> list[str]:
    """Return the sealed files of the rows."""
    return source._sealed.files("demo", "events")


def curves(source: LocalSource, *run_ids: str, key: str = "loss", attempts: Attempts = "last") -> list[Series]:
    """Return every point of some curves."""
    found = source.series(SeriesQuery(run_ids, (key,), attempts=attempts))
    return [curve for curve in found if isinstance(curve, Series)]


def test_a_question_asked_again_reads_nothing(source: LocalSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """Curves on another grid come from what was read, and are the same as read anew."""
    query = SeriesQuery(("a",), ("loss", "acc"), bins=7)
    source.series(SeriesQuery(("a",), ("loss", "acc"), bins=5))
    monkeypatch.setattr(held, "read_groups", None)
    again = source.series(query)
    monkeypatch.undo()
    with closing(LocalSource(source.layout.root)) as fresh:
        for mine, theirs in zip(again, fresh.series(query), strict=True):
            for field in ("edges", "count", "min", "max", "mean", "last"):
                np.testing.assert_array_equal(getattr(mine, field), getattr(theirs, field))


def test_what_nobody_uses_is_let_go(source: LocalSource, clock: FakeClock) -> None:
    """Some seconds after the last question nothing of it is held."""
    source.series(SeriesQuery(("a",), ("loss",), bins=5))
    kept = source._read().held
    assert kept.size_bytes > 0
    clock.advance(held.HELD_S + 1)
    source.refresh()
    assert kept.size_bytes == 0


def test_what_is_held_stays_below_its_size(source: LocalSource, clock: FakeClock) -> None:
    """The oldest goes when there is no room for the newest; what would take most of the room is not kept at all."""
    wanted, names = frozenset(("a", "b")), files(source)
    room = Held(clock, max_bytes=8_000)
    for key in ("loss", "acc", "loss", "acc"):
        room.read(names, wanted, (key,), Need.PLACE)
        assert room.size_bytes <= 8_000
    small = Held(clock, max_bytes=1_000)
    small.read(names, wanted, ("loss",), Need.PLACE)
    assert small.size_bytes == 0


def test_a_file_that_is_gone_is_asked_for_in_vain(source: LocalSource) -> None:
    """What was read of a file that was removed since is not given out: its rows are elsewhere by now."""
    kept, names = source._read().held, files(source)
    kept.read(names, frozenset("a"), ("loss",), Need.STEPS)
    Path(names[0]).unlink()
    with pytest.raises(FileNotFoundError):
        kept.read(names, frozenset("a"), ("loss",), Need.STEPS)


def test_one_question_for_runs_of_one_and_of_several_writers(source: LocalSource) -> None:
    """A run with a second attempt shows each repeated step once, beside one that has a single writer."""
    a, b = curves(source, "a", "b")
    assert (a.run_id, len(a.y), b.run_id) == ("a", 50, "b")
    np.testing.assert_array_equal(b.x, np.arange(100))
    everything = curves(source, "b", attempts="all")
    assert len(everything[0]) == 140


def test_a_sparse_key_has_its_own_steps(source: LocalSource) -> None:
    """A key logged in every third row has every third step, with the rows' times."""
    (acc,) = curves(source, "a", key="acc")
    np.testing.assert_array_equal(acc.step, np.arange(0, 50, 3))
    np.testing.assert_array_equal(acc.y, acc.step / 10)
    assert len(acc.ts) == len(acc.y)


def test_rows_that_were_reshuffled_come_in_their_order(source: LocalSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of one writer that another engine put in another order are told in logging order all the same."""
    plain = curves(source, "a")

    def backwards(*arguments: Any) -> Iterator[Any]:
        for table in read_groups(*arguments):
            yield table.take(list(range(table.num_rows - 1, -1, -1)))

    monkeypatch.setattr(held, "read_groups", backwards)
    with closing(LocalSource(source.layout.root)) as other:
        (found,) = curves(other, "a")
    np.testing.assert_array_equal(found.y, plain[0].y)
    np.testing.assert_array_equal(found.step, plain[0].step)
