"""The JSON file of experiments: `{"data": [entry, ...]}`.

Every change reads the file, changes it and replaces it under a lock beside it (`<file>.lock`), so that any number of processes can write.
Invariant: at every instant, kill -9 included, the file is the whole of some state that was written.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Any

import orjson

from eventide.compat.tmt.exceptions import EntryNotFound
from eventide.compat.tmt.storage.schema import Entry
from eventide.errors import StoreDamaged

When = datetime | date | float
"""A moment: a datetime (local when it has no zone), a day, or seconds since the epoch."""


class DbManager:
    """Finds and changes entries of one file."""

    def __init__(self, db_path: str | os.PathLike[str], read_only: bool = False) -> None:
        self.db_path = Path(db_path)
        self.read_only = read_only

    # ── finding ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def all_entries(self) -> list[Entry]:
        """Return every entry, in the order they were added."""
        return [Entry.from_dict(item) for item in self._read()]

    def get_entry_by_id(self, entry_id: str) -> Entry:
        """Return the entry of an id or of its only beginning, sub-entries included; raises EntryNotFound."""
        everything = [found for entry in self.all_entries() for found in entry.with_sub_entries()]
        for entry in everything:
            if entry.id == entry_id:
                return entry
        near = [entry for entry in everything if entry_id and entry.id.startswith(entry_id)]
        if len(near) == 1:
            return near[0]
        why = f"{len(near)} entries begin with `{entry_id}`" if near else f"no entry has the id `{entry_id}`"
        raise EntryNotFound(f"{why} in `{self.db_path}`")

    def get_entry_by_exact_name(self, name: str) -> Entry:
        """Return the first entry of exactly this name; raises EntryNotFound."""
        for entry in self.all_entries():
            if entry.name == name:
                return entry
        raise EntryNotFound(f"no entry has the name `{name}` in `{self.db_path}`")

    def get_entries_by_name(self, name: str) -> Iterator[Entry]:
        """Yield the entries whose name contains a text."""
        return (entry for entry in self.all_entries() if name in entry.name)

    def get_entries_by_name_regex(self, pattern: str | re.Pattern[str]) -> Iterator[Entry]:
        """Yield the entries whose name matches a regular expression from its start."""
        compiled = re.compile(pattern)
        return (entry for entry in self.all_entries() if compiled.match(entry.name))

    def get_entries_between_dates(self, start: When, end: When) -> Iterator[Entry]:
        """Yield the entries that began from `start` to `end`, both included; a day ends at its midnight."""
        first, last = seconds(start), seconds(end, is_end=True)
        return (entry for entry in self.all_entries() if first <= entry.date_created <= last)

    def get_entries_greater_than_date(self, start: When) -> Iterator[Entry]:
        """Yield the entries that began at `start` or later."""
        first = seconds(start)
        return (entry for entry in self.all_entries() if entry.date_created >= first)

    def get_entries_lower_than_date(self, end: When) -> Iterator[Entry]:
        """Yield the entries that began at `end` or earlier; a day ends at its midnight."""
        last = seconds(end, is_end=True)
        return (entry for entry in self.all_entries() if entry.date_created <= last)

    # ── changing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def add_new_entries(self, entries: Iterable[Entry]) -> None:
        """Add entries."""
        new = [entry.to_dict() for entry in entries]
        self._change(lambda data: data.extend(new))

    def add_or_update_entry(self, entry: Entry) -> None:
        """Replace the entry of this id, or add it."""

        def change(data: list[dict[str, Any]]) -> None:
            if not _replace(data, entry):
                data.append(entry.to_dict())

        self._change(change)

    def update_entries(self, entries: Iterable[Entry]) -> None:
        """Replace the entries of these ids; those that are not there are passed over."""
        wanted = list(entries)
        self._change(lambda data: [_replace(data, entry) for entry in wanted])

    def delete_entry(self, entry: Entry | str) -> bool:
        """Remove an entry, and tell whether it was there. Its run and its files stay."""
        entry_id = entry if isinstance(entry, str) else entry.id
        found: list[bool] = []

        def change(data: list[dict[str, Any]]) -> None:
            kept = [item for item in data if item.get("id") != entry_id]
            found.append(len(kept) < len(data))
            data[:] = kept

        self._change(change)
        return any(found)

    def delete_all(self) -> None:
        """Remove all entries. Runs and files stay."""
        self._change(lambda data: data.clear())

    def change_entries(self, change: Callable[[list[dict[str, Any]]], object]) -> None:
        """Change the list of entries, as dicts, in place, while nobody else does."""
        self._change(change)

    # ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self) -> list[dict[str, Any]]:
        try:
            body = self.db_path.read_bytes()
        except FileNotFoundError:
            return []
        try:
            try:
                content = orjson.loads(body)
            except ValueError:  # NaN and Infinity, as older versions wrote them
                content = json.loads(body)
            return list(content["data"])
        except (ValueError, KeyError, TypeError) as error:
            raise StoreDamaged(f"`{self.db_path}` is no file of experiments: {error!s:.120}") from error

    def _change(self, change: Callable[[list[dict[str, Any]]], object]) -> None:
        if self.read_only:
            return
        self.db_path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.db_path.with_name(self.db_path.name + ".lock")):
            data = self._read()
            change(data)
            temporary = self.db_path.with_name(f".{self.db_path.name}-{os.getpid()}-{os.urandom(4).hex()}.tmp")
            try:
                temporary.write_text(json.dumps({"data": data}, default=str), encoding="utf-8", errors="replace")
                os.replace(temporary, self.db_path)  # noqa: PTH105 - whole or not at all
            finally:
                temporary.unlink(missing_ok=True)


def _replace(data: list[dict[str, Any]], entry: Entry) -> bool:
    """Put an entry into the place of the one of its id, at any depth, and tell whether there was one."""
    for place, item in enumerate(data):
        if item.get("id") == entry.id:
            data[place] = entry.to_dict()
            return True
        if _replace(item.get("other_runs") or [], entry):
            return True
    return False


def seconds(when: When, *, is_end: bool = False) -> float:
    """Return a moment in seconds since the epoch; a day is its midnight, or with `is_end` its last second."""
    if isinstance(when, datetime):
        return when.timestamp()
    if isinstance(when, date):
        return datetime.combine(when, time.max if is_end else time.min).astimezone().astimezone(UTC).timestamp()
    return float(when)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a+b") as file:
        _lock(file)
        yield  # closing the file, or the end of the process, lets go


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        import msvcrt  # noqa: PLC0415

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    fcntl.flock(file, fcntl.LOCK_EX)
