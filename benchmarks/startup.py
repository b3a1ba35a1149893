"""From the start of a process to its first logged row, over a bare interpreter; and what that loads.

The processes end with os._exit right after the row, so that nothing but starting is in the figure; both kinds run in turns.
"""

from __future__ import annotations

import itertools
import json

from benchmarks.measure import Row, Scale, folder, in_turns, ms, python, python_s

LIMIT_S = 0.045

BARE = "import os; os._exit(0)"
FIRST_LOG = "import os, sys, eventide; eventide.init(dir=sys.argv[1]).log(loss=1.0); os._exit(0)"
ORJSON = "import os, orjson; os._exit(0)"
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
        fresh = itertools.count()
        start, ours, floor = in_turns(
            (
                lambda: python_s(BARE),
                lambda: python_s(FIRST_LOG, root / f"store-{next(fresh)}"),
                lambda: python_s(ORJSON),
            ),
            rounds,
        )
        count, foreign = json.loads(python(LOADED, root / "modules"))
    mine, least = ours - start, floor - start
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
