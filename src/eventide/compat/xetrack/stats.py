"""xetrack.stats: the use of the machine over a stretch of time.

Invariant: measured as `eventide.Tracker` measures calls; no process is started.
"""

from __future__ import annotations

from typing import Any

from eventide.table.sampler import SYSTEM_KEYS, Usage, sampler


class Stats:
    """Measures from its making on."""

    KEYS = ("disk_percent", "p_memory_percent", "cpu", "memory_percent")

    def __init__(self, process: Any = None, stats: dict[str, Any] | None = None, interval: float = 0.1) -> None:
        """Begin to measure this process; `process` makes no difference, results go into `stats` as well."""
        del process
        self._stats = {} if stats is None else stats
        self._usage = Usage(sampler(), system=True, network=False, interval_s=None)
        self.interval = interval

    def get_stats(self) -> dict[str, float]:
        """Return the use of the machine since the last call of this, and begin anew."""
        used = self._usage.stop()
        self._usage = Usage(sampler(), system=True, network=False, interval_s=None)
        self._stats.update(used)
        return used

    get_average_stats = get_stats

    def collect_stats(self, stop_event: Any) -> None:
        """Measure every `interval` seconds until `stop_event` is set."""
        while not stop_event.wait(self.interval):
            self.get_stats()

    @staticmethod
    def round10e5(val: float) -> float:
        """Return a number rounded to five digits after the point."""
        return round(val, 5)


assert set(Stats.KEYS) == set(SYSTEM_KEYS)  # noqa: S101 - a rename there has to be seen here
