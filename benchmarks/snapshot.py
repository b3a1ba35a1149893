"""What keeping the code costs a run when no file has changed since the last one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from benchmarks.measure import Row, Scale, folder, ms, python

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_S = 0.150
OLD_S = 1_000_000_000
TAKEN = """
import json, pathlib, statistics, sys, time
import eventide
from eventide.sdk import snapshot

took = []
for _ in range(int(sys.argv[3]) + 1):
    with eventide.init(dir=sys.argv[1]) as run:
        begun = time.perf_counter()
        snapshot.take(run, pathlib.Path(sys.argv[2]))
        took.append(time.perf_counter() - begun)
print(json.dumps([took[0], statistics.median(took[1:])]))
"""


def tree(root: Path, files: int) -> Path:
    """Make a project of so many small files, fifty a folder, none of them young."""
    for number in range(files):
        path = root / f"package{number // 50}" / f"module{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"x = {number}\n" * 20, encoding="utf-8")
        os.utime(path, (OLD_S, OLD_S))
    (root / ".gitignore").write_text("*.pyc\n/build/\n__pycache__/\n*.log\n", encoding="utf-8")
    return root


def rows(scale: Scale) -> list[Row]:
    files = scale(5_000, 50)
    with folder() as root:
        first, again = json.loads(python(TAKEN, root / "store", tree(root / "code", files), scale(9, 2)))
    return [
        Row(
            f"code of {files:,} files, none changed",
            "≤ 150 ms",
            ms(again),
            f"{ms(first)} the first time",
            again / first,
            again <= LIMIT_S,
        ),
    ]
