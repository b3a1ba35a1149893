"""The share of the machine that a container leaves this process: CPUs and memory by cgroup, version 1 and 2.

A limit may stand at any level above the process; the smallest counts. Invariant: what cannot be read is no limit, and nothing raises.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_UNLIMITED_BYTES = 1 << 60
"""Version 1 says so by a number near 2^63."""


class Cgroup(NamedTuple):
    """The folders in which this process's limits may stand, innermost first, by controller; for version 2 all are the same."""

    cpu: tuple[Path, ...] = ()
    memory: tuple[Path, ...] = ()
    accounting: tuple[Path, ...] = ()
    """Where CPU time is counted."""

    @classmethod
    def of_this_process(cls, *, proc: Path = Path("/proc/self/cgroup"), mount: Path = Path("/sys/fs/cgroup")) -> Cgroup:
        """Return where this process's limits stand; empty where there are no cgroups."""
        try:
            lines = proc.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return cls()
        paths = {name: path for line in lines for name, path in _controllers(line)}
        if "memory" in paths or "cpu" in paths:
            return cls(
                *(
                    _levels(_base(mount, name), paths.get(name, "/")) if name in paths else ()
                    for name in ("cpu", "memory", "cpuacct")
                )
            )
        levels = _levels(mount, paths[""]) if "" in paths else ()
        return cls(levels, levels, levels)

    def cpu_limit(self) -> float | None:
        """Return how many CPUs may be used, such as 1.5, or None for no limit."""
        found: list[float] = []
        for folder in self.cpu:
            quota, period = _numbers(folder / "cpu.max") or (
                _number(folder / "cpu.cfs_quota_us"),
                _number(folder / "cpu.cfs_period_us"),
            )
            if quota is not None and period and quota > 0:
                found.append(quota / period)
        return min(found, default=None)

    def memory_limit_bytes(self) -> int | None:
        """Return how much memory may be used, or None for no limit."""
        found = []
        for folder in self.memory:
            for name in ("memory.max", "memory.limit_in_bytes"):
                limit = _number(folder / name)
                if limit is not None and 0 < limit < _UNLIMITED_BYTES:
                    found.append(limit)
        return min(found, default=None)

    def memory_used_bytes(self) -> int | None:
        """Return the memory in use under the innermost limit, without what is only cached from files; None where there is no limit."""
        for folder in self.memory:
            limited = [_number(folder / name) for name in ("memory.max", "memory.limit_in_bytes")]
            if not any(limit is not None and 0 < limit < _UNLIMITED_BYTES for limit in limited):
                continue
            for name, cached in (("memory.current", "inactive_file"), ("memory.usage_in_bytes", "total_inactive_file")):
                used = _number(folder / name)
                if used is not None:
                    return max(0, used - _entry(folder / "memory.stat", cached))
        return None

    def cpu_seconds(self) -> float | None:
        """Return the CPU time used under the innermost limit; None where there is no limit, or no count."""
        if self.cpu_limit() is None:
            return None
        for folder in self.accounting:
            used_us = _entry(folder / "cpu.stat", "usage_usec")
            if used_us:
                return used_us / 1e6
            used_ns = _number(folder / "cpuacct.usage")
            if used_ns is not None:
                return used_ns / 1e9
        return None


def _controllers(line: str) -> list[tuple[str, str]]:
    """Return `(controller, path)` for a line of /proc/self/cgroup; version 2's has the empty name."""
    number, _, rest = line.partition(":")
    names, _, path = rest.partition(":")
    return [("", path)] if number == "0" else [(name, path) for name in names.split(",")]


def _base(mount: Path, name: str) -> Path:
    """Return where a controller of version 1 is mounted."""
    together = mount / "cpu,cpuacct"
    return (
        together if name in ("cpu", "cpuacct") and not (mount / name).is_dir() and together.is_dir() else mount / name
    )


def _levels(base: Path, path: str) -> tuple[Path, ...]:
    """Return the folders from the process's own up to the mount; what the container does not show is passed over."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    levels = [base.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1)]
    try:
        return tuple(level for level in levels if level.is_dir())
    except OSError:
        return ()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.lstrip("-").isdecimal() else None


def _numbers(path: Path) -> tuple[int | None, int | None] | None:
    """Return quota and period of `cpu.max`, which says `max 100000` or `150000 100000`."""
    words = _text(path).split()
    if len(words) != 2:
        return None
    return (int(words[0]) if words[0].isdecimal() else None), (int(words[1]) if words[1].isdecimal() else None)


def _entry(path: Path, name: str) -> int:
    """Return one number of a file with a name and a number on each line; 0 when it has none."""
    for line in _text(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.strip().isdecimal():
            return int(value)
    return 0
