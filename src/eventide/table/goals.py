"""Which metric a project is about, guessed from the names of what was logged.

Invariant: a guess depends on names and counts alone, so every front end makes the same one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from eventide.model import Goal, KeyInfo, RunInfo

_WORDS = (
    ("accuracy", 9), ("acc", 9), ("f1", 9), ("auc", 9), ("auroc", 9), ("map", 8), ("iou", 8), ("dice", 8), ("bleu", 8), ("rouge", 7),
    ("reward", 8), ("return", 7), ("score", 7), ("r2", 7), ("precision", 5), ("recall", 5), ("perplexity", 6), ("ppl", 6), ("rmse", 6),
    ("mse", 6), ("mae", 6), ("error", 5), ("err", 5), ("loss", 5), ("nll", 5),
)  # fmt: skip
_HELD_OUT = ("val", "valid", "validation", "eval", "dev", "test", "heldout")
_NEVER = (
    "lr",
    "learning_rate",
    "epoch",
    "step",
    "time",
    "seconds",
    "duration",
    "iteration",
    "grad",
    "norm",
    "memory",
    "gpu",
    "cpu",
)


class GoalMetric(NamedTuple):
    """The metric runs are judged by."""

    key: str
    direction: Goal


def guess_goal(runs: Iterable[RunInfo]) -> GoalMetric | None:
    """Return the metric that these runs are most likely about, or None when they logged no number.

    Held-out metrics come before those of training, scores before losses; among equals the one most runs have, then the shorter name.
    """
    counts: dict[str, int] = {}
    rising: dict[str, int] = {}
    for run in runs:
        for key, stats in run.metrics.items():
            if stats.count > stats.nonfinite:
                counts[key] = counts.get(key, 0) + 1
                rising[key] = rising.get(key, 0) + (stats.goal == "max")
    return _guess(counts, rising)


def goal_of_keys(keys: Iterable[KeyInfo]) -> GoalMetric | None:
    """Return the same guess from the keys that runs logged, without the runs."""
    counts: dict[str, int] = {}
    rising: dict[str, int] = {}
    for key in keys:
        if key.finite:
            counts[key.key] = counts.get(key.key, 0) + key.finite
            rising[key.key] = rising.get(key.key, 0) + key.rising
    return _guess(counts, rising)


def _guess(counts: Mapping[str, int], rising: Mapping[str, int]) -> GoalMetric | None:
    if not counts:
        return None
    best = max(counts, key=lambda key: (weight(key), counts[key], -len(key), key))
    return GoalMetric(best, "max" if 2 * rising[best] >= counts[best] else "min")


def weight(key: str) -> int:
    """Return how much a key looks like what a project is about."""
    words = [word for word in re.split(r"[^a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", key).lower()) if word]
    if any(word in _NEVER for word in words):
        return -1
    known = max((points for word, points in _WORDS if word in words), default=0)
    return known + (10 if known and any(word in _HELD_OUT for word in words) else 0)


def best_run(runs: Iterable[RunInfo], goal: GoalMetric) -> RunInfo | None:
    """Return the run with the best value, or None when none has one."""
    found = [(run, stats) for run in runs if (stats := run.metrics.get(goal.key)) is not None]
    values = [(run, stats.max if goal.direction == "max" else stats.min) for run, stats in found]
    ranked = [(value, run) for run, value in values if value is not None]
    if not ranked:
        return None
    chosen = max if goal.direction == "max" else min
    return chosen(ranked, key=lambda pair: pair[0])[1]


def best_value(metrics: Mapping[str, object], goal: GoalMetric) -> float | None:
    """Return the best finite value of the goal metric of one run."""
    stats = metrics.get(goal.key)
    return getattr(stats, "max" if goal.direction == "max" else "min", None)
