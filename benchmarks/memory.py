"""Memory: what a million logged rows add to a training process, and what a reader takes to aggregate ten million.

Sizes are resident memory of fresh processes; the reader's is the peak over its life, everything it imports included.
"""

from __future__ import annotations

import json
import os

from benchmarks.measure import Row, Scale, folder, mb, python
from benchmarks.stores import create, write_curves

WRITER_LIMIT = 15e6
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
import json, resource, sys, eventide
query = '''SELECT run_id, step // 1000 AS thousand, count(*) AS n, avg("train/loss"), min("train/loss"), max("val/loss"),
stddev("train/acc") FROM db.events GROUP BY ALL'''
with eventide.open(sys.argv[1]) as store:
    rows = sum(row[2] for row in store.sql(query).fetchall())
print(json.dumps([rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)]))
"""


def rows(scale: Scale) -> list[Row]:
    return [_writer(scale(1_000_000, 2_000)), *_reader(scale(10, 2), scale(1_000_000, 1_000))]


def _writer(calls: int) -> Row:
    with folder() as root:
        sizes = json.loads(python(WRITER, root / "store", calls))
    growth = max(sizes) - sizes[0]
    return Row(
        f"memory added to a training process by {calls:,} logged rows",
        "≤ 15 MB and flat",
        f"{mb(max(sizes))}; from the first tenth to the end {mb(growth)}",
        met=max(sizes) <= WRITER_LIMIT and growth <= WRITER_LIMIT / 10,
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
        usual, tight = _peak(root / "store", None, total), _peak(root / "store", TIGHT_MB, total)
    what = f"memory of a reader aggregating {total:,} sealed rows"
    return [
        Row(what, "≤ 1 GB", mb(usual), met=usual <= READER_LIMIT),
        Row(
            f"the same with EVENTIDE_MEMORY_LIMIT_MB={TIGHT_MB}",
            "limit honoured",
            mb(tight),
            f"{mb(usual)} at the usual limit",
            met=tight <= READER_LIMIT / 2,
        ),
    ]


def _peak(root: object, limit_mb: int | None, expected: int) -> int:
    """Return the peak resident memory in bytes of a process that aggregates all rows."""
    if limit_mb is not None:
        os.environ["EVENTIDE_MEMORY_LIMIT_MB"] = str(limit_mb)
    found, peak = json.loads(python(READER, root))
    assert found == expected, (found, expected)
    return int(peak)
