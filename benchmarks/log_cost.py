"""What one `run.log(...)` costs the training loop, against the floor: the same line made by hand with orjson and os.write.

Both loops run in turns; percentiles are taken per round, and the median over the rounds is reported. "stored" is a loop without
a clock in it, with what ends it (sync and close), per call.
"""

from __future__ import annotations

import os
import random
import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter as clock
from time import time as now
from typing import NamedTuple

from orjson import OPT_APPEND_NEWLINE, dumps

from benchmarks.measure import Row, Scale, folder, percentile, us

LIMIT = 2.2
WIDE_LIMIT_S = 12e-6
WIDE_KEYS = 100
WIDE_ROWS = 16

Pairs = list[tuple[float, float]]
Log = Callable[..., None]


class Cost(NamedTuple):
    """Seconds per call in one round."""

    p50: float
    p99: float
    stored: float


def rows(scale: Scale) -> list[Row]:
    rounds = scale(9, 2)
    data = [(random.random(), random.random()) for _ in range(scale(100_000, 2_000))]
    found, wide = [], []
    for _ in range(rounds):
        with folder() as root:  # a new one each round: a disk that is busy with earlier rounds would slow later ones
            wide.append(_wide(root, scale(5_000, 200)))
            found.append((_ours(root, data), _floor(root, data)))
    ours, floor = (_median([pair[side] for pair in found]) for side in (0, 1))
    table = []
    for name, mine, bare in zip(Cost._fields, ours, floor, strict=True):
        what = f'`log({{"loss": …, "acc": …}}, step=i)`: {name} per call'
        table.append(Row(what, f"≤ {LIMIT} x floor", us(mine), us(bare), mine / bare, mine / bare <= LIMIT))
    mine, bare = (statistics.median(pair[side] for pair in wide) for side in (0, 1))
    table.append(Row("row of 100 keys: p50 per call", "≤ 12 µs", us(mine), us(bare), mine / bare, mine <= WIDE_LIMIT_S))
    return table


def _median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))


def _cost(took: list[float], stored: float) -> Cost:
    took.sort()
    return Cost(percentile(took, 0.5), percentile(took, 0.99), stored)


def _ours(root: Path, data: Pairs) -> Cost:
    import eventide

    took = []
    with eventide.init(dir=root / "store") as run:
        log = run.log
        for step, (loss, accuracy) in enumerate(data):
            before = clock()
            log({"loss": loss, "acc": accuracy}, step=step)
            took.append(clock() - before)
    run = eventide.init(dir=root / "store")
    log = run.log
    begun = clock()
    for step, (loss, accuracy) in enumerate(data):
        log({"loss": loss, "acc": accuracy}, step=step)
    run.finish()
    return _cost(took, (clock() - begun) / len(data))


def _floor(root: Path, data: Pairs) -> Cost:
    took = []
    fd = _open(root)
    for step, (loss, accuracy) in enumerate(data):
        before = clock()
        os.write(fd, dumps({"step": step, "ts": now(), "loss": loss, "acc": accuracy}, None, OPT_APPEND_NEWLINE))
        took.append(clock() - before)
    os.close(fd)
    fd = _open(root)
    begun = clock()
    for step, (loss, accuracy) in enumerate(data):
        os.write(fd, dumps({"step": step, "ts": now(), "loss": loss, "acc": accuracy}, None, OPT_APPEND_NEWLINE))
    os.fsync(fd)
    os.close(fd)
    return _cost(took, (clock() - begun) / len(data))


def _wide(root: Path, calls: int) -> tuple[float, float]:
    """Return the median cost of a row of 100 keys, ours and the floor's.

    The rows are a few, again and again: as in training, where what is logged was computed just before and lies in the cache.
    """
    import eventide

    kinds = [{f"layer{key:02d}/grad": random.random() for key in range(WIDE_KEYS)} for _ in range(WIDE_ROWS)]
    data = [kinds[number % WIDE_ROWS] for number in range(calls)]
    ours, floor = [], []
    with eventide.init(dir=root / "store") as run:
        log = run.log
        for step, row in enumerate(data):
            before = clock()
            log(row, step=step)
            ours.append(clock() - before)
    fd = _open(root)
    for step, row in enumerate(data):
        before = clock()
        os.write(fd, dumps({"step": step, "ts": now(), **row}, None, OPT_APPEND_NEWLINE))
        floor.append(clock() - before)
    os.close(fd)
    return statistics.median(ours), statistics.median(floor)


def _open(root: Path) -> int:
    path = root / f"floor-{random.getrandbits(60):x}.jsonl"
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o644)
