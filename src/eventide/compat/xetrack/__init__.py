"""xetrack's names on Eventide: `from eventide.compat.xetrack import Tracker, Reader, copy`.

Both generations are served: `log(accuracy=0.9)` and `log({"accuracy": 0.9})`, `db.events` and `default`, `IN_MEMROY` and `IN_MEMORY`.
As there, keys are shown with `_` for every character but letters, digits and `_`; the store keeps them as they were logged.
Invariant: translation only; rows written here are plain rows of a store.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from eventide import __version__
from eventide.compat.xetrack.config import SCHEMA_PARAMS, TRACKER_CONSTANTS
from eventide.compat.xetrack.reader import Reader
from eventide.compat.xetrack.tracker import Tracker
from eventide.table.backend import get_backend, set_backend
from eventide.table.merge import copy as copy_rows

__all__ = [
    "SCHEMA_PARAMS",
    "TRACKER_CONSTANTS",
    "Reader",
    "Tracker",
    "__version__",
    "copy",
    "get_backend",
    "set_backend",
]


def copy(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    assets: bool = True,
    tables: Sequence[str] | None = None,
) -> int:
    """Copy the rows of one database into another, and return how many were new there; see `eventide.copy`."""
    return copy_rows(source, target, assets=assets, tables=tables)
