"""Model objects as JSON that a page can show.

Invariant: `dumps` fails for nothing that can be logged: numbers that are not finite become words, what JSON does not know becomes text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any

import orjson
from starlette.responses import Response

from eventide.journal.codec import float_text
from eventide.model import FileInfo, MetricStats, ObjectRef, RunInfo

JSON_TYPE = "application/json"
MAX_TEXT_CHARS = 10_000
"""Of a value that is neither text nor number; logged text is never cut."""
_INT64 = 1 << 63


def dumps(value: Any) -> bytes:
    """Return JSON; floats in `value` are finite or already words."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # half of a surrogate pair, or an integer beyond 64 bits
        return json.dumps(plain(value), default=str, allow_nan=False).encode("ascii")


def reply(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer in JSON that no cache keeps."""
    return Response(dumps(value), status, {"Cache-Control": "no-store", **(headers or {})}, JSON_TYPE)


def plain(value: Any) -> Any:  # noqa: PLR0911 - one return per kind reads best
    """Return any logged value as JSON can say it, for people to read."""
    kind = type(value)
    if kind is float:
        return float_text(value)
    if value is None or kind is str or kind is bool:
        return value
    if kind is int:
        return value if -_INT64 <= value < _INT64 else str(value)
    if kind is dict:
        return {key if type(key) is str else str(key): plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [plain(item) for item in value]
    if kind is set or kind is frozenset:
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, ObjectRef):
        return {"_object": asdict(value)}
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    return str(value)[:MAX_TEXT_CHARS]


def metric(stats: MetricStats) -> dict[str, Any]:
    """Return a metric of a run."""
    return {
        "count": stats.count,
        "nonfinite": stats.nonfinite,
        "first": _number(stats.first),
        "last": _number(stats.last),
        "last_step": stats.last_step,
        "min": _number(stats.min),
        "min_step": stats.min_step,
        "max": _number(stats.max),
        "max_step": stats.max_step,
        "mean": _number(stats.mean),
        "std": _number(stats.std),
        "best": _number(stats.best),
        "best_step": stats.best_step,
        "goal": stats.goal,
        "first_nonfinite_step": stats.first_nonfinite_step,
    }


def _number(value: Any) -> Any:
    return float_text(value) if type(value) is float else value


def run(info: RunInfo) -> dict[str, Any]:
    """Return a run as lists show it."""
    return {
        "id": info.id,
        "project": info.project,
        "name": info.name,
        "status": info.status.value,
        "started": info.started,
        "ended": info.ended,
        "updated": info.updated,
        "duration_s": info.duration_s,
        "group": info.group,
        "host": info.host,
        "user": info.user,
        "tags": list(info.tags),
        "notes": info.notes,
        "reason": reason(info.error),
        "rows": info.rows,
        "attempts": info.attempts,
        "world_size": info.world_size,
        "archived": info.archived,
        "deleted": info.deleted,
        "params": plain(info.params),
        "metrics": {key: metric(stats) for key, stats in info.metrics.items()},
        "summary": plain(info.summary),
        "values": plain(info.values),
    }


def reason(error: str) -> str:
    """Return the last line of a traceback that says something."""
    return next((line.strip() for line in reversed(error.splitlines()) if line.strip()), "")[:1_000]


def change(info: RunInfo) -> dict[str, Any]:
    """Return what a stream of changes says of a run."""
    return {
        "id": info.id,
        "project": info.project,
        "status": info.status.value,
        "rows": info.rows,
        "updated": info.updated,
    }


def file(info: FileInfo) -> dict[str, Any]:
    """Return a reference to an object."""
    return {
        "run_id": info.run_id,
        "project": info.project,
        "kind": info.kind,
        "name": info.name,
        "step": info.step,
        "ts": info.ts,
        "sha256": info.sha256,
        "size_bytes": info.size_bytes,
        "format": info.format,
        "record": plain(info.record),
    }


def table(names: list[str], columns: Iterable[Iterable[Any]]) -> list[list[Any]]:
    """Return columns of equal length as rows of plain values."""
    return [[plain(value) for value in row] for row in zip(*columns, strict=True)] if names else []


def words(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flat mapping with its floats as JSON can say them."""
    return {name: _number(value) for name, value in mapping.items()}
