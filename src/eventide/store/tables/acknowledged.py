"""How much of each writer's journal is sealed: what a hub acknowledges to those who send.

Invariant: what is said to be sealed is in the tables; what was sealed lately may be said a moment later. No lock of a reader is taken.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.errors import StoreError
from eventide.store.tables.sealed import SealedTables

if TYPE_CHECKING:
    from eventide.layout import Layout

REFRESH_S = 1.0


class Acknowledged:
    """Coverage of the tables of a store. Safe for threads."""

    def __init__(self, layout: Layout, clock: Clock = SYSTEM_CLOCK) -> None:
        self._tables = SealedTables(layout)
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = float("-inf")

    def __call__(self, project: str, writer: str) -> int:
        """Return the bytes of a writer's journal that are in the tables of a project."""
        with self._lock:
            now = self._clock.monotonic()
            if now - self._looked_at > REFRESH_S:
                self._looked_at = now
                try:
                    self._tables.refresh()
                except StoreError:  # nothing is acknowledged that cannot be read
                    return 0
            return self._tables.covered(project, "runs", writer)
