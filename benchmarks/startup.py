"""From the start of a process to its first logged row, over a bare interpreter; and what that loads.

The processes end with os._exit right after the row, so that nothing but starting is in the figure; both kinds run in turns.
"""

from __future__ import annotations

import json
import statistics

from benchmarks.measure import Row, Scale, folder, ms, python, python_s

LIMIT_S = 0.045

BARE = "import os; os._exit(0)"
FIRST_LOG = "import os, sys, eventide; eventide.init(dir=sys.argv[1]).log(loss=1.0); os._exit(0)"
ORJSON = "import os, orjson, uuid, json, zoneinfo; os._exit(0)"
LOADED = """
import sys
before = set(sys.modules)
import eventide
eventide.init(dir=sys.argv[1]).log(loss=1.0)
import json
foreign = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
print(json.dumps([len(set(sys.modules) - before), sorted(foreign - {"eventide"})]))
"""


def rows(scale: Scale) -> list[Row]:
    rounds = scale(25, 3)
    with folder() as root:
        bare, ours, floor = [], [], []
        for number in range(rounds):
            bare.append(python_s(BARE))
            ours.append(python_s(FIRST_LOG, root / f"store-{number}"))
            floor.append(python_s(ORJSON))
        count, foreign = json.loads(python(LOADED, root / "modules"))
    start = statistics.median(bare)
    mine = statistics.median(ours) - start
    least = statistics.median(floor) - start
    return [
        Row(
            "process start to first log returned, new store, over a bare interpreter",
            "≤ 45 ms",
            ms(mine),
            f"importing orjson alone {ms(least)}; bare interpreter {ms(start)}",
            mine / least,
            mine <= LIMIT_S,
        ),
        Row(
            "packages loaded by then",
            "orjson (psutil lazily)",
            f"{', '.join(foreign)}; {count} modules in all",
            met=set(foreign) <= {"orjson", "psutil"},
        ),
    ]
