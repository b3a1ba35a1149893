"""The names of That Metric Timeline: old scripts run with `from eventide.compat.tmt import ...`, or unchanged through `eventide.shim`.

Runs are Eventide runs; beside them the JSON file, results and snapshots are kept in the folders and the form that old scripts read.
Invariant: the JSON file is replaced whole or not at all, and one of its entries is the Eventide run of the same id.
"""

from __future__ import annotations

from eventide.compat.tmt.configs import Configs
from eventide.compat.tmt.exceptions import DuplicatedNameError, EntryNotFound
from eventide.compat.tmt.manager import TmtManager
from eventide.compat.tmt.recorder import tmt_recorder, tmt_save
from eventide.compat.tmt.storage.json_db import DbManager
from eventide.compat.tmt.storage.schema import Entry, Metric, Result
from eventide.compat.tmt.utils.duplicates import DuplicatePolicy, DuplicateStrategy

__all__ = [
    "Configs",
    "DbManager",
    "DuplicatePolicy",
    "DuplicateStrategy",
    "DuplicatedNameError",
    "Entry",
    "EntryNotFound",
    "Metric",
    "Result",
    "TmtManager",
    "tmt_recorder",
    "tmt_save",
]
