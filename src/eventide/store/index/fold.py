"""Rows to one line of statistics per key; pure functions and their merge.

Invariant: folding rows in any number of pieces and merging gives what folding them at once gives (up to rounding of mean and
m2), whether a piece is folded from records (`fold_rows`, no numpy needed) or from Arrow columns (`fold_arrow`).
Order within a writer is the order of logging; across writers it is time, where a clock that steps back is held.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.journal.codec import NONFINITE, tag_of
from eventide.journal.records import STEP, TS, Record
from eventide.names import unescape_key

if TYPE_CHECKING:
    from eventide.model import Goal

MAX_TEXT_CHARS = 1000

_UP_WORDS = ("acc", "f1", "auc", "reward", "score", "precision", "recall", "map", "iou", "bleu", "rouge", "r2", "dice", "return",
             "win", "throughput", "per_s", "psnr", "ssim", "ndcg", "mrr", "hit", "kappa", "corr", "likelihood", "elo")  # fmt: skip
_DOWN_WORDS = ("loss", "err", "time", "nll", "mse", "mae", "rmse", "perplexity", "ppl", "cost", "latency", "duration",
               "wer", "cer", "fid", "regret", "divergence", "kl", "seconds", "memory")  # fmt: skip


@lru_cache(maxsize=4096)
def guess_goal(key: str) -> Goal:
    """Return whether larger or smaller values of a metric are better, judged by its name; smaller when the name says nothing."""
    leaf = key.lower().replace("\\", "/").rsplit("/", 1)[-1]
    if any(word in leaf for word in _DOWN_WORDS):
        return "min"
    return "max" if any(word in leaf for word in _UP_WORDS) else "min"


def _sooner(step: int | None, than: int | None) -> bool:
    """Tell whether a step is smaller: of equal values the one at the smallest step counts, whatever order they come in."""
    return step is not None and (than is None or step < than)


@dataclass(slots=True)
class KeyStats:
    """What is known about one key of one run; the columns of the index's `metrics` table."""

    count: int = 0
    nonfinite: int = 0
    first: float | None = None
    first_ts: float = math.inf
    last: float | None = None
    last_text: str | None = None
    last_step: int = 0
    last_ts: float = -math.inf
    min: float | None = None
    min_step: int | None = None
    max: float | None = None
    max_step: int | None = None
    mean: float = 0.0
    m2: float = 0.0
    """Sum of squared distances from the mean."""
    first_nonfinite_step: int | None = None
    tags: str = ""
    numbers: int = 0
    """Finite values among `count`."""

    def add(self, raw: Any, step: int, ts: float) -> None:
        """Add one raw JSON value of a row."""
        self.count += 1
        tag = tag_of(raw)
        self.note_tag(tag)
        if ts >= self.last_ts:
            self.last_ts, self.last_step = ts, step
            self.last, self.last_text = show(raw, tag)
        if tag in "fil" and raw not in NONFINITE:
            self._add_number(float(raw), step, ts)
        elif tag == "f":
            self.nonfinite += 1
            if self.first_nonfinite_step is None:
                self.first_nonfinite_step = step

    def note_tag(self, tag: str) -> None:
        """Remember that a value of this type was logged."""
        if tag not in self.tags:
            self.tags = "".join(sorted(self.tags + tag))

    def _add_number(self, value: float, step: int, ts: float) -> None:
        self.numbers += 1
        if ts < self.first_ts:
            self.first, self.first_ts = value, ts
        if self.min is None or value < self.min or (value == self.min and _sooner(step, self.min_step)):
            self.min, self.min_step = value, step
        if self.max is None or value > self.max or (value == self.max and _sooner(step, self.max_step)):
            self.max, self.max_step = value, step
        delta = value - self.mean
        self.mean += delta / self.numbers
        self.m2 += delta * (value - self.mean)

    def _widen(self, other: KeyStats) -> None:
        """Take the other's extremes where they are further out, or as far at a smaller step."""
        for far, at, sign in (("min", "min_step", 1), ("max", "max_step", -1)):
            own, found, step = getattr(self, far), getattr(other, far), getattr(other, at)
            if own is None or sign * found < sign * own or (found == own and _sooner(step, getattr(self, at))):
                setattr(self, far, found)
                setattr(self, at, step)

    def merge(self, later: KeyStats) -> None:
        """Add the statistics of more rows, which need not be later in time."""
        if later.last_ts >= self.last_ts:
            self.last, self.last_text = later.last, later.last_text
            self.last_ts, self.last_step = later.last_ts, later.last_step
        if later.first_ts < self.first_ts:
            self.first, self.first_ts = later.first, later.first_ts
        if later.numbers:
            self._widen(later)
        if self.first_nonfinite_step is None:
            self.first_nonfinite_step = later.first_nonfinite_step
        numbers = self.numbers + later.numbers
        if later.numbers:  # Chan, Golub and LeVeque, 1979: combining two variances
            delta = later.mean - self.mean
            self.mean += delta * later.numbers / numbers
            self.m2 += later.m2 + delta * delta * self.numbers * later.numbers / numbers
        self.numbers = numbers
        self.count += later.count
        self.nonfinite += later.nonfinite
        self.tags = "".join(sorted({*self.tags, *later.tags}))


def show(raw: Any, tag: str) -> tuple[float | None, str | None]:
    """Return `(last, last_text)` for a raw value: a finite number goes to the first, everything else to the second."""
    if tag in "fil" and raw not in NONFINITE:
        return float(raw), None
    if tag == "b":
        return None, "true" if raw else "false"
    if tag == "j":
        import orjson  # noqa: PLC0415 - odd values only

        return None, orjson.dumps(raw).decode()[:MAX_TEXT_CHARS]
    return None, raw[:MAX_TEXT_CHARS]


@dataclass(slots=True)
class Folded:
    """The statistics of some rows of one writer."""

    stats: dict[str, KeyStats]
    """By user's key."""
    rows: int = 0
    min_step: int | None = None
    last_ts: float = -math.inf
    """Newest time seen, never going back."""


class Limits(NamedTuple):
    """Where a piece of rows stands among the others of its writer and run."""

    since_ts: float = -math.inf
    """Newest time of this writer's earlier rows; a clock that went back is held there."""
    before_step: float = math.inf
    """Rows from this step on were repeated by a later attempt and do not count in the statistics."""


ALL = Limits()


def fold_rows(rows: Iterable[Record], limits: Limits = ALL) -> Folded:
    """Fold row records (decoded JSON lines) of one writer, in order."""
    since_ts, before_step = limits
    folded = Folded({}, last_ts=since_ts)
    stats = folded.stats
    for row in rows:
        step, ts = row[STEP], row[TS]
        folded.rows += 1
        folded.last_ts = ts = max(folded.last_ts, ts)
        if folded.min_step is None or step < folded.min_step:
            folded.min_step = step
        if step >= before_step:
            continue
        for name, raw in row.items():
            if name in (STEP, TS):
                continue
            known = stats.get(name)
            if known is None:
                known = stats[name] = KeyStats()
            if raw is None:  # the same as absent, but for the type
                known.note_tag("n")
            else:
                known.add(raw, step, ts)
    folded.stats = {unescape_key(name): value for name, value in stats.items()}
    return folded
