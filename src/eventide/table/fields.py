"""Fields of a run by the names people type: `name`, `lr`, `config.data.aug`, `best(val/acc)`, `last.train/loss`.

Invariant: one field means the same in `--columns`, `--json`, `columns=` and in the filter grammar: a bare path is a parameter first,
then the metric's summary value. Looking a field up never raises; a run that has no such thing gives None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eventide.errors import InvalidSetting
from eventide.model import MetricStats, RunInfo

_Getter = Callable[[RunInfo], Any]

BASE: dict[str, _Getter] = {
    "id": lambda run: run.id,
    "name": lambda run: run.name,
    "status": lambda run: run.status.value,
    "project": lambda run: run.project,
    "group": lambda run: run.group or None,
    "started": lambda run: run.started,
    "ended": lambda run: run.ended,
    "updated": lambda run: run.updated,
    "duration_s": lambda run: run.duration_s,
    "tags": lambda run: list(run.tags),
    "notes": lambda run: run.notes or None,
    "error": lambda run: run.error or None,
    "host": lambda run: run.host or None,
    "user": lambda run: run.user or None,
    "rows": lambda run: run.rows,
    "attempts": lambda run: run.attempts,
    "world_size": lambda run: run.world_size,
    "archived": lambda run: run.archived,
    "deleted": lambda run: run.deleted,
}
WHOLE: dict[str, _Getter] = {
    "config": lambda run: run.config,
    "summary": lambda run: run.summary,
    "values": lambda run: run.values,
    "metrics": lambda run: {key: describe(stats) for key, stats in run.metrics.items()},
}
"""Fields that are whole trees."""

ALIASES = {
    "run_id": "id",
    "state": "status",
    "tag": "tags",
    "note": "notes",
    "duration": "duration_s",
    "age": "started",
    "created": "started",
}
TIMES = frozenset({"started", "ended", "updated", "deleted"})

AGGREGATES: dict[str, Callable[[MetricStats], Any]] = {
    "best": lambda stats: stats.best if stats.best is not None else stats.last,
    "last": lambda stats: stats.last,
    "first": lambda stats: stats.first,
    "min": lambda stats: stats.min,
    "max": lambda stats: stats.max,
    "mean": lambda stats: stats.mean,
    "std": lambda stats: stats.std,
    "count": lambda stats: stats.count,
}

_CALL = re.compile(r"(?P<function>\w+)\((?P<body>.*)\)", re.DOTALL)
_DERIVED = frozenset({"at", "slope"})


def describe(stats: MetricStats) -> dict[str, Any]:
    """Return a metric's statistics as a plain dict, `best` included."""
    return {
        "last": stats.last,
        "best": stats.best,
        "best_step": stats.best_step,
        "first": stats.first,
        "min": stats.min,
        "min_step": stats.min_step,
        "max": stats.max,
        "max_step": stats.max_step,
        "mean": stats.mean,
        "std": stats.std,
        "count": stats.count,
        "nonfinite": stats.nonfinite,
        "first_nonfinite_step": stats.first_nonfinite_step,
        "last_step": stats.last_step,
        "goal": stats.goal,
    }


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a run; `kind` is base, tree, config, summary, value, metric or bare."""

    text: str
    """As it was asked for; what columns are called."""
    kind: str
    path: str
    aggregate: str = ""

    def of(self, run: RunInfo) -> Any:
        """Return the field's value for one run; None when it has none."""
        return _LOOKUP[self.kind](self, run)

    @property
    def is_time(self) -> bool:
        """Whether values are seconds since the epoch."""
        return self.kind == "base" and self.path in TIMES


def _bare(field: Field, run: RunInfo) -> Any:
    if field.path in run.params:
        return run.params[field.path]
    if field.path in run.summary:
        return run.summary[field.path]
    if field.path in run.values:
        return run.values[field.path]
    if field.path in run.metrics:
        return run.metrics[field.path].last
    head, dot, rest = field.path.partition(".")
    if dot and head in AGGREGATES:
        return _metric(Field(field.text, "metric", rest, head), run)
    return _branch(run.config, field.path)


def _branch(config: dict[str, Any], path: str) -> Any:
    """Return a whole branch of the config, or None."""
    node: Any = config
    for name in path.split("."):
        if not isinstance(node, dict) or name not in node:
            return None
        node = node[name]
    return node


def _config(field: Field, run: RunInfo) -> Any:
    return run.params[field.path] if field.path in run.params else _branch(run.config, field.path)


def _metric(field: Field, run: RunInfo) -> Any:
    stats = run.metrics.get(field.path)
    return None if stats is None else AGGREGATES[field.aggregate](stats)


_LOOKUP: dict[str, Callable[[Field, RunInfo], Any]] = {
    "base": lambda field, run: BASE[field.path](run),
    "tree": lambda field, run: WHOLE[field.path](run),
    "config": _config,
    "summary": lambda field, run: run.summary.get(field.path),
    "value": lambda field, run: run.values.get(field.path),
    "metric": _metric,
    "bare": _bare,
}


def parse(text: str) -> Field:
    """Return the field that `text` names.

    Raises:
        InvalidSetting: a function that is none of `best last first min max mean std count`, or an empty name.
    """
    asked = text.strip()
    if not asked:
        raise InvalidSetting("an empty text names no field", hint="eventide runs --json help")
    name = ALIASES.get(asked, asked)
    if name in BASE:
        return Field(name, "base", name)
    if name in WHOLE:
        return Field(name, "tree", name)
    call = _CALL.fullmatch(asked)
    if call is not None:
        return _parse_call(asked, call["function"], _unquote(call["body"]))
    head, dot, rest = asked.partition(".")
    if dot and rest and head in ("config", "summary", "value"):
        return Field(asked, head, _unquote(rest))
    if dot and rest and head == "metric":
        return Field(asked, "metric", _unquote(rest), "best")
    return Field(asked, "bare", _unquote(asked))


def _parse_call(asked: str, function: str, key: str) -> Field:
    if function in AGGREGATES and key:
        return Field(asked, "metric", key, function)
    if function in _DERIVED:
        raise InvalidSetting(
            f"`{asked}` can filter and sort, but it is not shown as a column",
            hint=f"use one of {', '.join(AGGREGATES)}",
        )
    raise InvalidSetting(
        f"`{asked}` is no field: there is no function `{function}`", hint=f"use one of {', '.join(AGGREGATES)}"
    )


def _unquote(name: str) -> str:
    stripped = name.strip()
    return stripped[1:-1] if len(stripped) > 2 and stripped[0] == stripped[-1] == "`" else stripped


def split(texts: str | Iterable[str]) -> list[str]:
    """Return the fields of a comma-separated list; commas inside brackets and back-ticks do not separate."""
    joined = texts if isinstance(texts, str) else ",".join(texts)
    parts, depth, quoted, start = [], 0, False, 0
    for place, character in enumerate(joined):
        if character == "`":
            quoted = not quoted
        elif not quoted and character in "()":
            depth += 1 if character == "(" else -1
        elif character == "," and not quoted and depth <= 0:
            parts.append(joined[start:place])
            start = place + 1
    parts.append(joined[start:])
    return [part.strip() for part in parts if part.strip()]


def metric_keys(fields: Sequence[Field]) -> tuple[str, ...] | None:
    """Return the metrics that fields need, or None when that cannot be known beforehand (a bare name may be one)."""
    if any(field.kind in ("bare", "tree") for field in fields):
        return None
    return tuple(dict.fromkeys(field.path for field in fields if field.kind == "metric"))
