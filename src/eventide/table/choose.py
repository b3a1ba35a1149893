"""Which columns are worth showing: the goal metric, the parameters that vary, a few metrics more.

Invariant: pure functions of the runs at hand; the same runs give the same choice in every front end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventide.model import RunInfo

_JUDGED_ON = re.compile(r"(^|[/_.\-])(val|valid|validation|test|eval|dev|holdout)([/_.\-]|\d|$)", re.IGNORECASE)
_BOOKKEEPING = re.compile(
    r"(^|[/_.\-])(lr|learning_rate|epoch|step|iter|iteration|time|seconds|sec|elapsed|eta|samples|tokens|grad_norm|gpu|cpu|mem)([/_.\-]|$)",
    re.IGNORECASE,
)
_LOSS = re.compile(r"loss|err|nll|mse|mae|ppl|perplexity", re.IGNORECASE)


def numeric_keys(runs: Sequence[RunInfo]) -> Counter[str]:
    """Return metric → number of runs that hold numbers of it, in order of first appearance."""
    return Counter(
        key for run in runs for key, stats in run.metrics.items() if stats.mean is not None or stats.nonfinite
    )


def goal_metric(runs: Sequence[RunInfo]) -> str | None:
    """Return the metric the runs are most likely judged by; None without numeric metrics.

    Held-out metrics go before training ones, those to maximise before losses, losses before the rest, learning rates, times
    and counters last; a metric that less than half of the runs have goes behind the others.
    """
    counts = numeric_keys(runs)
    if not counts:
        return None
    most = max(counts.values())
    goals = {key: stats.goal for run in runs for key, stats in run.metrics.items()}
    order = {key: place for place, key in enumerate(counts)}

    def rank(key: str) -> tuple[bool, int, int]:
        score = 4 * bool(_JUDGED_ON.search(key)) + 2 * (goals[key] == "max") + bool(_LOSS.search(key))
        return 2 * counts[key] >= most, score - 8 * bool(_BOOKKEEPING.search(key)), -order[key]

    return max(counts, key=rank)


def common_metrics(runs: Sequence[RunInfo], *, limit: int = 4, without: str | None = None) -> list[str]:
    """Return the numeric metrics that most runs have, bookkeeping last, at most `limit`."""
    counts = numeric_keys(runs)
    keys = [key for key in counts if key != without]
    keys.sort(key=lambda key: (bool(_BOOKKEEPING.search(key)), -counts[key]))
    return keys[:limit]


def varying_params(runs: Sequence[RunInfo], *, limit: int | None = 6) -> list[str]:
    """Return the parameters that differ between runs (being absent is a value too), in order of appearance."""
    seen: dict[str, set[str]] = {}
    held: Counter[str] = Counter()
    for run in runs:
        for path, value in run.params.items():
            seen.setdefault(path, set()).add(repr(value))
            held[path] += 1
    varying = [path for path, found in seen.items() if len(found) > 1 or held[path] < len(runs)]
    return varying if limit is None else varying[:limit]


def constant_params(runs: Sequence[RunInfo]) -> dict[str, Any]:
    """Return the parameters that all runs share, with their value."""
    if not runs:
        return {}
    varying = set(varying_params(runs, limit=None))
    return {path: value for path, value in runs[0].params.items() if path not in varying}
