"""Six runs that tests/contract/filter_cases.txt is about, as plain data: every store filled with them gives the same answers.

Moments are UTC; "now" is Friday, 20 November 2026, noon. A metric is a list of values for the steps 0, 1, 2, … of one attempt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


def at(text: str) -> float:
    """Return an ISO moment in UTC as seconds since the epoch."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


NOW = at("2026-11-20T12:00")


@dataclass(frozen=True)
class Described:
    """One run in plain data."""

    id: str
    name: str
    project: str
    state: str
    started: float
    ended: float | None
    group: str = ""
    host: str = ""
    user: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    attempts: int = 1
    config: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, list[Any]] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    """Set by the script."""
    values: dict[str, Any] = field(default_factory=dict)
    """Values for the whole run."""
    defined: dict[str, str] = field(default_factory=dict)
    """Metric to the summary that define_metric asked for."""
    goals: dict[str, str] = field(default_factory=dict)
    """Metric to its goal: max or min."""


RUNS: dict[str, Described] = {
    "a": Described(
        id="20261120-100000-amber-otter-aaaa1111",
        name="resnet-base",
        project="vision",
        state="finished",
        started=at("2026-11-20T10:00"),
        ended=at("2026-11-20T11:00"),
        group="baseline",
        host="gpu7",
        user="ann",
        note="first try, 50% of the data",
        tags=("best", "paper"),
        config={
            "lr": 0.001,
            "epochs": 10,
            "seed": 1,
            "optimizer": {"name": "adam", "momentum": None},
            "data": {"aug": {"flip": True}, "path": "/data/a b"},
            "layers": [1, 2],
        },
        metrics={"val/acc": [0.5, 0.8, 0.9], "train/loss": [2.0, 1.0, 0.5, 0.25]},
        goals={"val/acc": "max", "train/loss": "min"},
    ),
    "b": Described(
        id="20261119-120000-brisk-raven-bbbb2222",
        name="resnet-large",
        project="vision",
        state="failed",
        started=at("2026-11-19T12:00"),
        ended=at("2026-11-19T12:30"),
        group="baseline",
        host="gpu7",
        user="bob",
        config={"lr": 0.01, "epochs": 20, "seed": 2, "optimizer": {"name": "adamw"}, "data": {"aug": {"flip": False}}},
        metrics={"val/acc": [0.4], "train/loss": [3.0, math.nan, math.inf]},
        goals={"val/acc": "max", "train/loss": "min"},
    ),
    "c": Described(
        id="20261120-113000-calm-stork-cccc3333",
        name="vit-small",
        project="vision",
        state="running",
        started=at("2026-11-20T11:30"),
        ended=None,
        host="gpu8",
        user="ann",
        tags=("paper",),
        config={"grad": None, "lr": 1e-4, "epochs": 10.0, "seed": "1", "optimizer": {"name": "sgd", "momentum": 0.9}},
        metrics={
            "val/acc": [0.95, 0.7],
            "train/loss": [1.0, 0.9, 1.1, 0.8],
            "phase": ["warm-up", "main"],
            "grad": [1.0, math.nan],
        },
        goals={"val/acc": "max", "train/loss": "min"},
    ),
    "d": Described(
        id="20261116-090000-deft-moth-dddd4444",
        name="Café Noir",
        project="text",
        state="crashed",
        started=at("2026-11-16T09:00"),
        ended=at("2026-11-16T09:05"),
        host="laptop",
        user="Zoë",
        note='says "hi"',
        tags=("null", "été"),
        config={"lr": math.nan, "name": "inner", "odd key": 3, "status": "frozen", "big": math.inf},
        metrics={"perplexity": [30, 20, 25], "only_nan": [math.nan]},
        values={"final": 7, "git.commit": "abc1234def", "git.dirty": True},
        goals={"perplexity": "min", "only_nan": "min"},
    ),
    "e": Described(
        id="20261110-000000-eager-lynx-eeee5555",
        name="sweep_100%",
        project="text",
        state="killed",
        started=at("2026-11-10T00:00"),
        ended=at("2026-11-12T00:00"),
        group="sweep",
        tags=("paper/v2",),
        config={"lr": "auto", "started_by": "cron"},
        metrics={"lr": [0.1, 0.2], "val/acc": [0.3], "val/err": [0.3, 0.1, 0.2], "hits": [1, 2, 4, 8]},
        summary={"val/acc": 0.6, "score": 3},
        defined={"val/err": "min", "hits": "none"},
        goals={"lr": "min", "val/acc": "max", "val/err": "min", "hits": "max"},
    ),
    "f": Described(
        id="20261120-000000-fair-quail-ffff6666",
        name="empty",
        project="misc",
        state="finished",
        started=at("2026-11-20T00:00"),
        ended=at("2026-11-20T00:00:10"),
        attempts=2,
    ),
}
