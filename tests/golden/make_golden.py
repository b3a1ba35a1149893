"""Write the golden journals of this version, which every later version must read; run once per format version, never again for an old one.

    python tests/golden/make_golden.py tests/golden/journal-v1

Covers every kind of record: two parts of one writer, a second attempt, a forked writer, a torn tail, an unknown kind,
escapes, and every form of value.
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import math
import sys
import uuid
from pathlib import Path
from typing import Any

from eventide.journal.codec import Encoded
from eventide.journal.process import ProcessIdentity
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.testing import FakeClock

RUN = "20261120-101502-marvellous-stork-7f3akx2m"

ROWS: list[dict[str, Any]] = [
    {"loss": 0.5, "acc": 1, "ok": True, "phase": "train"},
    {"loss": math.nan, "gain": math.inf, "pain": -math.inf},
    {"loss": 0.25, "acc": 2**53 + 1, "huge": 2**70, "nothing": None},
    {"step": "mine", "ts": "mine", "run_id": "mine", "_keys": "mine", "__x": "mine"},
    {"loss/train": 1.0, "a.b": 2, 'quo"te': 3, "new\nline": 4, "ключ": 5, "Loss": 6},
    {"text": "NaN", "half": "\ud800", "empty": ""},
    {"list": [1, 2.5, None, "x"], "dict": {"a": {"b": 1}}, "odd": {1: "a", (2, 3): "b"}, "mine": {"_decimal": "x"}},
    {
        "decimal": decimal.Decimal("0.10"),
        "fraction": fractions.Fraction(1, 3),
        "complex": 1 + 2j,
        "datetime": dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
        "date": dt.date(2026, 1, 2),
        "time": dt.time(1, 2, 3),
        "timedelta": dt.timedelta(days=-1, seconds=5),
        "uuid": uuid.UUID(int=7),
    },
    {
        "bytes": b"\x00\xff",
        "bytearray": bytearray(b"x"),
        "tuple": (1, (2,)),
        "set": {1, 2},
        "frozenset": frozenset({"a"}),
        "range": range(1, 9, 2),
    },
    {
        "array": Encoded({"_array": {"dtype": "<f4", "shape": [2, 2], "data": [1.0, "NaN", "-Infinity", 0.5]}}),
        "object": Encoded(
            {
                "_object": {
                    "sha256": "0" * 64,
                    "size_bytes": 3,
                    "format": "pickle",
                    "type": "module.Class",
                    "repr": "<Class>",
                }
            }
        ),
    },
]


def make(root: Path) -> None:
    """Write the journals below `root`."""
    layout = Layout(root)
    layout.create(now_s=1_790_000_000.0)
    nobody = ProcessIdentity("golden-host", 1, "12345", "boot:ns")
    ProcessIdentity.current = classmethod(lambda _cls, *, fresh=False: nobody)  # type: ignore[assignment, method-assign]
    first = _writer(layout, Identity(RUN, "golden", "run"), "golden_host-1-12345-00000001", part_size_bytes=1500)
    first.set(("name",), "marvellous-stork")
    first.set(("config",), {"lr": 0.1, "net": {"width": 3}})
    first.set(("tags", "baseline"), True)
    for row in ROWS:
        first.append(row)
    first.append({"loss": 0.125}, 100)
    first.close({"status": "failed", "error": "ValueError: boom"})
    second = _writer(layout, Identity(RUN, "golden", "run", 2, 1, 2), "golden_host-2-12345-00000002")
    second.append({"loss": 0.0625}, 50)
    second.set(("config", "net", "width"), 4)
    second.unset(("tags", "baseline"))
    second.set(("summary", "best"), 0.0625)
    second.set(("values", "seed"), 7)
    second.set(("metrics", "loss"), {"step_metric": None, "summary": "min", "goal": "min"})
    second.system({"cpu": 0.5, "gpu/0/power_w": 210.0})
    second.console("epoch 1\n")
    second.console("careful\n", "stderr")
    second.file({"name": "model", "sha256": "1" * 64}, 50)
    second.close({"status": "finished"})
    forked = _writer(layout, Identity(RUN, "golden", "fork", 2, 1, 2), "golden_host-3-12345-00000003")
    forked.append({"loss": 1.5}, 51)
    forked.sync()
    path = layout.part(RUN, forked.name, 0)
    with path.open("ab") as file:
        file.write(b'{"_future":{"kind":"unknown"},"ts":1790000000.0}\n{"step":52,"ts":1790000000.0,"lo')


def _writer(layout: Layout, identity: Identity, name: str, **options: Any) -> JournalWriter:
    writer = JournalWriter(layout, identity, clock=FakeClock(), **options)
    writer.name = name
    return writer


if __name__ == "__main__":
    make(Path(sys.argv[1]))
