"""Recorded functions in many processes at once, and in one that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

import eventide

pytestmark = pytest.mark.process

SCRIPT = """
    import sys
    import eventide
    @eventide.record("n", duplicate="new")
    def run(n):
        eventide.save(n, "n")
        return {"n": n}
    for n in range(int(sys.argv[1])):
        run(n)
        print(n, flush=True)
"""


def start(count: int) -> subprocess.Popen[str]:
    """Begin a process that records so many runs."""
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_at_once() -> None:
    """Four processes that record 25 runs each at once leave 100 finished runs with a result each."""
    processes = [start(25) for _ in range(4)]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    with eventide.open() as store:
        assert list(store.runs()["status"]) == ["finished"] * 100
        assert store.sql("SELECT count(*) FROM db.artifacts WHERE record LIKE '%\"result\"%'").fetchall() == [(100,)]


def test_kill_damages_no_earlier_run() -> None:
    """Kill -9 in the middle leaves every run that had returned finished, with its result, and the store whole."""
    told = 0
    for lines in (1, 7, 20):
        process = start(1000)
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        rest, _ = process.communicate()
        told += lines + len(rest.splitlines())
    with eventide.open() as store:
        runs = store.runs("state=finished")
        assert told <= len(runs) <= told + 3
        assert len(store) <= told + 3
        assert [store.run(run_id).load("n") for run_id in list(runs.index)[:5]]
        assert store.source.verify() == []  # type: ignore[attr-defined]
