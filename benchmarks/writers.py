"""Many processes that begin at once on a store that does not exist yet: nobody may fail, no row may be lost.

All processes have imported what they need and wait for one sign; then they race for making the store, their run and their rows.
The floor is as many processes that each append the same lines to a file of their own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import perf_counter as clock

from benchmarks.measure import ROOT, Row, Scale, folder

OURS = """
import sys, eventide
print("ready", flush=True)
sys.stdin.readline()
with eventide.init(dir=sys.argv[1], project="race") as run:
    for step in range(int(sys.argv[2])):
        run.log({"loss": 1.0 / (step + 1), "acc": 0.5}, step=step)
"""
FLOOR = """
import os, sys, time, orjson
print("ready", flush=True)
sys.stdin.readline()
os.makedirs(sys.argv[1], exist_ok=True)
fd = os.open(f"{sys.argv[1]}/{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for step in range(int(sys.argv[2])):
    os.write(fd, orjson.dumps({"step": step, "ts": time.time(), "loss": 1.0 / (step + 1), "acc": 0.5}) + b"\\n")
os.fsync(fd)
"""


def rows(scale: Scale) -> list[Row]:
    return [_race(processes, scale(2_000, 50)) for processes in ((4, 64) if not scale.quick else (2, 4))]


def _race(processes: int, each: int) -> Row:
    with folder() as root:
        bare_s, _ = _start(FLOOR, root / "floor", processes, each)
        took_s, errors = _start(OURS, root / "store", processes, each)
        lost = processes * each - _count(root / "store")
    rate, bare = processes * each / took_s, processes * each / bare_s
    return Row(
        f"{processes} writers at once on a new store, {each} rows each",
        "0 errors, 0 lost",
        f"{errors} errors, {lost} lost, {rate:,.0f} rows/s",
        f"{bare:,.0f} rows/s",
        bare / rate,
        (errors, lost) == (0, 0),
    )


def _start(code: str, target: Path, processes: int, each: int) -> tuple[float, int]:
    """Let processes run at one sign; return the seconds until all have ended, and how many failed."""
    command = [sys.executable, "-c", code, str(target), str(each)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) for _ in range(processes)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    begun = clock()
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    errors = sum(process.wait() != 0 for process in running)
    took_s = clock() - begun
    for process in running:
        process.communicate()
    return took_s, errors


def _count(root: Path) -> int:
    import eventide

    with eventide.open(root) as store:
        return len(store.to_df())
