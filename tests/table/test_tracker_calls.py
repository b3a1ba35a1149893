"""Tracked functions: what a call's row holds, what reaches the caller, what it uses, and the cache of results."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydantic
import pytest

from eventide import Reader, Tracker
from eventide.errors import EventideWarning, InvalidValue, ObjectNotFound
from eventide.table.cache import Cache
from eventide.table.fingerprint import UnfitError, call_key


@dataclass(frozen=True)
class Optimizer:
    """Part of a config."""

    name: str = "sgd"
    lr: float = 0.1


@dataclass
class Config:
    """A config with a part and with itself."""

    size: int = 3
    optimizer: Optimizer = field(default_factory=Optimizer)
    again: Any = None


class Model(pydantic.BaseModel):
    """A Pydantic model that holds a dataclass."""

    depth: int = 2
    optimizer: Optimizer = Optimizer()


@pytest.fixture
def tracker() -> Tracker:
    """A tracker in memory."""
    return Tracker(Tracker.IN_MEMORY)


def test_a_call_is_a_row(tracker: Tracker) -> None:
    """Name, arguments, result, time and an empty error; params win; the row is stored."""
    assert tracker.track(pow, args=[2, 5], params={"why": "test"}) == 32
    row = tracker.latest
    assert {key: row[key] for key in ("function_name", "args", "kwargs", "error", "function_result", "why")} == {
        "function_name": "pow",
        "args": "[2, 5]",
        "kwargs": "{}",
        "error": "",
        "function_result": 32,
        "why": "test",
    }
    assert 0 <= row["function_time"] < 1
    assert tracker[0] == row


def test_a_dict_result_becomes_keys(tracker: Tracker) -> None:
    """The keys of a returned dict are keys of the row, unless they cannot be."""
    tracker.track(lambda: {"x": 1, "y": "a"})
    assert (tracker.latest["x"], tracker.latest["y"], "function_result" in tracker.latest) == (1, "a", False)
    for odd in ({1: 2}, {"timestamp": 1}, {}):
        tracker.track(dict, args=[odd])
        assert tracker.latest["function_result"] == odd


def test_fields_of_arguments_are_unpacked(tracker: Tracker) -> None:
    """Dataclasses and Pydantic models become `<parameter>_<field>`, each in the other too; what contains itself ends."""

    def train(config: Config, *, model: Model | None = None) -> int:
        return config.size

    config = Config()
    config.again = config
    tracker.track(train, [config], {"model": Model()})
    row = tracker.latest
    assert (row["config_size"], row["config_optimizer_lr"], row["model_depth"], row["model_optimizer_name"]) == (
        3,
        0.1,
        2,
        "sgd",
    )
    assert isinstance(row["config_again"], str)


def test_errors_are_logged_and_raised(tracker: Tracker) -> None:
    """A failing function's row has the error, and the caller gets the error itself, or None if so wished."""
    with pytest.raises(ZeroDivisionError):
        tracker.track(lambda: 1 / 0)
    assert tracker.latest["error"] == "division by zero"
    calm = Tracker(Tracker.IN_MEMORY, raise_on_error=False)
    assert calm.track(lambda: 1 / 0) is None
    with pytest.raises(KeyboardInterrupt):
        calm.track(lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert calm.to_df()["error"].tolist() == ["division by zero", "KeyboardInterrupt"]
    with pytest.raises(InvalidValue):
        tracker.track(5)  # type: ignore[arg-type]


def test_wrap_keeps_what_a_function_is(tracker: Tracker) -> None:
    """Name and docstring stay; methods, class methods, static methods and coroutines work."""

    class Thing:
        """Has methods."""

        factor = 3

        @tracker.wrap()
        def times(self, n: int) -> int:
            """Multiply."""
            return self.factor * n

        @tracker.wrap()
        @classmethod
        def name(cls) -> str:
            return cls.__name__

        @tracker.wrap()
        @staticmethod
        def plain(n: int) -> int:
            return n

    @tracker.wrap(params={"name": "slow"})
    async def wait(n: int) -> int:
        await asyncio.sleep(0.01)
        return n

    thing = Thing()
    assert (Thing.times.__name__, Thing.times.__doc__) == ("times", "Multiply.")
    assert (thing.times(2), thing.name(), thing.plain(4), asyncio.run(wait(5))) == (6, "Thing", 4, 5)
    assert asyncio.run(tracker.track(asyncio.sleep, [0, "done"])) == "done"
    assert tracker.to_df()["function_name"].tolist() == ["times", "name", "plain", "wait", "sleep"]
    assert tracker[3]["name"] == "slow"
    assert tracker[3]["function_time"] >= 0.009


def test_odd_results_reach_the_caller_whole(tracker: Tracker) -> None:
    """A generator is not used up, a lock is not touched; their rows hold their text, and say so once."""
    with pytest.warns(EventideWarning):
        numbers = tracker.track(lambda: (n for n in range(3)))
    assert list(numbers) == [0, 1, 2]
    with pytest.warns(EventideWarning):
        lock = tracker.track(threading.Lock)
    assert lock.acquire(blocking=False)
    assert "generator" in tracker[0]["function_result"]


def test_objects_of_results_can_be_had_again(tracker: Tracker) -> None:
    """A result that is an object is stored, and comes back by key."""
    tracker.track(functools.partial(Config, size=9))
    row = tracker.latest
    assert row["function_name"] == "Config"
    tracker.track(lambda: functools.partial(pow, 2))
    assert tracker.get("function_result")(3) == 8


def test_huge_arguments_are_shortened(tracker: Tracker) -> None:
    """Arguments of any size, and ones whose repr raises, cost a bounded row."""

    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError

    tracker.track(lambda *_, **__: None, [list(range(10**6)), "x" * 10**6, Rude()], {"k": {"a": Rude()}})
    assert len(tracker.latest["args"]) <= 4000
    assert len(tracker.latest["kwargs"]) <= 4000


def test_use_of_the_machine_is_measured() -> None:
    """A busy call shows its CPU, short calls are measured too, and rows that are only logged as well."""
    tracker = Tracker(Tracker.IN_MEMORY, log_system_params=True, log_network_params=True, measurement_interval=0.01)

    def spin(seconds: float) -> None:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    tracker.track(spin, [0.1])
    row = tracker.latest
    assert row["cpu"] > 20
    assert 0 < row["p_memory_percent"] <= row["memory_percent"] + 50
    assert 0 < row["disk_percent"] <= 100
    assert (row["bytes_sent"] >= 0, row["bytes_recv"] >= 0) == (True, True)
    tracker.track(time.sleep, [0.05])
    assert tracker.latest["cpu"] < row["cpu"]
    tracker.track(len, ["x"])
    assert tracker.latest["memory_percent"] > 0
    assert {"cpu", "bytes_sent"} <= tracker.log(a=1).keys()


def test_measuring_costs_less_than_a_millisecond() -> None:
    """Beginning and ending to measure a call takes less than 1 ms of the caller's time."""
    tracker = Tracker(Tracker.IN_MEMORY, log_system_params=True, log_network_params=True)
    wrapped = tracker.wrap()(lambda: None)
    took = []
    for _ in range(60):
        begun = time.perf_counter()
        wrapped()
        took.append(time.perf_counter() - begun)
    assert sorted(took)[len(took) // 4] < 1e-3


# ── the cache ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _adder(n: int) -> Callable[[int], int]:
    return lambda x: x + n


def test_the_cache_gives_results_with_lineage(tmp_path: Path) -> None:
    """The second call is not made; its row names the run that computed; `cache_force` computes anew; results can be removed."""
    calls = []

    def work(x: int, y: int = 2) -> int:
        calls.append(x)
        return x * y

    first = Tracker(Tracker.IN_MEMORY, cache=tmp_path / "cache")
    second = Tracker(Tracker.IN_MEMORY, cache=tmp_path / "cache")
    calls_before = list(calls)
    assert first.track(work, [3]) == 6
    assert first.latest["cache"] == ""
    calls[:] = calls_before  # what a function closes over is part of what it is
    assert second.track(work, [], {"x": 3, "y": 2}) == 6
    assert (second.latest["cache"], calls) == (first.track_id, [])
    assert second.track(work, [3], cache_force=True) == 6
    assert calls == [3]
    entries = list(Reader.scan_cache(tmp_path / "cache"))
    assert [entry.track_id for _, entry in entries] == [second.track_id]
    assert Reader.read_cache(tmp_path / "cache", entries[0][0]) == 6
    assert Reader.delete_cache_by_track_id(tmp_path / "cache", second.track_id) == 1
    with pytest.raises(ObjectNotFound):
        Reader.read_cache(tmp_path / "cache", entries[0][0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((_adder(1), [1]), (_adder(2), [1])),
        ((lambda x: x + 1, [1]), (lambda x: x - 1, [1])),
        ((lambda x, n=1: x + n, [1]), (lambda x, n=2: x + n, [1])),
        ((abs, [-1]), (abs, [-2])),
        ((hash, [Optimizer(lr=-1)]), (hash, [Optimizer(lr=-2)])),
        ((str, [1]), (str, [1.0])),
        ((str, [True]), (str, [1])),
        ((str, [[1, [2]]]), (str, [[[1], 2]])),
        ((str, ["ab", "c"]), (str, ["a", "bc"])),
        ((functools.partial(pow, 2), [3]), (functools.partial(pow, 3), [3])),
        (("x".join, [["a"]]), ("y".join, [["a"]])),
    ],
)
def test_different_calls_never_share_a_result(one: tuple[Any, list[Any]], other: tuple[Any, list[Any]]) -> None:
    """Closures, lambdas, defaults, equal hashes, types, shapes, bound objects: all tell calls apart."""
    assert call_key(one[0], one[1], {}) != call_key(other[0], other[1], {})
    assert call_key(one[0], one[1], {}) == call_key(one[0], one[1], {})


def test_a_call_that_cannot_be_known_is_made(tmp_path: Path) -> None:
    """Arguments without content, and results that cannot be pickled, are not cached, and nothing fails."""
    with pytest.raises(UnfitError):
        call_key(list, [(n for n in range(2))], {})
    tracker = Tracker(Tracker.IN_MEMORY, cache=tmp_path / "cache")
    assert tracker.track(list, [(n for n in range(2))]) == [0, 1]
    with pytest.warns(EventideWarning):
        tracker.track(threading.Lock)
    assert tracker.track(len, ["abc"], params={"p": 1}) == 3
    assert len(list(Cache(tmp_path / "cache").scan())) == 1


def test_a_torn_entry_is_computed_again(tmp_path: Path) -> None:
    """An entry that was cut short or is garbage counts as none."""
    tracker = Tracker(Tracker.IN_MEMORY, cache=tmp_path)
    tracker.track(pow, [2, 3])
    (path,) = tmp_path.glob("??/*")
    path.write_bytes(path.read_bytes()[:-3])
    assert tracker.track(pow, [2, 3]) == 8
    assert tracker.latest["cache"] == ""


_SCRIPT = """
import sys
from dataclasses import dataclass
from eventide.table.fingerprint import call_key
THRESHOLD = {threshold}
@dataclass(frozen=True)
class Point:
    name: str
def helper(x): return x {sign} THRESHOLD
def work(p, words, *, flag=True): return helper(len(p.name)) if flag else words
print(call_key(work, [Point("a"), {{"x", "y", "z"}}], {{}}))
"""


@pytest.mark.process
def test_keys_are_stable_across_processes_and_follow_the_code(tmp_path: Path) -> None:
    """With other hash seeds the key is the same; a changed constant or function that is called gives another one."""

    def key(seed: str, **parts: Any) -> str:
        script = tmp_path / "script.py"
        script.write_text(_SCRIPT.format(**{"threshold": 3, "sign": "+", **parts}))
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}
        return subprocess.run([sys.executable, script], check=True, capture_output=True, text=True, env=env).stdout

    assert key("1") == key("2")
    assert len({key("1"), key("1", threshold=4), key("1", sign="-")}) == 3
