"""Stores that live as long as their process: mode="memory".

A private folder, in memory where the system has such a place; its name says whose it is, so that what a killed process left behind
is removed by the next one. Invariant: only folders of this user whose process is provably gone, or of this process, are removed.
"""

from __future__ import annotations

import os
from pathlib import Path

from eventide.journal.process import ProcessIdentity, is_gone

_PREFIX = "eventide-memory-"


def make_store() -> Path:
    """Make a private, empty folder for a store and return its path; sweeps what dead processes left."""
    base = _base()
    _sweep(base)
    process = ProcessIdentity.current()
    machine = _machine(process.machine)
    path = base / f"{_PREFIX}{machine}-{process.pid}-{process.start or 0}-{os.urandom(6).hex()}"
    path.mkdir(mode=0o700)
    return path


def remove_store(path: Path) -> None:
    """Remove a store made here; what cannot be removed is left."""
    import shutil  # noqa: PLC0415 - only at exit

    shutil.rmtree(path, ignore_errors=True)


def _base() -> Path:
    shared_memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is private and has a random name
    if os.access(shared_memory, os.W_OK | os.X_OK):
        return shared_memory
    import tempfile  # noqa: PLC0415 - not on Linux

    return Path(tempfile.gettempdir())


def _machine(token: str) -> str:
    return "".join(c for c in token if c.isalnum())


def _sweep(base: Path) -> None:
    here = ProcessIdentity.current().machine
    for name in os.listdir(base):  # noqa: PTH208
        if not name.startswith(_PREFIX):
            continue
        machine, pid, start = [*name[len(_PREFIX) :].split("-"), "", "", ""][:3]
        if machine == _machine(here) and pid.isdecimal() and is_gone(pid=int(pid), pid_start=start, machine=here):
            path = base / name
            try:
                mine = not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()
            except OSError:
                continue
            if mine:
                remove_store(path)
