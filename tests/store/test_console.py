"""Console text by pages: every page is a stretch of the whole, whoever wrote it and wherever it lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eventide.errors import RunNotFound
from eventide.store.local import LocalSource
from eventide.store.rows import console
from eventide.testing import FakeClock, make_run

LINES = 30


@pytest.fixture(params=["sealed", "live", "both"])
def source(request: pytest.FixtureRequest, store_dir: Path) -> Iterator[LocalSource]:
    """Return a store with a run of one writer, one of two who write at the same time, and one that is silent."""
    clock = FakeClock()
    one = make_run(store_dir, "one", clock=clock, status=None)
    ranks = [
        make_run(store_dir, "two", clock=clock, status=None, rank=rank, role=role)
        for rank, role in enumerate(("run", "rank"))
    ]
    make_run(store_dir, "silent", [{"loss": 1.0}], clock=clock)
    with closing(LocalSource(store_dir, clock=clock)) as found:
        for number in range(LINES):
            clock.advance(1)
            one.console(f"one {number}\n", "stderr" if number % 7 == 0 else "stdout")
            ranks[number * 7 % 2].console(f"two {number}\n")
            if request.param == "both" and number % 8 == 5:
                found.seal(include_open=True)
        for writer in (one, *ranks):
            writer.close({"status": "finished"})
        if request.param == "sealed":
            found.seal()
        yield found


@pytest.mark.parametrize("run_id", ["one", "two"])
def test_pages_are_stretches_of_the_whole(source: LocalSource, run_id: str) -> None:
    """Whatever page is asked for, it is that part of the whole text, and the whole is in the order of time."""
    whole = source.console(run_id)
    assert [line.text for line in whole] == [f"{run_id} {number}\n" for number in range(LINES)]
    assert source.console_count(run_id) == LINES
    for after in range(0, LINES + 3, 4):
        for limit in (0, 1, 7, None):
            stop = None if limit is None else after + limit
            assert source.console(run_id, after=after, limit=limit) == whole[after:stop]


def test_a_clock_that_went_back_is_no_obstacle(store_dir: Path) -> None:
    """Lines of one writer whose clock went back come by their times, as in a whole."""
    clock = FakeClock()
    writer = make_run(store_dir, "back", clock=clock, status=None)
    for seconds in (5, 1, -4, 2, 2, 0, 0):
        clock.advance(seconds)
        writer.console(f"{clock.now_s}\n")
    writer.close({"status": "finished"})
    with closing(LocalSource(store_dir, clock=clock)) as source:
        source.seal()
        whole = source.console("back")
        assert [line.ts for line in whole] == sorted(line.ts for line in whole)
        assert [source.console("back", after=n, limit=1) for n in range(7)] == [[line] for line in whole]


def test_a_silent_run_has_no_text_and_a_run_that_is_not_there_is_not_found(source: LocalSource) -> None:
    """No text is an empty answer; no run is an error."""
    assert (source.console("silent"), source.console_count("silent")) == ([], 0)
    for ask in (source.console, source.console_count):
        with pytest.raises(RunNotFound):
            ask("nobody")


def test_a_page_reads_the_text_of_no_other(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file whose lines are known, a page reads the row groups that it needs."""
    writer = make_run(store_dir, "long", status=None)
    for number in range(50):
        writer.console(f"{number}\n")
    writer.close({"status": "finished"})
    with closing(LocalSource(store_dir)) as source:
        source.seal()
        assert source.console_count("long") == 50
        read: list[object] = []
        lines = console._Stretch.lines
        monkeypatch.setattr(console, "_of_file", None)

        def counted(stretch: Any, rows: Any) -> Any:
            read.append(rows)
            return lines(stretch, rows)

        monkeypatch.setattr(console._Stretch, "lines", counted)
        assert [line.text for line in source.console("long", after=20, limit=2)] == ["20\n", "21\n"]
        assert read == [slice(20, 22)]
