"""Bytes per point, and how quickly journals become tables.

A point is one value of one metric at one step; the curves are noisy full-precision floats, which no compression makes small.
The floor of the bytes is the values alone (8 bytes); the floor of the time is pyarrow parsing the same journals and writing the
same rows as one Parquet file.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow.json
import pyarrow.parquet

from benchmarks.measure import Row, Scale, folder, folder_bytes, seconds
from benchmarks.stores import create, write_curves

METRICS = 3


def rows(scale: Scale) -> list[Row]:
    import eventide

    runs, steps = scale(50, 3), scale(10_000, 200)
    points = runs * steps * METRICS
    with folder() as root:
        write_curves(create(root / "store"), runs, steps)
        journal = folder_bytes(root / "store" / "runs")
        floor_s = seconds(lambda: _by_hand(root))
        floor_bytes = folder_bytes(root, ".by-hand")
        with eventide.open(root / "store") as store:
            report: list[Any] = []
            took_s = seconds(lambda: report.append(store.seal()))
        sealed = folder_bytes(root / "store" / "tables", ".parquet")
    rate, bare = runs * steps / took_s, runs * steps / floor_s
    return [
        Row("bytes per point, sealed", "≤ 10", f"{sealed / points:.1f}", "8 uncompressed", met=sealed / points <= 10),
        Row("bytes per point, journal", "≤ 45", f"{journal / points:.1f}", met=journal / points <= 45),
        Row(
            f"seal {runs} runs of {steps:,} rows",
            "",
            f"{rate:,.0f} rows/s",
            f"{bare:,.0f} rows/s pyarrow by hand, {floor_bytes / points:.1f} bytes a point",
            bare / rate,
        ),
    ]


def _by_hand(root: Path) -> None:
    """Parse all journals with pyarrow and write one Parquet file."""
    tables = []
    for path in sorted((root / "store" / "runs").rglob("*.jsonl")):
        lines = path.read_bytes().splitlines(keepends=True)
        rows_only = b"".join(line for line in lines if line.startswith(b'{"step":'))
        tables.append(pyarrow.json.read_json(io.BytesIO(rows_only)))
    pyarrow.parquet.write_table(pyarrow.concat_tables(tables), root / "rows.by-hand", compression="zstd")
