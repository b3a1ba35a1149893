"""Samples of the machine: CPU, memory, disk, network and GPUs, in percent of what this process may use.

Counters are compared with those of the sample before, so the first look gives no rates. Where a container limits CPU or memory, percent
means percent of that limit. Invariant: a figure that cannot be had is left out, nothing raises, and no process is started.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.sdk.cgroup import Cgroup
from eventide.sdk.provenance.host import usable_cpus

if TYPE_CHECKING:
    from collections.abc import Callable

    from eventide.sdk.gpu import Gpus

TREE_SHARE = 0.001
"""Share of one core that looking for child processes may take."""


class _Counters(NamedTuple):
    """What only grows, and when it was read."""

    at_s: float
    processes: dict[tuple[int, float], float]
    """(pid, start) → CPU seconds."""
    busy_s: float
    total_s: float
    limited_s: float | None
    """CPU seconds under the cgroup's limit."""
    disk: tuple[int, int] | None
    network: tuple[int, int] | None


class Machine:
    """Reads the machine again and again. For one thread; a forked child makes its own."""

    def __init__(self, *, cgroup: Cgroup | None = None, gpus: Gpus | None = None, whole: bool = True) -> None:
        """Take the first look.

        Args:
            cgroup: the limits; default those of this process.
            gpus: the GPUs to sample.
            whole: also what does not belong to this process: host, disk, network.
        """
        import psutil  # noqa: PLC0415 - 15 ms, never before the first log

        self._psutil: Any = psutil
        self._cgroup = Cgroup.of_this_process() if cgroup is None else cgroup
        self._cpu_limit = self._cgroup.cpu_limit()
        self._memory_limit = self._cgroup.memory_limit_bytes()
        self._gpus = gpus
        self._whole = whole
        self._me = psutil.Process()
        self._known: dict[tuple[int, float], Any] = {}
        self._next_look_s = 0.0
        self._last = self._counters()

    def sample(self) -> dict[str, float]:
        """Return the figures under their names (docs/guides/system-and-console.md); rates are since the last call."""
        before, now = self._last, self._counters()
        self._last = now
        found: dict[str, float] = {}
        parts: list[Callable[[], dict[str, float]]] = [lambda: self._processor(before, now), self._memory]
        if self._whole:
            parts.append(lambda: _rates(before, now))
        if self._gpus is not None:
            parts.append(self._gpus.sample)
        for part in parts:
            found.update(_tried(part))
        return {name: round(value, 3) for name, value in found.items()}

    def disk_used_percent(self, folder: str) -> float | None:
        """Return how full the file system of a folder is."""
        try:
            return float(self._psutil.disk_usage(folder).percent)
        except OSError:
            return None

    # ── processor ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _processor(self, before: _Counters, now: _Counters) -> dict[str, float]:
        took_s = max(now.at_s - before.at_s, 1e-6)
        may_use = min(self._cpu_limit or float("inf"), usable_cpus())
        own_s = sum(max(0.0, cpu - before.processes.get(key, 0.0)) for key, cpu in now.processes.items())
        found = {"cpu/process_percent": min(100.0, 100 * own_s / took_s / may_use)}
        if not self._whole:
            return found
        if self._cpu_limit and now.limited_s is not None and before.limited_s is not None:
            found["cpu/percent"] = min(100.0, 100 * (now.limited_s - before.limited_s) / took_s / self._cpu_limit)
        elif now.total_s > before.total_s:
            found["cpu/percent"] = 100 * (now.busy_s - before.busy_s) / (now.total_s - before.total_s)
        return found

    def _counters(self) -> _Counters:
        busy_s, total_s = self._host_seconds() if self._whole else (0.0, 0.0)
        disk = network = None
        if self._whole:
            disk, network = _tried_pair(self._disk), _tried_pair(self._network)
        return _Counters(
            time.monotonic(), self._process_seconds(), busy_s, total_s, self._cgroup.cpu_seconds(), disk, network
        )

    def _host_seconds(self) -> tuple[float, float]:
        times = self._psutil.cpu_times()
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)  # counted in user already
        return total - times.idle - getattr(times, "iowait", 0.0), total

    # ── processes ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _look_for_children(self) -> None:
        """Note this process and all below it: every process of the host is looked at, as often as `TREE_SHARE` allows."""
        if time.monotonic() < self._next_look_s:
            return
        begun = time.thread_time()
        found = {(self._me.pid, 0.0): self._me}
        try:
            for process in self._me.children(recursive=True):
                key = (process.pid, process.create_time())
                found[key] = self._known.get(key, process)
        except (self._psutil.Error, OSError):
            pass
        self._known = found
        self._next_look_s = time.monotonic() + (time.thread_time() - begun) / TREE_SHARE

    def _process_seconds(self) -> dict[tuple[int, float], float]:
        seconds: dict[tuple[int, float], float] = {}
        self._look_for_children()
        for key, process in self._known.items():
            try:
                times = process.cpu_times()
            except (self._psutil.Error, OSError):
                continue
            seconds[key] = times.user + times.system
        return seconds

    # ── memory, disk, network ───────────────────────────────────────────────────────────────────────────────────────

    def _memory(self) -> dict[str, float]:
        resident = 0
        for process in self._known.values():
            try:
                resident += process.memory_info().rss
            except (self._psutil.Error, OSError):
                continue
        found: dict[str, float] = {"memory/process_bytes": resident}
        if not self._whole:
            return found
        memory = self._psutil.virtual_memory()
        used, limit = memory.total - memory.available, memory.total
        if self._memory_limit is not None and self._memory_limit < memory.total:
            limited = self._cgroup.memory_used_bytes()
            used, limit = (used if limited is None else limited), self._memory_limit
        found["memory/used_bytes"] = used
        found["memory/percent"] = min(100.0, 100 * used / limit)
        return found

    def _disk(self) -> tuple[int, int] | None:
        counters = self._psutil.disk_io_counters()
        return None if counters is None else (counters.read_bytes, counters.write_bytes)

    def _network(self) -> tuple[int, int] | None:
        """Return the bytes sent and received, without those that stay on the machine."""
        cards = {
            name: card for name, card in self._psutil.net_io_counters(pernic=True).items() if not _is_loopback(name)
        }
        return sum(card.bytes_sent for card in cards.values()), sum(card.bytes_recv for card in cards.values())


def _is_loopback(name: str) -> bool:
    return name == "lo" or (name.startswith("lo") and name[2:].isdecimal()) or name.startswith("Loopback")


def _rates(before: _Counters, now: _Counters) -> dict[str, float]:
    took_s = max(now.at_s - before.at_s, 1e-6)
    found: dict[str, float] = {}
    for (first, second), then, there in (
        (("disk/read_bytes_per_s", "disk/write_bytes_per_s"), before.disk, now.disk),
        (("network/sent_bytes_per_s", "network/received_bytes_per_s"), before.network, now.network),
    ):
        if then is not None and there is not None:
            found[first] = max(0, there[0] - then[0]) / took_s
            found[second] = max(0, there[1] - then[1]) / took_s
    return found


def _tried(part: Callable[[], dict[str, float]]) -> dict[str, float]:
    try:
        return part()
    except Exception:  # noqa: BLE001 - an odd machine: less is known
        return {}


def _tried_pair(part: Callable[[], tuple[int, int] | None]) -> tuple[int, int] | None:
    try:
        return part()
    except Exception:  # noqa: BLE001 - as above
        return None
