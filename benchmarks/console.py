"""What keeping the console costs a script that prints, per line: `print` with capture less `print` without, to the same file.

With console="fd" the text goes through another process; what that costs the printing one is the pipe.
"""

from __future__ import annotations

from benchmarks.measure import Row, Scale, folder, in_turns, python, us

LIMIT_S = 5e-6

PRINT = """
import sys
from time import perf_counter as clock
import eventide
store, mode, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.stdout = out = open(store + ".txt", "w")
run = eventide.init(dir=store, console=mode, capture="none", system_interval_s=0)
begun = clock()
for step in range(count):
    print("epoch 3, step 1234: loss 0.1234, accuracy 0.99")
took = clock() - begun
run.finish()
sys.__stdout__.write(str(took / count))
"""
BAR = PRINT.replace('print("epoch 3, step 1234: loss', 'print("\\repoch 3, step 1234: loss').replace(
    '0.99")', '0.99", end="")'
)


def rows(scale: Scale) -> list[Row]:
    rounds, count = scale(7, 1), scale(20_000, 200)
    with folder() as root:
        store = root / "store"

        def cost(code: str, mode: str) -> float:
            return float(python(code, store, mode, count))

        bare, line, bar_bare, bar = in_turns(
            (
                lambda: cost(PRINT, "off"),
                lambda: cost(PRINT, "python"),
                lambda: cost(BAR, "off"),
                lambda: cost(BAR, "python"),
            ),
            rounds,
        )
    found = []
    for what, without, with_ in (("a line", bare, line), ("a state of a progress bar", bar_bare, bar)):
        extra = with_ - without
        found.append(
            Row(f"console capture, {what}: extra", "≤ 5 µs", us(extra), f"print {us(without)}", met=extra <= LIMIT_S)
        )
    return found
