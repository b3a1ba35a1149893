"""Paths next to those that were collected. Invariant: builds paths, touches no file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def iterate_paths(df: pd.DataFrame, relative: str) -> Iterator[tuple[Any, Path]]:
    """Yield each row's label and the path of the file `relative` beside its first collected file."""
    for label, path in df["collected_path_0"].items():
        yield label, Path(path).parent / relative
