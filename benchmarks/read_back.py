"""What comes back, and how soon: after kill -9, from the journal at once, and a whole long run from sealed tables.

The floor of reading a run is pandas reading the very same Parquet files.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Row, Scale, folder, in_turns, ms, python, seconds
from benchmarks.stores import create, write_curves

LIMIT_S = 1.5

KILLED = """
import os, signal, sys, eventide
run = eventide.init(dir=sys.argv[1])
for step in range(int(sys.argv[2])):
    run.log({"loss": 1.0 / (step + 1), "acc": 0.5}, step=step)
os.kill(os.getpid(), signal.SIGKILL)
"""
TO_DF = """
import json, sys, time
begun = time.perf_counter()
import eventide
frame = eventide.open(sys.argv[1]).to_df()
print(json.dumps([time.perf_counter() - begun, len(frame)]))
"""
PANDAS = """
import json, sys, time
begun = time.perf_counter()
import pandas
frame = pandas.concat([pandas.read_parquet(path, columns=sys.argv[1].split(",")) for path in sys.argv[2:]])
print(json.dumps([time.perf_counter() - begun, len(frame)]))
"""


def rows(scale: Scale) -> list[Row]:
    return [_killed(scale(100_000, 500)), *_cold(scale(1_000_000, 1_000), scale(5, 1))]


def _killed(calls: int) -> Row:
    import eventide

    with folder() as root:
        command = [sys.executable, "-c", KILLED, str(root / "store"), str(calls)]
        ended = subprocess.run(command, check=False, cwd=ROOT).returncode
        assert ended == -signal.SIGKILL, ended
        with eventide.open(root / "store") as store:
            found: list[Any] = []
            took_s = seconds(lambda: found.append(store.to_df()))
            lost = calls - len(found[0])
            status = store.run("@last").status.value
    return Row(
        f"kill -9 right after the last of {calls:,} calls",
        "0 lost, readable at once",
        f"{lost} lost, status {status}, first to_df() {ms(took_s)}",
        met=lost == 0,
    )


def _cold(steps: int, rounds: int) -> list[Row]:
    import eventide

    with folder() as root:
        write_curves(create(root / "store"), 1, steps)
        with eventide.open(root / "store") as store:
            store.seal()
            store.runs()
        parquet = sorted(map(str, (root / "store" / "tables").glob("*/events/**/*.parquet")))
        columns = "run_id,step,ts,train/loss,train/acc,val/loss"

        def ours() -> float:
            return _checked(python(TO_DF, root / "store"), steps)

        def without_index() -> float:
            os.environ["EVENTIDE_CACHE_DIR"] = str(_fresh(root))
            return ours()

        def floor() -> float:
            return _checked(python(PANDAS, columns, *parquet), steps)

        mine, bare = in_turns((ours, floor), rounds)
        anew = in_turns((without_index,), rounds)[0]
    what = f"run of {steps:,} rows: to_df() in a fresh process, from sealed, imports included"
    return [
        Row(what, "≤ 1.5 s", ms(mine), f"{ms(bare)} pandas.read_parquet", mine / bare, mine <= LIMIT_S),
        Row("the same with the index deleted", "", ms(anew), f"{ms(bare)} pandas.read_parquet", anew / bare),
    ]


def _fresh(root: Path) -> Path:
    number = len(list(root.glob("cache-*")))
    path = root / f"cache-{number}"
    path.mkdir()
    return path


def _checked(answer: str, expected: int) -> float:
    took_s, found = json.loads(answer)
    assert found == expected, (found, expected)
    return float(took_s)
