"""The kinds of record in a part, and the header every part begins with.

A record is one JSON object on one line. A logged row begins with the key `step`; every other record begins with the one
reserved key that names its kind. User keys never begin with a single `_` on disk (`names.escape_key`), so the first key decides.
Invariant: the names below are on disk for ever; new kinds may be added, and readers skip kinds they do not know.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

FORMAT_VERSION = 1
"""Version written into every header; readers accept it and everything older."""

STEP = "step"
TS = "ts"
HEADER = "_run"
KEYS = "_keys"
SET = "_set"
SYSTEM = "_sys"
CONSOLE = "_out"
FILE = "_file"
END = "_end"

ROW_PREFIX = b'{"step":'
KEYS_PREFIX = b'{"_keys":'

ROLE_RUN = "run"
"""The process that called init(): its trailers decide the run's status."""
ROLE_FORK = "fork"
"""A forked child that logged into its parent's run."""
ROLE_EDIT = "edit"
"""Somebody who changed tags, notes or the like from outside."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line of a part says about its writer and its place in the journal."""

    run: str
    project: str
    writer: str
    part: int
    """Number of this part, from 0."""
    at: int
    """Bytes in this writer's earlier parts."""
    rows: int
    """Rows in this writer's earlier parts."""
    ts: float
    """When the part was opened, seconds since the epoch, UTC."""
    role: str = ROLE_RUN
    attempt: int = 1
    """1 for the first try at a run, 2 for the first resume, and so on."""
    rank: int = 0
    world_size: int = 1
    host: str = ""
    pid: int = 0
    pid_start: str = ""
    """Start of the process as the system tells it; with `machine`, tells a live process from a reused pid."""
    machine: str = ""
    """Names the running kernel and pid namespace; only readers that share it can look the pid up."""
    v: int = FORMAT_VERSION

    def record(self) -> Record:
        """Return the header as a record."""
        content = asdict(self)
        return {HEADER: {"v": content.pop("v"), **content}}

    @classmethod
    def of(cls, record: Record) -> Header:
        """Return the header in `record`; raises KeyError or TypeError when it is none."""
        content = record[HEADER]
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in content.items() if name in known})
