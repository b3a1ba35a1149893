"""Wall time behind one small protocol, so that tests replace time instead of sleeping through it.

Invariant: nothing in Eventide that decides or records a time calls `time.time` except through a `Clock`.
"""

from __future__ import annotations

from time import monotonic as _monotonic
from time import time as _time
from typing import Protocol


class Clock(Protocol):
    """A source of time."""

    def time(self) -> float:
        """Return the wall time in seconds since the epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start that never go backwards."""
        ...


class SystemClock:
    """The machine's own clock."""

    time = staticmethod(_time)
    monotonic = staticmethod(_monotonic)


SYSTEM_CLOCK: Clock = SystemClock()


def iso(ts: float) -> str:
    """Return `ts` (seconds since the epoch, UTC) as ISO 8601 with milliseconds and a Z."""
    from datetime import UTC, datetime  # noqa: PLC0415 - not needed to log

    moment = datetime.fromtimestamp(ts, tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
