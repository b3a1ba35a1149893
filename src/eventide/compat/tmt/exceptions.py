"""The two exceptions of That Metric Timeline, as members of Eventide's tree.

Invariant: who catches the old names, `LookupError` or `EventideError` catches them.
"""

from __future__ import annotations

from eventide.errors import NotFound, RunExists


class DuplicatedNameError(RunExists):
    """An experiment of exactly this name is there, and the policy does not allow another."""


class EntryNotFound(NotFound):
    """No experiment has this id or name."""
