"""Stretches read from sealed files, several files at a time, and kept for the next question about the same curves.

A chart that is zoomed, smoothed or made wider asks for the very points it has just asked for. Sealed files never change, so what was read
of one is right for as long as the file is there. Invariant: together they stay below a size, and what nobody used for some seconds goes.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventide.store.rows.parquet import read_groups
from eventide.store.rows.stretches import Need, Stretches, chosen_columns, collect, merged

if TYPE_CHECKING:
    from eventide.clock import Clock

HELD_BYTES = 64 * 1024 * 1024
HELD_S = 5.0
READERS = min(4, os.cpu_count() or 1)


@dataclass(slots=True)
class _Entry:
    asked: frozenset[str]
    found: Stretches
    size_bytes: int
    used_s: float


class Held:
    """What was read of sealed files lately. Safe for threads."""

    def __init__(self, clock: Clock, max_bytes: int = HELD_BYTES) -> None:
        self._clock = clock
        self._max = max_bytes
        self._entries: OrderedDict[tuple[str, str, Need], _Entry] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """How much is held."""
        return self._size

    def read(self, files: Sequence[str], run_ids: frozenset[str], keys: Sequence[str], need: Need) -> list[Stretches]:
        """Return the stretches of some curves in sealed files, file by file.

        Raises:
            FileNotFoundError: a file was removed since it was listed.
            MixedError: the rows of a run need more columns to be put in order.
        """
        if len(files) < 2:
            return [self._one(file, run_ids, keys, need) for file in files]
        with ThreadPoolExecutor(READERS, thread_name_prefix="eventide-read") as pool:
            return list(pool.map(lambda file: self._one(file, run_ids, keys, need), files))

    def _one(self, file: str, run_ids: frozenset[str], keys: Sequence[str], need: Need) -> Stretches:
        found: Stretches = {}
        missing = []
        for key in keys:
            entry = self._get(file, key, need, run_ids)
            if entry is None:
                missing.append(key)
            else:
                found.update((name, parts) for name, parts in entry.found.items() if name[0] in run_ids)
        if not missing:
            os.stat(file)  # noqa: PTH116 - of a file that is gone, the rows are elsewhere by now
            return found
        read: Stretches = {}
        for table in read_groups(file, run_ids, lambda names: chosen_columns(names, missing, need)):
            collect(table, run_ids, missing, need, read)
        read = {name: list(merged(parts)) for name, parts in read.items()}
        for key in missing:
            self._put((file, key, need), run_ids, {name: parts for name, parts in read.items() if name[1] == key})
        return {**found, **read}

    def _get(self, file: str, key: str, need: Need, run_ids: frozenset[str]) -> _Entry | None:
        with self._lock:
            for enough in Need:
                name = (file, key, enough)
                entry = self._entries.get(name) if _serves(enough, need) else None
                if entry is not None and run_ids <= entry.asked:
                    entry.used_s = self._clock.monotonic()
                    self._entries.move_to_end(name)
                    return entry
        return None

    def _put(self, name: tuple[str, str, Need], run_ids: frozenset[str], found: Stretches) -> None:
        size_bytes = 200 + sum(part.nbytes() for parts in found.values() for part in parts)
        if size_bytes > self._max // 4:
            return
        with self._lock:
            self._drop(name)
            self._entries[name] = _Entry(run_ids, found, size_bytes, self._clock.monotonic())
            self._size += size_bytes
            while self._size > self._max:
                self._drop(next(iter(self._entries)))

    def _drop(self, name: tuple[str, str, Need]) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self._size -= entry.size_bytes

    def forget_idle(self) -> bool:
        """Let go of what nobody used for a while; return whether anything was."""
        if not self._entries:
            return False
        with self._lock:
            since = self._clock.monotonic() - HELD_S
            idle = [name for name, entry in self._entries.items() if entry.used_s < since]
            for name in idle:
                self._drop(name)
            return bool(idle)


def _serves(has: Need, need: Need) -> bool:
    """Tell whether stretches read with one need do for another; those of several writers are put together in their own way."""
    return has is need or (need is Need.STEPS and has is Need.TIMES)
