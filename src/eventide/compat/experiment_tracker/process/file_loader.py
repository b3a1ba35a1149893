"""`FileLoader`: runs and the paths of their files. Invariant: frames have index levels without names, as they had."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

from eventide.compat.experiment_tracker.process.base_loader import BaseLoader
from eventide.hydra import loader

if TYPE_CHECKING:
    import pandas as pd


class FileLoader(BaseLoader):
    """Collects the config of runs, and the paths of the files in them that match."""

    def __init__(
        self,
        query_string: str | list[str],
        logic: Literal["multirun", "singlerun", "auto"] = "multirun",
        min_required_files: int = 1,
    ) -> None:
        self._loader = loader.FileLoader(query_string, logic, min_required_files)
        self.query_string = self._loader.query_string
        self.logic = logic
        self.min_required_files = min_required_files

    def load_project(
        self, base_path: str | os.PathLike[str], filter_date: Any = None, filter_hms: Any = None
    ) -> pd.DataFrame:
        """Return all runs at and below `base_path`."""
        return self._loader.load_project(base_path, filter_date, filter_hms).rename_axis([None, None])

    def load_experiment(self, folder: str | os.PathLike[str], datetime: str | None = None) -> pd.DataFrame:
        """Return the runs of one experiment; `datetime` is its label in the index."""
        return self._loader.load_experiment(folder, datetime).rename_axis([None, None])

    def load_run(self, run_path: str | os.PathLike[str]) -> pd.DataFrame:
        """Return one run."""
        return self._loader.load_run(run_path).rename_axis([None, None])

    return_pandas = load_run
