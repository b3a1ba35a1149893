"""A journal writer that writes nothing: what a run with mode="disabled" holds.

Invariant: no file, no thread, no check of what is logged; only using it after close() is still an error.
"""

from __future__ import annotations

from typing import Any

from eventide.errors import RunFinished


class NullWriter:
    """Has the methods of JournalWriter that a run uses, and does nothing."""

    name = ""
    next_step = 0
    rows = 0

    def __init__(self) -> None:
        self.closed = False

    def append(self, data: Any, step: Any = None) -> None:  # noqa: ARG002 - same signature
        """Ignore a row; raises RunFinished after close()."""
        if self.closed:
            raise RunFinished("the run is finished (mode='disabled')")

    append_many = set = unset = system = console = file = append

    def begin(self) -> None:
        """Do nothing."""

    heartbeat = sync = after_fork_in_child = begin

    def close(self, ending: Any = None) -> None:  # noqa: ARG002 - same signature
        """Refuse rows from now on."""
        self.closed = True
