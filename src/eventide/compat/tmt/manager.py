"""`TmtManager`: one experiment's metrics and results, by id or name.

Invariant: sub-entries count to their entry; loading opens pickles, as it always did, so only results one trusts should be loaded.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide.compat.tmt.configs import Configs
from eventide.compat.tmt.exceptions import EntryNotFound
from eventide.compat.tmt.storage.json_db import DbManager

if TYPE_CHECKING:
    from eventide.compat.tmt.storage.schema import Entry, Metric


class TmtManager:
    """Looks at one entry of the file that the config names; `db` finds others."""

    def __init__(self, entry: Entry | None = None, config: str | os.PathLike[str] | Configs | None = None) -> None:
        self.config = config if isinstance(config, Configs) else Configs.find(config)
        self.db = DbManager(self.config.json_db_path, read_only=True)
        self.entry = entry

    def set_entry_by_id(self, entry_id: str) -> Entry:
        """Look at the entry of an id, or of its only beginning; raises EntryNotFound."""
        self.entry = self.db.get_entry_by_id(entry_id)
        return self.entry

    def set_entry_by_name(self, name: str) -> Entry:
        """Look at the first entry of exactly this name, else at the only one whose name contains it; raises EntryNotFound."""
        try:
            self.entry = self.db.get_entry_by_exact_name(name)
        except EntryNotFound:
            near = list(self.db.get_entries_by_name(name))
            if len(near) != 1:
                raise
            self.entry = near[0]
        return self.entry

    def results_paths(self) -> Iterator[tuple[str, str]]:
        """Yield name and path of every result."""
        for entry in self._entry().with_sub_entries():
            for result in entry.results:
                yield result.name, result.path

    def load_results(self) -> Iterator[tuple[str, Any]]:
        """Yield name and object of every result, unpickled; what a saver of its own wrote comes as bytes."""
        for name, path in self.results_paths():
            data = Path(path).read_bytes()
            if Path(path).suffix != ".pkl":
                yield name, data
                continue
            yield name, pickle.loads(data)  # noqa: S301 - what this method is for

    def get_metrics(self) -> list[Metric]:
        """Return the metrics; each unpacks as `name, value`."""
        return [metric for entry in self._entry().with_sub_entries() for metric in entry.metrics]

    def code_snapshot_path(self) -> str:
        """Return the folder of the code; the empty string when none was kept."""
        return self._entry().local_snapshot_path

    def _entry(self) -> Entry:
        if self.entry is None:
            raise EntryNotFound("no entry is chosen", hint="manager.set_entry_by_name('...')")
        return self.entry
