"""Many who ask at once: one look at the store and one answer serve all of them, and nobody gets an old one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from eventide.errors import StoreDamaged
from eventide.model import Edit, RunQuery, SeriesQuery
from eventide.server.served import Tables
from eventide.store.local import LocalSource
from eventide.testing import make_run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.conftest import Running, Serve


class CountedLock:
    """A lock that knows how many came to it."""

    def __init__(self, enough: int) -> None:
        self._lock = threading.RLock()
        self._coming = 0
        self._enough = enough
        self.all_there = threading.Event()

    def __enter__(self) -> None:
        self._coming += 1
        if self._coming >= self._enough:
            self.all_there.set()
        self._lock.acquire()

    def __exit__(self, *_error: object) -> None:
        self._lock.release()


def test_of_questions_that_waited_one_looks_for_all(store: Path) -> None:
    """While one question looks at the store others come; of them one looks again, and all see what was logged before they asked."""
    looks = 0
    looking, go_on = threading.Event(), threading.Event()
    with closing(LocalSource(store)) as source, ThreadPoolExecutor(8) as pool:
        look = source._indexer.refresh

        def slow() -> bool:
            nonlocal looks
            looks += 1
            looking.set()
            assert go_on.wait(20)
            return look()

        source._indexer.refresh = slow  # type: ignore[method-assign]
        source._lock = lock = CountedLock(2 + 6)  # type: ignore[assignment]
        first = pool.submit(source.projects)
        assert looking.wait(20)
        make_run(store, "late", [{"loss": 1.0}], project="demo")
        waiting = [pool.submit(source.run, "late") for _ in range(6)]
        assert lock.all_there.wait(20)
        go_on.set()
        assert {question.result(20).rows for question in waiting} == {1}
        first.result(20)
        assert looks == 2


def test_a_look_that_failed_serves_nobody(store: Path) -> None:
    """After a look that failed the next question looks for itself."""
    with closing(LocalSource(store)) as source:
        look = source._indexer.refresh

        def failing() -> bool:
            raise StoreDamaged("no")

        source._indexer.refresh = failing  # type: ignore[method-assign]
        with pytest.raises(StoreDamaged):
            source.projects()
        source._indexer.refresh = look  # type: ignore[method-assign]
        assert source.run("alpha-0").rows == 50


def test_an_answer_that_is_shared_is_never_an_old_one(served: Running) -> None:
    """What was changed or logged between two questions for the same list is in the second one, however fast they follow."""
    for number in range(5):
        served.source.edit(["alpha-0"], Edit(name=f"name {number}"))
        runs = served.client.get("/api/runs?project=demo").json()["runs"]
        assert f"name {number}" in {run["name"] for run in runs}
        make_run(served.root, f"more-{number}", [{"loss": 1.0}], project="demo")
        assert served.client.get("/api/runs?project=demo").json()["total"] == 5 + number


def test_one_answer_serves_all_who_ask_for_it(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a list that a crowd asks for at the same time few are made, and a token for one project gets none of another's."""
    monkeypatch.setattr("eventide.server.served.SHARED_S", 3600.0)
    served = serve()
    made: list[Any] = []
    runs = served.source.runs

    def counted(query: RunQuery) -> Any:
        made.append(query)
        return runs(query)

    monkeypatch.setattr(served.source, "runs", counted)
    with ThreadPoolExecutor(8) as pool:
        totals = list(pool.map(lambda _: served.client.get("/api/runs?project=demo").json()["total"], range(16)))
    assert totals == [4] * 16
    assert len(made) == 1


def test_a_python_client_shares_too(served: Running) -> None:
    """Lists and curves asked for by Python on other machines are as fresh, and as those of the store itself."""
    import eventide

    source = eventide.open(served.url).source
    query = SeriesQuery(("alpha-0", "late"), ("loss",), bins=5)
    assert len(source.series(query)) == 1
    assert len(source.series(query)) == 1
    make_run(served.root, "late", [{"loss": 1.0}, {"loss": 0.5}], project="demo")
    assert [curve.run_id for curve in source.series(query)] == ["alpha-0", "late"]
    assert source.runs(RunQuery(project="demo")).total == 5


def test_pages_of_rows_come_from_one_reading(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paging reads the rows once; new rows, other keys and quiet are reasons to read again."""
    served = serve()
    read: list[Any] = []
    rows = served.source.rows

    def counted(*arguments: Any, **named: Any) -> Any:
        read.append(named)
        return rows(*arguments, **named)

    monkeypatch.setattr(served.source, "rows", counted)

    def page(offset: int, **more: Any) -> Any:
        return served.client.get("/api/runs/alpha-0/rows", params={"offset": offset, "limit": 10, **more}).json()

    pages = [page(offset) for offset in range(0, 50, 10)]
    place = pages[0]["columns"].index("step")
    assert [row[place] for one in pages for row in one["rows"]] == list(range(50))
    assert len(read) == 1
    page(0, keys="loss")
    assert len(read) == 2
    live = make_run(served.root, "live", [{"loss": 1.0}], project="demo", status=None)
    ask = {"run_ids": ["live"], "limit": 10}
    assert served.client.post("/api/rows", json=ask).json()["total"] == 1
    live.append({"loss": 0.5})
    assert served.client.post("/api/rows", json=ask).json()["total"] == 2
    live.close({"status": "finished"})


def test_what_is_large_is_not_kept() -> None:
    """Tables stay below their size together, one that is larger by itself is handed on, and nothing is left after a clearing."""
    tables = Tables(max_bytes=100)
    small, large = pa.table({"a": [1, 2, 3]}), pa.table({"a": list(range(50))})
    for name in "abcdef":
        assert tables.once(name, lambda: small) is small
    assert tables.once("f", lambda: large) is small
    assert tables.once("large", lambda: large) is large
    assert tables.once("a", lambda: large) is large
    tables.clear()
    assert tables.once("f", lambda: large) is large
