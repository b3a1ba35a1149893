"""Run-level records to the facts of a run; pure functions.

A fact is what a `_set` record says: the value at a path. The newest record wins, by (time, writer, position); setting a path
replaces everything below it.
Invariant: the outcome depends on the set of records only, not on the order in which they were read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from eventide.journal.codec import NONFINITE, decode
from eventide.model import RunStatus

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """One `_set` record; `value` is JSON text, None for a removal."""

    ts: float
    writer: str
    seq: int
    path: Path
    value: str | None


@dataclass(frozen=True, slots=True)
class WriterState:
    """What one writer's headers and trailers say about it."""

    writer: str
    role: str
    attempt: int
    started: float
    last_ts: float
    status: str | None
    """Status in its last trailer; None while it has not ended."""
    error: str
    rows: int
    world_size: int
    host: str
    gone: int
    """1 when it has not ended but its process is gone."""


def build_tree(facts: Iterable[Fact]) -> dict[str, Any]:
    """Return the tree of raw (encoded) values that the facts of one run describe."""
    tree: dict[str, Any] = {}
    for fact in sorted(facts):
        node = tree
        for name in fact.path[:-1]:
            child = node.get(name)
            if not isinstance(child, dict):
                child = node[name] = {}
            node = child
        if fact.value is None:
            node.pop(fact.path[-1], None)
        else:
            node[fact.path[-1]] = orjson.loads(fact.value)
    return tree


def is_tagged(raw: Mapping[str, Any]) -> bool:
    """Tell whether a raw dict is one value (a date, a Decimal, ...) rather than a branch."""
    return len(raw) == 1 and next(iter(raw)).startswith("_")


def leaves(raw: Any, prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield `(dotted path, raw value)` of every leaf of a raw config; an empty dict is a leaf."""
    if isinstance(raw, dict) and raw and not is_tagged(raw):
        for name, child in raw.items():
            yield from leaves(child, f"{prefix}.{name}" if prefix else name)
    elif prefix:
        yield prefix, raw


def columns_of(raw: Any) -> tuple[float | None, str | None, str]:
    """Return `(num, text, json)` of a raw value, as the index's `params`, `summary` and `vals` tables hold it."""
    json = orjson.dumps(raw).decode()
    if raw is None:
        return None, None, json
    if isinstance(raw, bool):
        return float(raw), "true" if raw else "false", json
    if isinstance(raw, int | float):
        return float(raw), str(raw), json
    if isinstance(raw, str):
        return (
            (None, {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}[raw], json)
            if raw in NONFINITE
            else (None, raw, json)
        )
    value = decode(raw)
    return None, value if isinstance(value, str) else json if isinstance(value, dict | list) else str(value), json


_WORST_FIRST = (RunStatus.FAILED, RunStatus.KILLED, RunStatus.FINISHED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run stands, by its writers."""

    status: RunStatus
    started: float
    ended: float | None
    error: str
    attempts: int


def outcome(writers: Iterable[WriterState]) -> Outcome:
    """Return how a run stands: the newest attempt's writers decide; forks and edits do not count."""
    own = [writer for writer in writers if writer.role == "run"]
    started = min((writer.started for writer in own), default=math.inf)
    attempts = max((writer.attempt for writer in own), default=1)
    newest = [writer for writer in own if writer.attempt == attempts]
    error = next((writer.error for writer in newest if writer.error), "")
    open_writers = [writer for writer in newest if writer.status is None]
    last = max((writer.last_ts for writer in newest), default=started)
    if any(not writer.gone for writer in open_writers):
        return Outcome(RunStatus.RUNNING, started, None, error, attempts)
    said = {writer.status for writer in newest}
    worst = next((status for status in _WORST_FIRST if status in said), RunStatus.CRASHED)
    status = RunStatus.CRASHED if (open_writers and worst is RunStatus.FINISHED) or not newest else worst
    return Outcome(status, started, last, error, attempts)
