"""Many small runs in one process: what a sweep of quick trials pays for being tracked, without and with its code.

The floor writes the same lines by hand: a folder and a file per run, synced and closed. The sweep that keeps its code is a script of its
own in a project of 200 files, all of which its first run has to store.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter as clock
from time import time as now

from orjson import OPT_APPEND_NEWLINE, dumps

from benchmarks.measure import Row, Scale, folder, in_turns, ms
from benchmarks.snapshot import tree

LIMIT_S = 0.002
ROWS = 10
SWEEP = """
import json, sys
from time import perf_counter as clock
import eventide
begun = clock()
for number in range(int(sys.argv[2])):
    with eventide.init(dir=sys.argv[1], project="sweep", config={"trial": number}, snapshot=sys.argv[3]) as run:
        for step in range(10):
            run.log({"loss": 1.0 / (step + 1), "acc": 0.5}, step=step)
print(json.dumps((clock() - begun) / int(sys.argv[2])))
"""


def rows(scale: Scale) -> list[Row]:
    runs, rounds = scale(200, 5), scale(5, 1)
    with folder() as root:
        ours, floor = in_turns((lambda: _ours(root, runs), lambda: _floor(root, runs)), rounds)
        code = tree(root / "code", scale(200, 20))
        (code / "eventide.toml").touch()
        (code / "sweep.py").write_text(SWEEP, encoding="utf-8")
        kept, bare = in_turns(
            (lambda: _sweep(root, code, runs, "auto"), lambda: _sweep(root, code, runs, "off")), rounds
        )
    what = f"{runs} runs of {ROWS} rows, init to finish, per run"
    return [
        Row(what, "≤ 2 ms", ms(ours), ms(floor), ours / floor, ours <= LIMIT_S),
        Row(
            "the same by a script in a project of 200 files, its code kept",
            "≤ 2 ms",
            ms(kept),
            f"{ms(bare)} without the code",
            kept / bare,
            kept <= LIMIT_S,
        ),
    ]


def _sweep(root: Path, code: Path, runs: int, snapshot: str) -> float:
    """Return what a run costs a script that begins many, in a store that has none of its code yet."""
    store = root / f"swept-{snapshot}-{now()}"
    command = [sys.executable, str(code / "sweep.py"), str(store), str(runs), snapshot]
    done = subprocess.run(command, check=True, capture_output=True, cwd=code, env={**os.environ, "EVENTIDE_QUIET": "1"})
    return float(json.loads(done.stdout))


def _ours(root: Path, runs: int) -> float:
    import eventide

    begun = clock()
    for number in range(runs):
        with eventide.init(dir=root / "store", project="sweep", config={"trial": number}, snapshot=False) as run:
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
