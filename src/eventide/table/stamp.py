"""Times of rows as texts, the same ones everywhere: `2026-11-20 10:15:02.123456`, UTC, microseconds.

Python, numpy and SQL round a time to microseconds in the same way, so that the text a row got when it was logged finds that row later.
Invariant: `text(seconds(t)) == t` for every text of this form.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

SQL = "strftime(make_timestamp(CAST(floor(ts * 1e6 + 0.5) AS BIGINT)), '%Y-%m-%d %H:%M:%S.%f')"
"""The text of the column `ts` in DuckDB's SQL."""
_OLD_FORMATS = ("%d-%m-%Y %H:%M:%S.%f", "%d-%m-%Y %H:%M:%S")

_second: tuple[int, str] = (0, "1970-01-01 00:00:00.")


def text(ts: float) -> str:
    """Return seconds since the epoch as text."""
    global _second  # noqa: PLW0603 - the last second, whose text most calls need again
    second, micros = divmod(int(ts * 1e6 + 0.5), 1_000_000)
    known, prefix = _second
    if known != second:
        prefix = time.strftime("%Y-%m-%d %H:%M:%S.", time.gmtime(second))
        _second = (second, prefix)
    return f"{prefix}{micros:06d}"


def texts(seconds: Any) -> list[str]:
    """Return a float64 array of seconds since the epoch as texts."""
    import numpy as np  # noqa: PLC0415 - a process that logs has no use for it

    micros = np.floor(np.asarray(seconds, np.float64) * 1e6 + 0.5).astype("int64").astype("datetime64[us]")
    return [moment.replace("T", " ") for moment in np.datetime_as_string(micros, unit="us").tolist()]


def seconds(moment: str) -> float:
    """Return the seconds since the epoch of a text; one without a zone is UTC. Raises ValueError."""
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        parsed = _parse_old(moment)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    whole = parsed.replace(microsecond=0).timestamp()
    return (int(whole) * 1_000_000 + parsed.microsecond) / 1e6


def _parse_old(moment: str) -> datetime:
    for form in _OLD_FORMATS:
        try:
            return datetime.strptime(moment, form)  # noqa: DTZ007 - seconds() says what zone it is
        except ValueError:
            continue
    raise ValueError(f"`{moment:.60}` is no time")


class StampClock:
    """The system's clock, which remembers per thread what it said last: the time the journal gave a row."""

    def __init__(self) -> None:
        self.last = threading.local()
        self.monotonic = time.monotonic
        self.time = _remembering(self.last)


def _remembering(last: threading.local) -> Callable[[], float]:
    clock = time.time

    def now() -> float:
        last.ts = ts = clock()
        return ts

    return now
