"""What a table's application transactions say: bytes covered per writer.

delta-rs answers for one writer at a time and reads the log for each (2 ms); a project can have ten thousand. So the log is read here,
once, and from then on only the commits that are new. The protocol fixes both files: a checkpoint has a column `txn`, a commit has one
action per line.

Invariant: the answer is that of exactly the version asked for, never of a later one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from deltalake import DeltaTable

_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\.parquet\Z")
_FOREIGN = re.compile(r"\d{20}\.checkpoint\..+\.parquet\Z|\d{20}\.checkpoint\..+\.json\Z")


class ForeignLogError(Exception):
    """The log has a form that only delta-rs can read: checkpoints of several files, as other engines write them."""


class TransactionLog:
    """The transactions of one table, read incrementally."""

    def __init__(self, path: Path) -> None:
        self._log = path / "_delta_log"
        self._version = -1
        self._covered: dict[str, int] = {}

    def at(self, version: int) -> Mapping[str, int]:
        """Return writer → bytes covered as of `version`; versions asked for must not decrease.

        Raises:
            ForeignLogError: the log cannot be read here.
        """
        if version < self._version:
            self._version, self._covered = -1, {}
        if self._version < 0:
            self._start(version)
        try:
            self._follow(version)
        except FileNotFoundError:  # cleaned up, so there is a newer checkpoint
            self._start(version)
            try:
                self._follow(version)
            except FileNotFoundError as error:
                raise ForeignLogError(str(error)) from error
        return MappingProxyType(self._covered)

    def _start(self, version: int) -> None:
        """Load the newest checkpoint not after `version`, if there is one."""
        best: tuple[int, str] | None = None
        for entry in self._log.iterdir():
            found = _CHECKPOINT.match(entry.name)
            if found and int(found[1]) <= version:
                best = max(best or (-1, ""), (int(found[1]), entry.name))
            elif _FOREIGN.match(entry.name):
                raise ForeignLogError(entry.name)
        self._version, self._covered = -1, {}
        if best is not None:
            self._covered = _checkpoint_transactions(self._log / best[1])
            self._version = best[0]

    def _follow(self, version: int) -> None:
        """Add the commits up to `version`."""
        for number in range(self._version + 1, version + 1):
            content = (self._log / f"{number:020d}.json").read_bytes()
            for line in content.split(b"\n"):
                if b'"txn"' in line[:16]:
                    action = orjson.loads(line)["txn"]
                    self._covered[action["appId"]] = int(action["version"])
            self._version = number


def _checkpoint_transactions(path: Path) -> dict[str, int]:
    import pyarrow.parquet as pq  # noqa: PLC0415

    actions = pq.read_table(path, columns=["txn"])["txn"].combine_chunks().drop_null()
    names, versions = actions.field("appId").to_pylist(), actions.field("version").to_pylist()
    return dict(zip(names, versions, strict=True))


def transaction_of(table: DeltaTable, writer: str) -> int:
    """Return the bytes that a table covers of one writer's journal, as delta-rs tells it: right for every log, and slow."""
    return table.transaction_version(writer) or 0
