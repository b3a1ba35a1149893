"""Keep what the environment does wrong out of the training loop.

Invariant: reporting a failure never raises after `relax()`, even where warnings are errors; every failure is counted, the first of each
kind is said at once, and all of them are said again in one line at the end.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable

from eventide.errors import EventideWarning, StoreUnwritable

_KINDS = {
    "delayed": "records could not be written at once and are kept in memory until the disk takes them",
    "dropped": "records could not be written and are lost",
    "unsynced": "files could not be synced to the disk",
    "unfinished": "journals could not be closed properly",
    "object": "objects could not be stored; the rows refer to them all the same",
    "media": "media could not be kept",
    "artifact": "artifacts could not be kept whole",
    "pulse": "signs of life could not be given",
    "code": "the code could not be kept",
    "provenance": "facts about where the run comes from could not be recorded",
    "console": "console text could not be captured",
}
"""What happened, by kind of failure; counts are put in front."""


class Guard:
    """Counts failures of one run; an instance is the `on_failure` of its journal writer. Safe for threads."""

    def __init__(self, run_id: str, where: str) -> None:
        self._run_id = run_id
        self._where = where
        self._strict = True
        self.counts: dict[str, int] = {}

    def __call__(self, kind: str, error: BaseException, records: int) -> None:
        """Count a failure and warn when it is the first of its kind; raise it as StoreUnwritable while still strict."""
        if self._strict:
            raise StoreUnwritable(
                f"cannot write to the store `{self._where}`: {getattr(error, 'strerror', None) or error}",
                hint="choose another folder with EVENTIDE_DIR=/path or dir=, or run without a store: mode='memory'",
            ) from error
        first = kind not in self.counts
        self.counts[kind] = self.counts.get(kind, 0) + max(1, records)
        if first:
            self._say(f"run `{self._run_id}`: {_KINDS.get(kind, kind)}: {error}; training goes on")

    def relax(self) -> None:
        """Stop raising: the run has begun."""
        self._strict = False

    def attempt(self, kind: str, action: Callable[[], object]) -> None:
        """Do something whose failure must not reach training."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the point of this class
            self(kind, error, 1)

    def repeat(self) -> None:
        """Say once more, in one line, what went wrong; nothing when nothing did."""
        if self.counts:
            told = "; ".join(f"{count} {_KINDS.get(kind, kind)}" for kind, count in self.counts.items())
            self._say(f"run `{self._run_id}` in `{self._where}`: {told}")
            self.counts = {}

    @staticmethod
    def _say(text: str) -> None:
        try:
            # Level 2 would name this package; the line that matters is said in the text, so that filters by module work on ours.
            warnings.warn(text, EventideWarning, stacklevel=3)
        except Exception:  # noqa: BLE001 - warnings are errors here, or somebody's showwarning failed
            with contextlib.suppress(Exception):  # nowhere left to say it
                sys.stderr.write(f"eventide: {text}\n")
