"""How much of the machine a call uses: CPU, memory, disk and network, while it runs.

Counters are read when a call begins and when it ends, so that short calls are measured like long ones; memory is looked at in between too,
by one thread for all calls of the process.
Invariant: beginning and ending together cost the caller less than a millisecond, and no process is started.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

SYSTEM_KEYS = ("cpu", "p_memory_percent", "memory_percent", "disk_percent")
"""CPU time of this process in percent of one core; its memory, memory in use and disk in use (of the working folder) in percent."""
NETWORK_KEYS = ("bytes_sent", "bytes_recv")
"""Bytes that the machine sent and received meanwhile."""


class _Moment(NamedTuple):
    wall_s: float
    cpu_s: float
    sent: int
    received: int


class Usage:
    """What one call uses, between its making and `stop`."""

    def __init__(self, sampler: Sampler, *, system: bool, network: bool, interval_s: float | None) -> None:
        """Begin; `interval_s` is the time between two looks at the memory, None for looks at the beginning and the end only."""
        self.interval_s = max(0.001, interval_s or 1.0)
        self._follow = system and interval_s is not None
        self._sampler = sampler
        self._system = system
        self._network = network
        self._memory: list[tuple[float, float]] = []
        self._begin = sampler.moment(network=network)
        self.due_s = self._begin.wall_s + self.interval_s
        if system:
            self.look()
        if self._follow:
            sampler.follow(self)

    def look(self) -> None:
        """Take a sample of memory."""
        self._memory.append(self._sampler.memory())

    def stop(self) -> dict[str, float]:
        """Return what was used, under `SYSTEM_KEYS` and `NETWORK_KEYS` as far as they were asked for."""
        end = self._sampler.moment(network=self._network)
        used: dict[str, float] = {}
        if self._system:
            if self._follow:
                self._sampler.forget(self)
            self.look()
            wall_s = max(end.wall_s - self._begin.wall_s, 1e-9)
            process, machine = (_mean(column) for column in zip(*self._memory, strict=True))
            cpu = 100 * max(0.0, end.cpu_s - self._begin.cpu_s) / wall_s
            values = (min(cpu, 100.0 * (os.cpu_count() or 1)), process, machine, self._sampler.disk())
            used.update(zip(SYSTEM_KEYS, values, strict=True))
        if self._network:
            sent, received = end.sent - self._begin.sent, end.received - self._begin.received
            used.update(zip(NETWORK_KEYS, (max(0, sent), max(0, received)), strict=True))
        return used


class Sampler:
    """Reads the counters of the machine; one per process, its thread runs only while calls are followed."""

    def __init__(self) -> None:
        import psutil  # noqa: PLC0415 - 15 ms, for trackers that measure only

        self._psutil: Any = psutil
        self._process = psutil.Process()
        self._total = psutil.virtual_memory().total
        self._followed: list[Usage] = []
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def moment(self, *, network: bool) -> _Moment:
        """Return the counters now."""
        sent = received = 0
        if network:
            counters = self._psutil.net_io_counters()
            if counters is not None:
                sent, received = counters.bytes_sent, counters.bytes_recv
        return _Moment(time.perf_counter(), time.process_time(), sent, received)

    def memory(self) -> tuple[float, float]:
        """Return the memory of this process, and memory in use, in percent of all memory."""
        return 100 * self._process.memory_info().rss / self._total, float(self._psutil.virtual_memory().percent)

    def disk(self) -> float:
        """Return how full the disk of the working folder is, in percent; 0 when that cannot be told."""
        try:
            return float(self._psutil.disk_usage(str(Path.cwd())).percent)
        except OSError:
            return 0.0

    def follow(self, usage: Usage) -> None:
        """Look at the memory of a call every `interval_s`."""
        self._followed.append(usage)
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="eventide-usage", daemon=True)
            self._thread.start()
        self._wake.set()

    def forget(self, usage: Usage) -> None:
        """Look at a call no more."""
        self._followed.remove(usage)

    def _run(self) -> None:
        while True:
            followed = list(self._followed)
            if not followed:
                self._wake.clear()
                if not self._followed:
                    self._wake.wait()
                continue
            now_s = time.perf_counter()
            for usage in followed:
                if usage.due_s <= now_s:
                    usage.look()
                    usage.due_s = now_s + usage.interval_s
            self._wake.clear()
            self._wake.wait(max(0.0005, min(usage.due_s for usage in followed) - time.perf_counter()))


_shared: dict[int, Sampler] = {}


def sampler() -> Sampler:
    """Return the sampler of this process."""
    pid = os.getpid()
    found = _shared.get(pid)
    if found is None:
        _shared.clear()  # a forked child has no thread of its parent's
        found = _shared[pid] = Sampler()
    return found


def _mean(values: Iterable[float]) -> float:
    taken = list(values)
    return sum(taken) / len(taken)
