"""The pandas frame of a runs table: an ordinary DataFrame that shows itself as twenty readable rows in a notebook.

Invariant: everything derived from it (a selection, a copy, a merge) is a plain DataFrame. Importing this module imports pandas.
"""

from __future__ import annotations

from typing import Any

import pandas as pd


class RunsFrame(pd.DataFrame):
    """A DataFrame of runs; `attrs["total"]` is how many runs matched."""

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    def _repr_html_(self) -> str:
        from eventide.table.notebook import frame_html  # noqa: PLC0415 - only notebooks need it

        return frame_html(self)
