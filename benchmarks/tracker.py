"""What the conveniences of a Tracker cost: a row against `run.log`, a tracked call against the bare one, a frame of 10,000 rows.

`log` loops run in turns; percentiles are taken per round, and the median over the rounds is reported.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, Scale, folder, median_s, ms, us

LOG_LIMIT = 1.5
WRAP_LIMIT_S = 15e-6
MEASURE_LIMIT_S = 1e-3
FRAME_LIMIT_S = 0.06
FRAME_ROWS = 10_000


def rows(scale: Scale) -> list[Row]:
    with folder() as root:
        return [_log(root, scale), *_calls(root, scale), _frame(root, scale)]


def _median_call_s(call: Callable[[int], Any], calls: int) -> float:
    clock = time.perf_counter
    took = []
    for i in range(calls):
        before = clock()
        call(i)
        took.append(clock() - before)
    return statistics.median(took)


def _log(root: Path, scale: Scale) -> Row:
    import eventide

    data = [(random.random(), random.random()) for _ in range(scale(20_000, 500))]
    run, tracker = eventide.init(dir=root / "log"), eventide.Tracker(root / "log")
    mine, bare = [], []
    for _ in range(scale(9, 2)):
        mine.append(_median_call_s(lambda i: tracker.log({"loss": data[i][0], "acc": data[i][1]}), len(data)))
        bare.append(_median_call_s(lambda i: run.log({"loss": data[i][0], "acc": data[i][1]}), len(data)))
    tracker.finish()
    run.finish()
    ours, theirs = statistics.median(mine), statistics.median(bare)
    what = "`Tracker.log({...})`: p50 per call, against `run.log({...})`"
    return Row(what, f"≤ {LOG_LIMIT} x", us(ours), us(theirs), ours / theirs, ours / theirs <= LOG_LIMIT)


def _calls(root: Path, scale: Scale) -> list[Row]:
    import eventide

    def work(a: int, b: int) -> int:
        return a + b

    plain = eventide.Tracker(root / "calls")
    measured = eventide.Tracker(root / "calls", log_system_params=True, log_network_params=True)
    calls = scale(5_000, 100)
    bare = _median_call_s(lambda i: work(i, 2), calls)
    wrapped, watched = plain.wrap()(work), measured.wrap()(work)
    ours = statistics.median(_median_call_s(lambda i: wrapped(i, 2), calls) for _ in range(scale(5, 1))) - bare
    seen = _median_call_s(lambda i: watched(i, 2), scale(1_000, 50)) - bare
    return [
        Row("`wrap` adds to a call", "≤ 15 µs", us(ours), us(bare), None, ours <= WRAP_LIMIT_S),
        Row("… with system and network use", "< 1 ms", us(seen), us(bare), None, seen < MEASURE_LIMIT_S),
    ]


def _frame(root: Path, scale: Scale) -> Row:
    import eventide

    count = scale(FRAME_ROWS, 500)
    with eventide.Tracker(root / "frame") as tracker:
        tracker.log_batch([{"loss": 1 / (i + 1), "acc": i / count, "epoch": i, "phase": "train"} for i in range(count)])
    reader = eventide.Reader(root / "frame")
    took = median_s(reader.to_df, scale(15, 3))
    return Row(f"`Reader.to_df()` of {count} rows, warm", "≤ 60 ms", ms(took), "", None, took <= FRAME_LIMIT_S)
