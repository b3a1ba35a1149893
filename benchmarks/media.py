"""How long `run.log` of a picture keeps training: the copy is made there and then, the rest beside it."""

from __future__ import annotations

import json

from benchmarks.measure import Row, Scale, folder, python, us

LIMIT_S = 300e-6
LOGGED = """
import json, statistics, sys, time
import numpy as np
import eventide

shapes = {"512 x 512 x 3, uint8": "uint8", "512 x 512 x 3, float32": "float32"}
rng = np.random.default_rng(0)
answer = {}
with eventide.init(dir=sys.argv[1]) as run:
    for name, dtype in shapes.items():
        array = (rng.random((512, 512, 3)) * (255 if dtype == "uint8" else 1)).astype(dtype)
        took, copied = [], []
        for _ in range(int(sys.argv[2])):
            begun = time.perf_counter()
            run.log({"img": eventide.Image(array)})
            took.append(time.perf_counter() - begun)
            run.flush()
            begun = time.perf_counter()
            array.copy()
            copied.append(time.perf_counter() - begun)
        answer[name] = [statistics.median(took[1:]), statistics.median(copied[1:])]
print(json.dumps(answer))
"""


def rows(scale: Scale) -> list[Row]:
    with folder() as root:
        answer = json.loads(python(LOGGED, root / "store", scale(60, 4)))
    return [
        Row(
            f"`log` of a picture, {name}: p50",
            "≤ 300 µs",
            us(took),
            f"{us(copy)} to copy it",
            took / copy,
            took <= LIMIT_S,
        )
        for name, (took, copy) in answer.items()
    ]
