"""`BaseLoader`: the config of one run as a frame. Invariant: reads one folder, and only its YAML."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from eventide.hydra.loader import load_run

if TYPE_CHECKING:
    import pandas as pd


class BaseLoader:
    """What the loaders have in common."""

    @staticmethod
    def create_metadata_df(path: str | os.PathLike[str]) -> pd.DataFrame:
        """Return the config of the run at `path` as a frame of one row, keys joined with `/`."""
        return load_run(path).rename_axis([None, None])
