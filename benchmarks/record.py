"""What recording adds to a call of a function that does nothing, code included, in an empty store and in one with many runs."""

from __future__ import annotations

import json

from benchmarks.measure import Row, Scale, folder, in_turns, ms, python
from benchmarks.snapshot import tree
from benchmarks.stores import create, write_table_runs

LIMIT_S = 0.008
CALLS = """
import json, statistics, sys, time
import eventide

@eventide.record("nothing", dir=sys.argv[1], source=sys.argv[3])
def nothing():
    pass

def bare():
    pass

took = []
nothing()
for _ in range(int(sys.argv[2])):
    begun = time.perf_counter()
    nothing()
    took.append(time.perf_counter() - begun)
print(json.dumps(statistics.median(took)))
"""


def rows(scale: Scale) -> list[Row]:
    runs, calls = scale(1_000, 10), scale(100, 5)
    with folder() as root:
        create(root / "empty")
        write_table_runs(create(root / "full"), runs, 20)

        code = tree(root / "code", scale(200, 20))

        def measured(name: str) -> float:
            return float(json.loads(python(CALLS, root / name, calls, code)))

        empty, full = in_turns((lambda: measured("empty"), lambda: measured("full")), scale(5, 1))
    return [
        Row(
            "recorded function that does nothing, 200 files of code unchanged",
            "≤ 8 ms",
            ms(empty),
            "empty store",
            1.0,
            empty <= LIMIT_S,
        ),
        Row(
            f"the same beside {runs:,} runs",
            "no slower",
            ms(full),
            f"{ms(empty)} empty store",
            full / empty,
            full <= max(1.5 * empty, LIMIT_S),
        ),
    ]
