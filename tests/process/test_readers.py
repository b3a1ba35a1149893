"""Any number of readers, any time: while runs are written, sealed, merged and their journals removed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eventide.store.local import LocalSource

WRITER = """
import sys, eventide
run = eventide.init(dir=sys.argv[1], id=sys.argv[2], project="race")
for step in range(int(sys.argv[3])):
    run.log({"loss": float(step), f"k{step // 500}": 1})
    if step % 10 == 9:
        print(step + 1, flush=True)
run.finish()
"""

UPKEEP = """
import sys
from eventide.store.local import LocalSource
source = LocalSource(sys.argv[1], cache_dir=sys.argv[2])
while sys.stdin.readline().strip():
    source.seal(include_open=True)
    source.compact(include_open=True)
    source.retain(0)
    print("done", flush=True)
"""

READER = """
import sys
from eventide.store.local import LocalSource
from eventide.model import SeriesQuery
source = LocalSource(sys.argv[1], cache_dir=sys.argv[2])
seen = {}
while sys.stdin.readline().strip():
    counts = [
        {row["run_id"]: row["n"] for row in source.sql("SELECT run_id, count(*) AS n FROM db.events GROUP BY ALL").to_pylist()},
        {run: source.rows([run]).num_rows for run in sys.argv[3:]},
        {run: sum(map(len, source.series(SeriesQuery((run,), ("loss",))))) for run in sys.argv[3:]},
    ]
    for found in counts:
        for run in sys.argv[3:]:
            assert found.get(run, 0) >= seen.get(run, 0), (run, found, seen)
            seen[run] = found.get(run, 0)
    steps = source.rows(sys.argv[3:4]).column("step").to_pylist()
    assert steps == list(range(len(steps)))
    print(" ".join(str(seen[run]) for run in sys.argv[3:]), flush=True)
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.mark.process
def test_any_number_of_readers_see_every_row_once_and_never_fewer(
    store_dir: Path, tmp_path: Path, start: Start
) -> None:
    """Rows acknowledged before a question are in its answer, in SQL, frames and curves alike, whatever is done to the files meanwhile."""
    runs = ["one", "two"]
    rows = 1500
    writers = [start(WRITER, store_dir, run, rows) for run in runs]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    upkeep = start(UPKEEP, store_dir, tmp_path / "cache-u")
    readers = [start(READER, store_dir, tmp_path / f"cache-{number}", *runs) for number in range(2)]
    deadline = time.monotonic() + 60
    turns = 0
    while any(writer.poll() is None for writer in writers) or turns < 6:
        assert time.monotonic() < deadline
        for process in (upkeep, *readers):
            say(process, "go")
        for process in (*readers, upkeep):
            hear(process)
        for writer in writers:
            assert writer.stdout is not None
            for _ in range(40):
                if writer.poll() is None:
                    writer.stdout.readline()
        turns += 1
    for reader in readers:
        say(reader, "go")
        assert hear(reader) == f"{rows} {rows}"
    assert LocalSource(store_dir).rows().num_rows == rows * len(runs)


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a way to start a script in a process of its own, ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(script: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", script, *map(str, arguments)]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def say(process: subprocess.Popen[str], text: str) -> None:
    """Write a line to a process."""
    assert process.stdin is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    """Return the next line of a process; fails when it ended."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"a process ended with {process.wait()}"
    return line.strip()
