"""Many small runs in one process: what a sweep of quick trials pays for being tracked.

The floor writes the same lines by hand: a folder and a file per run, synced and closed.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter as clock
from time import time as now

from orjson import OPT_APPEND_NEWLINE, dumps

from benchmarks.measure import Row, Scale, folder, in_turns, ms

LIMIT_S = 0.002
ROWS = 10


def rows(scale: Scale) -> list[Row]:
    runs, rounds = scale(200, 5), scale(5, 1)
    with folder() as root:
        ours, floor = in_turns((lambda: _ours(root, runs), lambda: _floor(root, runs)), rounds)
    what = f"{runs} runs of {ROWS} rows, init to finish, per run"
    return [Row(what, "≤ 2 ms", ms(ours), ms(floor), ours / floor, ours <= LIMIT_S)]


def _ours(root: Path, runs: int) -> float:
    import eventide

    begun = clock()
    for number in range(runs):
        with eventide.init(dir=root / "store", project="sweep", config={"trial": number}) as run:
            for step in range(ROWS):
                run.log({"loss": 1.0 / (step + 1), "acc": 0.5}, step=step)
    return (clock() - begun) / runs


def _floor(root: Path, runs: int) -> float:
    begun = clock()
    for number in range(runs):
        path = root / "floor" / f"{begun}-{number}"
        path.mkdir(parents=True)
        fd = os.open(path / "rows.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(fd, dumps({"config": {"trial": number}}, None, OPT_APPEND_NEWLINE))
        for step in range(ROWS):
            line = {"step": step, "ts": now(), "loss": 1.0 / (step + 1), "acc": 0.5}
            os.write(fd, dumps(line, None, OPT_APPEND_NEWLINE))
        os.fsync(fd)
        os.close(fd)
    return (clock() - begun) / runs
