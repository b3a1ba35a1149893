"""Stores to measure on: written with the journal's own writer, quickly, and with nothing in them that compresses too well.

Invariant: a run made here is one that `eventide.init` could have made; only syncing is left out, as nothing here must survive
a power cut.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from eventide.clock import SYSTEM_CLOCK
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.names import name_of, new_run_id

PROJECT = "bench"
Curves = dict[str, Any]


@contextmanager
def without_sync() -> Iterator[None]:
    """Make fsync do nothing for a while."""
    real = os.fsync
    os.fsync = lambda _fd: None  # type: ignore[assignment]
    try:
        yield
    finally:
        os.fsync = real


def create(root: Path) -> Layout:
    """Make an empty store."""
    layout = Layout(root)
    layout.create(now_s=SYSTEM_CLOCK.time())
    return layout


def curves(steps: int, seed: int) -> Curves:
    """Return three noisy metrics as real training gives them: full-precision floats, nothing repeats."""
    random = np.random.default_rng(seed)
    x = np.arange(steps) / max(1, steps)
    noise = random.normal(size=(3, steps))
    loss = 2.3 * np.exp(-4 * x) + 0.05 + 0.04 * np.abs(noise[0])
    accuracy = np.clip(0.97 - 0.8 * np.exp(-5 * x) + 0.01 * noise[1], 0, 1)
    return {
        "train/loss": loss.tolist(),
        "train/acc": accuracy.tolist(),
        "val/loss": (loss * 1.1 + 0.02 * np.abs(noise[2])).tolist(),
    }


def write_run(
    layout: Layout,
    rows: Callable[[JournalWriter], object],
    *,
    config: dict[str, Any] | None = None,
    name: str | None = None,
    group: str | None = None,
) -> str:
    """Write one finished run: name, config, whatever `rows` appends, and its end; return its id."""
    run_id = new_run_id(SYSTEM_CLOCK.time())
    writer = JournalWriter(layout, Identity(run=run_id, project=PROJECT, role="run"))
    writer.set(("name",), name or name_of(run_id))
    if group:
        writer.set(("group",), group)
    if config:
        writer.set(("config",), config)
    rows(writer)
    with without_sync():
        writer.close({"status": "finished"})
    return run_id


def write_curves(layout: Layout, runs: int, steps: int) -> list[str]:
    """Write runs of three noisy metrics and return their ids."""
    ids = []
    for number in range(runs):
        data = curves(steps, number)

        def rows(writer: JournalWriter, data: Curves = data) -> None:
            for step, values in enumerate(zip(*data.values(), strict=True)):
                writer.append(dict(zip(data, values, strict=True)), step)

        ids.append(write_run(layout, rows, config={"seed": number, "lr": 0.1 / (number + 1)}, group=f"g{number % 5}"))
    return ids


def write_table_runs(layout: Layout, runs: int, columns: int) -> None:
    """Write runs with `columns` fields each, half of them config and half of them metrics, over three rows."""
    random = np.random.default_rng(0)
    half = columns // 2
    for number in range(runs):
        values = random.normal(size=(3, columns - half))
        params = {f"p{place:02d}": float(value) for place, value in enumerate(random.normal(size=half - 2))}
        config = {
            "lr": float(10 ** random.uniform(-5, -1)),
            "optimizer": ("adamw", "sgd", "lion")[number % 3],
            **params,
        }

        def rows(writer: JournalWriter, values: Any = values) -> None:
            for step, line in enumerate(values.tolist()):
                writer.append({f"m{place:02d}": value for place, value in enumerate(line)}, step)

        write_run(layout, rows, config=config, name=f"run-{number}", group=f"g{number % 20}")
