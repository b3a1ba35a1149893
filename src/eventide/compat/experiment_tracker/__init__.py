"""csem/experiment_tracker's names: load Hydra trees, look at the frames.

    from eventide.compat import experiment_tracker
    frame = experiment_tracker.load_project("experiments", "*.npy", logic="multirun")

The frame is that tracker's: row index `(date-time, run)` without names, config keys joined with `/`, `collected_path_0` and so on. Rows
are sorted and types kept, a day may be given as `filter_hms`, and a bad run is skipped with a warning; `pandas_utils` works on it.
Invariant: translation only; importing this loads neither Streamlit nor Plotly.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

from eventide.compat.experiment_tracker import gui, hydra_utils, pandas_utils, process
from eventide.compat.experiment_tracker.process.file_loader import FileLoader

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["gui", "hydra_utils", "load", "load_project", "load_run", "pandas_utils", "process"]


def load_project(  # noqa: PLR0917 - its signature
    base_path: str | os.PathLike[str],
    query_string: str | list[str],
    logic: Literal["multirun", "singlerun", "auto"] = "multirun",
    min_required_files: int = 1,
    filter_date: Any = None,
    filter_hms: Any = None,
) -> pd.DataFrame:
    """Return the runs of a project and the files that match; see `eventide.hydra.load_project`."""
    return FileLoader(query_string, logic, min_required_files).load_project(base_path, filter_date, filter_hms)


load = load_project


def load_run(run_path: str | os.PathLike[str], query_string: str | list[str]) -> pd.DataFrame:
    """Return one run and its files that match."""
    return FileLoader(query_string, "auto").load_run(run_path)
