"""Many trackers on one path at once: threads, forks, processes, new columns, and a kill."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from eventide import Reader, Tracker

pytestmark = pytest.mark.process

_WRITER = """
import sys
from eventide import Tracker
db, name, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
tracker = Tracker(db)
for i in range(rows):
    tracker.log({"i": i, f"only/{name}": i, f"new {i % 7}": name})
    print(i, flush=True)
"""


def _start(db: Path, name: str, rows: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WRITER, str(db), name, str(rows)]
    env = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)


def test_processes_with_new_columns_lose_nothing(store_dir: Path) -> None:
    """Four processes that begin at once and all name new columns: every row is there, in every column."""
    processes = [_start(store_dir, f"p{n}", 100) for n in range(4)]
    assert [process.communicate()[0].count("\n") for process in processes] == [100] * 4
    frame = Reader(store_dir).to_df()
    assert (len(frame), frame["track_id"].nunique()) == (400, 4)
    assert [int(frame[f"only/p{n}"].count()) for n in range(4)] == [100] * 4
    assert [sorted(frame[f"new {k}"].dropna().unique()) for k in range(7)] == [["p0", "p1", "p2", "p3"]] * 7


def test_kill_loses_no_returned_row(store_dir: Path) -> None:
    """After kill -9 every row whose `log` returned is read back."""
    process = _start(store_dir, "p", 10**6)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(200)]
    os.kill(process.pid, signal.SIGKILL)
    said += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    whole = [int(line) for line in said if line.endswith("\n")]
    assert set(Reader(store_dir).to_df()["i"]) >= set(whole)


def test_threads_share_a_tracker_and_have_their_own(store_dir: Path) -> None:
    """Threads on one tracker, and a tracker per thread: no row is lost, each returned row is the one that is stored."""
    shared = Tracker(store_dir)
    rows: list[dict[str, object]] = []

    def work(number: int) -> None:
        own = Tracker(store_dir)
        for i in range(50):
            rows.append(shared.log({f"t{number}": i}))
            rows.append(own.log({"i": i, "n": number}))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {(row["track_id"], row["timestamp"], str(sorted(row))) for row in Reader(store_dir)._rows(None).dicts()}
    assert {(row["track_id"], row["timestamp"], str(sorted(row))) for row in rows} == found
    assert len(shared) == 200


def test_a_fork_goes_on_with_the_tracker(store_dir: Path) -> None:
    """A forked child logs into the same run, also after the parent has read."""
    tracker = Tracker(store_dir)
    tracker.log(i=0)
    assert len(tracker.to_df()) == 1
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=lambda n=n: (tracker.log(i=n), tracker.to_df())) for n in (1, 2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    assert sorted(tracker.to_df()["i"]) == [0, 1, 2]


def _log_in_child(tracker: Tracker, number: int) -> str:
    tracker.log(i=number)
    return str(tracker.latest["track_id"])


def test_a_pickled_tracker_goes_on_with_the_run(store_dir: Path) -> None:
    """A tracker sent to spawned processes logs into the same run there, params included."""
    tracker = Tracker(store_dir, params={"lr": 0.1})
    tracker.log(i=0)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.starmap(_log_in_child, [(tracker, 1), (tracker, 2)]) == [tracker.track_id] * 2
    frame = tracker.to_df()
    assert (sorted(frame["i"]), frame["lr"].tolist()) == ([0, 1, 2], [0.1] * 3)
