"""Memory: what a million logged rows add to a training process, and what a reader takes to aggregate ten million.

Sizes are resident memory of fresh processes; the reader's is the peak over its life, everything it imports included.
"""

from __future__ import annotations

import json
import os

from benchmarks.measure import Row, Scale, folder, mb, python
from benchmarks.stores import create, write_curves

WRITER_LIMIT = 15e6
FLAT_LIMIT = 5e6
READER_LIMIT = 1e9
TIGHT_MB = 200

WRITER = """
import json, os, sys, psutil, eventide
rss = psutil.Process().memory_info
rows = int(sys.argv[2])
run = eventide.init(dir=sys.argv[1])
before = rss().rss
sizes = []
for step in range(rows):
    run.log({"loss": 1.0 / (step + 1), "acc": step / rows}, step=step)
    if (step + 1) % (rows // 10) == 0:
        sizes.append(rss().rss - before)
run.finish()
sizes.append(rss().rss - before)
print(json.dumps(sizes))
"""
READER = """
import json, sys, eventide, psutil
def peak():  # of this process alone: what the parent had at the fork counts in getrusage
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    except OSError:
        return getattr(psutil.Process().memory_info(), "peak_wset", psutil.Process().memory_info().rss)
try:
    with eventide.open(sys.argv[1]) as store:
        rows = sum(row[-1] for row in store.sql(sys.argv[2]).fetchall())
except eventide.errors.LimitExceeded:
    rows = None
print(json.dumps([rows, peak()]))
"""

USUAL = """SELECT run_id, step // 1000 AS thousand, avg("train/loss"), min("train/loss"), max("val/loss"), stddev("train/acc"),
count(*) AS n FROM db.events GROUP BY ALL"""
HEAVY = """SELECT sum(n) FROM (SELECT step, quantile_cont("train/loss", 0.5), quantile_cont("val/loss", 0.5), count(*) AS n
FROM db.events GROUP BY step)"""


def rows(scale: Scale) -> list[Row]:
    return [_writer(scale(1_000_000, 2_000)), *_reader(scale(10, 2), scale(1_000_000, 1_000))]


def _writer(calls: int) -> Row:
    with folder() as root:
        sizes = json.loads(python(WRITER, root / "store", calls))
    growth = sizes[-1] - sizes[len(sizes) // 2]
    return Row(
        f"memory added to a training process by {calls:,} logged rows",
        "≤ 15 MB and flat",
        f"{mb(max(sizes))}; {mb(growth)} of them in the second half",
        met=max(sizes) <= WRITER_LIMIT and growth <= FLAT_LIMIT,
    )


def _reader(runs: int, steps: int) -> list[Row]:
    import eventide

    total = runs * steps
    with folder() as root:
        layout = create(root / "store")
        for _ in range(runs):  # sealed one by one, so that this takes no more disk than it must
            write_curves(layout, 1, steps)
            with eventide.open(root / "store") as store:
                store.seal()
        (found, usual), (kept, tight) = _ask(root / "store", USUAL), _ask(root / "store", HEAVY, TIGHT_MB)
    assert found == total, (found, total)
    assert kept in (total, None), (kept, total)
    what = f"memory of a reader aggregating {total:,} sealed rows"
    outcome = "answered" if kept else "refused with LimitExceeded"
    return [
        Row(what, "≤ 1 GB", mb(usual), met=usual <= READER_LIMIT),
        Row(
            f"the same, medians by step of all runs, EVENTIDE_MEMORY_LIMIT_MB={TIGHT_MB}",
            "limit honoured",
            f"{mb(tight)}, {outcome}",
            met=tight <= READER_LIMIT / 2,
        ),
    ]


def _ask(root: object, query: str, limit_mb: int | None = None) -> tuple[int | None, int]:
    """Return how many rows a process aggregates, None when it refuses, and its peak resident memory in bytes."""
    if limit_mb is not None:
        os.environ["EVENTIDE_MEMORY_LIMIT_MB"] = str(limit_mb)
    found, peak = json.loads(python(READER, root, query))
    return found, int(peak)
