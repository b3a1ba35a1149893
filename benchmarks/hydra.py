"""Hydra trees: how fast a folder of sweeps becomes a frame, cold and again after one new run.

A tree has sweeps of 100 jobs, 27 config keys a job in three levels, and one `.npy` file each, as Hydra lays them out. Cold means a fresh
interpreter; what Python and pandas take to be imported is not counted, reading the folders is.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

from benchmarks.measure import Row, Scale, folder, mb, ms, python

COLD_S, AGAIN_S, LARGE_S, LARGE_MB = 0.6, 0.06, 6.0, 500.0
JOBS = 100
_CODE = """
import json, resource, shutil, sys, time
import pandas
from eventide.hydra import load_project
base, new = sys.argv[1:3]
begun = time.perf_counter()
frame = load_project(base, "*.npy")
cold = time.perf_counter() - begun
shutil.copytree(new, base + "/2026-02-01/00-00-00/0")
begun = time.perf_counter()
again = load_project(base, "*.npy")
again_s = time.perf_counter() - begun
assert len(again) == len(frame) + 1 and again["seed"].dtype == "int64", again
print(json.dumps([len(frame), frame.shape[1], cold, again_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]))
"""


def rows(scale: Scale) -> list[Row]:
    runs, many = scale(1000, 100), scale(10_000, 200)
    with folder() as root:
        count, columns, cold, again, _ = _measure(root, runs, rounds=scale(5, 1))
        _, _, large, _, peak = _measure(root, many, rounds=1)
    return [
        Row(f"{count} Hydra runs x {columns - 1} keys to a frame, cold", "≤ 0.6 s", ms(cold), met=cold <= COLD_S),
        Row("the same again after one new run", "≤ 60 ms", ms(again), met=again <= AGAIN_S),
        Row(f"{many} Hydra runs to a frame", "≤ 6 s", ms(large), met=large <= LARGE_S),
        Row(f"the same, peak memory of the process with pandas (RSS), {many} runs", "≤ 500 MB", mb(peak), met=peak <= LARGE_MB * 1e6),
    ]  # fmt: skip


def _measure(root: Path, runs: int, rounds: int) -> list[float]:
    """Return runs, columns, and the medians of cold and repeated load and peak memory, each round in a process of its own."""
    found = []
    base = root / f"multirun-{runs}"
    _make_tree(base, runs)
    new = root / f"new-{runs}"
    _make_job(new, 0, 0)
    for _ in range(rounds):
        found.append(json.loads(python(_CODE, base, new)))
        shutil.rmtree(base / "2026-02-01")
    return [sorted(column)[len(column) // 2] for column in zip(*found, strict=True)]


def _make_tree(base: Path, runs: int) -> None:
    old = time.time() - 3600
    for number in range(runs):
        sweep = base / f"2026-01-{1 + number // (JOBS * 24):02d}" / f"{number // JOBS % 24:02d}-00-00"
        job = sweep / str(number % JOBS)
        _make_job(job, number, old)
        if number % JOBS == 0:
            (sweep / "multirun.yaml").write_text("hydra: {mode: MULTIRUN}\n", encoding="utf-8")
    for path in (base, *base.rglob("*")):
        os.utime(path, (old, old))


def _make_job(job: Path, number: int, _old: float) -> None:
    output = job / ".hydra"
    output.mkdir(parents=True)
    lines = [f"seed: {number}", f"lr: {0.001 * (1 + number % 7)}", "name: lstm", "debug: false", "notes: null"]
    lines += ["model:", "  _target_: models.Lstm", "  layers:", "  - 64", "  - 32"]
    lines += [f"  size{key}: {2**key + number % 3}" for key in range(9)]
    lines += ["data:", "  path: ${oc.env:HOME}/data", "  loader:"]
    lines += [f"    option{key}: {'true' if key % 2 else f'{key}.5'}" for key in range(10)]
    (output / "config.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (output / "overrides.yaml").write_text(f"- seed={number}\n", encoding="utf-8")
    (output / "hydra.yaml").write_text("hydra:\n  job: {name: train}\n", encoding="utf-8")
    (job / "metric.npy").write_bytes(b"\x93NUMPY")
    (job / "train.log").write_text("done\n", encoding="utf-8")
