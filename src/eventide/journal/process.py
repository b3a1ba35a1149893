"""Who a writing process is, and whether the process that wrote a part still lives.

Invariant: a process is only called gone when that is certain: same running kernel and pid namespace, and no process of that
pid and start. Everybody else is judged by heartbeat, the mtime of the part.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """What tells this process from every other one, on this host and on others."""

    host: str
    pid: int
    start: str
    machine: str

    _current: ClassVar[ProcessIdentity | None] = None

    @classmethod
    def current(cls, *, fresh: bool = False) -> ProcessIdentity:
        """Return the identity of the calling process; `fresh` looks it up again, as a forked child must."""
        known = cls._current
        if known is None or fresh or known.pid != os.getpid():
            known = cls(host_name(), os.getpid(), start_of(os.getpid()) or "", machine_token())
            cls._current = known
        return known

    @property
    def label(self) -> str:
        """Host, pid and start as a part of a file name."""
        host = "".join(c if c.isascii() and c.isalnum() else "_" for c in self.host)[:32] or "host"
        return f"{host}-{self.pid}-{self.start or '0'}"


def host_name() -> str:
    """Return what this machine calls itself."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import socket  # noqa: PLC0415 - 2 ms of start-up, not needed where there is uname

    return socket.gethostname()


def start_of(pid: int) -> str | None:
    """Return when a process started, in a form only good for comparing; None when there is no such process.

    On Linux the start time in clock ticks after boot (proc(5), field 22); elsewhere psutil's creation time.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - start-up cost
            stat = file.read()
    except FileNotFoundError:
        return _start_without_proc(pid)
    except OSError:
        return None
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else fields[19].decode()


def _start_without_proc(pid: int) -> str | None:
    if os.path.isdir("/proc/self"):  # noqa: PTH112 - there is a /proc, so the process is gone
        return None
    import psutil  # noqa: PLC0415 - only where there is no /proc

    try:
        return f"{psutil.Process(pid).create_time():.0f}"
    except psutil.Error:
        return None


def machine_token() -> str:
    """Return a name of the running kernel and pid namespace; empty where there is none to be had."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:  # noqa: PTH123 - start-up cost
            boot = file.read().strip()[:13]
        return f"{boot}:{os.readlink('/proc/self/ns/pid')[5:-1]}"  # noqa: PTH115
    except OSError:
        return host_name()


def is_gone(*, pid: int, pid_start: str, machine: str) -> bool:
    """Tell whether a writer is provably gone; False also when that cannot be known from here."""
    here = ProcessIdentity.current()
    if machine != here.machine or not pid:
        return False
    return start_of(pid) != pid_start
