"""@record: what a call of a recorded function leaves, and that the function behaves as without it."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import eventide
from eventide.errors import EventideWarning, InvalidName, InvalidSetting, RunExists
from eventide.layout import Layout
from eventide.sdk import session
from eventide.sdk.names_taken import claim

if TYPE_CHECKING:
    from eventide.table.run import RunView


def last() -> RunView:
    """Return the newest run."""
    return eventide.open().run("@last")


def test_arguments_metrics_and_description() -> None:
    """Arguments are the config under their names, defaults included; a returned dict is logged and is the summary."""

    @eventide.record("training", description="first **try**", tags=["paper"], project="p")
    def train(data: Any, lr: float = 0.1, *layers: int, **more: Any) -> dict[str, Any]:
        eventide.log(loss=1.0)
        return {"acc": 0.5, "f1": np.float32(0.25)}

    assert train(np.zeros((3, 2)), epochs=3) == {"acc": 0.5, "f1": np.float32(0.25)}
    run = last()
    assert (run.name, run.project, run.notes, run.tags) == ("training", "p", "first **try**", ("paper",))
    assert run.config == {"data": "numpy.ndarray float64[3, 2]", "lr": 0.1, "epochs": 3}
    assert run.summary == {"loss": 1.0, "acc": 0.5, "f1": 0.25}
    assert (run.status, run.rows) == ("finished", 2)


def test_looks_like_the_function() -> None:
    """Name, docstring and signature stay, and a wrong call raises the function's own TypeError and begins no run."""

    @eventide.record
    def function(a: int, b: int = 2) -> None:
        """Say it."""

    assert (function.__name__, function.__doc__) == ("function", "Say it.")
    assert list(inspect.signature(function).parameters) == ["a", "b"]
    with pytest.raises(TypeError, match="'a'"):
        function()  # type: ignore[call-arg]
    assert not Path(".eventide/runs").exists()


def test_methods_static_methods_and_nesting() -> None:
    """Methods leave out self; a nested function has its own run, and the outer one goes on with its own."""

    class Model:
        @eventide.record
        def fit(self, lr: float) -> None:
            self.score()
            eventide.log(outer=1)
            eventide.save(1, "mine")

        @staticmethod
        @eventide.record
        def score() -> dict[str, int]:
            return {"inner": 2}

    Model().fit(0.5)
    store = eventide.open()
    fit, score = store.run("fit"), store.run("score")
    assert fit.config == {"lr": 0.5}
    assert (fit.summary, score.summary) == ({"outer": 1}, {"inner": 2})
    assert [result.name for result in fit.results()] == ["mine"]
    assert score.results() == []


def test_coroutines_at_once() -> None:
    """Coroutines that run at once each log and save to their own run, and so do threads begun with their context."""

    @eventide.record("task")
    async def task(n: int) -> dict[str, int]:
        await asyncio.sleep(0)
        eventide.log(n=n)
        eventide.save(n, "n")
        await asyncio.to_thread(eventide.save, n, "thread")
        return {"square": n * n}

    async def main() -> None:
        await asyncio.gather(*(task(n) for n in range(4)))

    asyncio.run(main())
    store = eventide.open()
    for run_id in store.runs().index:
        run = store.run(run_id)
        n = run.config["n"]
        assert (run.summary, run.load("n"), run.load("thread")) == ({"n": n, "square": n * n}, n, n)


def test_plain_threads_save_to_the_run() -> None:
    """A thread that was started without a context saves to the run of the process."""

    @eventide.record
    def function() -> None:
        thread = threading.Thread(target=eventide.save, args=(1, "x"))
        thread.start()
        thread.join()

    function()
    assert last().load("x") == 1


@pytest.mark.parametrize("returned", [[1, 2], 0.5, np.arange(3), "text"])
def test_other_returns_are_kept(returned: Any) -> None:
    """What is no dict is kept as the result `returned`, with a warning."""
    with pytest.warns(EventideWarning, match="returned"):
        assert eventide.record("f")(lambda: returned)() is returned
    assert np.array_equal(last().load("returned"), returned)


def test_what_cannot_be_stored_is_described() -> None:
    """Metrics and results that cannot even be pickled are kept as text; nothing raises, even where warnings are errors."""
    lock = threading.Lock()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        eventide.record("metrics")(lambda: {"good": 1, "lock": lock, 3: 4})()
        eventide.record("result")(lambda: lock)()
    store = eventide.open()
    summary = store.run("metrics").summary
    assert (summary["good"], summary["3"], "lock" in summary["lock"]) == (1, 4, True)
    assert "lock" in store.run("result").load("returned")
    assert list(store.runs()["status"]) == ["finished", "finished"]


def test_failures() -> None:
    """An exception makes the run failed, with its traceback, and reaches the caller unless it is to be kept."""

    def fails() -> None:
        eventide.save(1, "before")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        eventide.record(fails)()
    run = last()
    assert (run.status, run.load("before")) == ("failed", 1)
    assert "ValueError: broken" in run.error
    with pytest.warns(EventideWarning, match="broken"):
        eventide.record("kept", save_on_exception=True)(fails)()
    assert eventide.open().run("kept").status == "failed"

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        eventide.record(save_on_exception=True)(interrupted)()
    assert last().status == "killed"
    assert session.current() is None


def test_duplicates() -> None:
    """A name taken in the project, whole, is refused before the function is called, or makes a run below the first."""
    calls: list[int] = []

    def run(duplicate: Any, name: str = "some", project: str = "p") -> None:
        eventide.record(name, project=project, duplicate=duplicate)(lambda: calls.append(1))()

    run("refuse", "some_experiment")
    run("refuse")
    first = last().id
    with pytest.raises(RunExists, match=first):
        run("refuse")
    assert len(calls) == 2
    run("sub")
    assert last().group == first
    run("new")
    assert last().group == ""
    run("refuse", project="other")
    store = eventide.open()
    assert len(store) == 5


def test_a_purged_name_is_free() -> None:
    """The name of a run whose folder is gone can be taken again."""
    layout = Layout(Path("s"))
    layout.create(now_s=0.0)

    assert claim(layout, "p", "n", "a") == "a"
    assert claim(layout, "p", "n", "b") == "a"
    os.utime(layout.name_file("p", "n"), (1, 1))
    assert claim(layout, "p", "n", "b") == "b"


def test_unsuitable_functions() -> None:
    """Generators, classes and static methods in the wrong order are refused where they are decorated."""

    def generator() -> Any:
        yield 1

    async def stream() -> Any:
        yield 1

    for bad in (generator, stream, int, staticmethod(len)):
        with pytest.raises(InvalidSetting):
            eventide.record("x")(bad)
    with pytest.raises(InvalidName):
        eventide.record("a/b")
    with pytest.raises(InvalidSetting):
        eventide.record("a", duplicate="maybe")  # type: ignore[call-overload]


def test_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """With tracking switched off the function runs, and nothing is written."""
    monkeypatch.setenv("EVENTIDE_MODE", "disabled")
    assert eventide.record("x")(lambda: {"a": eventide.save(1, "x").version})() == {"a": 1}
    assert not Path(".eventide").exists()
