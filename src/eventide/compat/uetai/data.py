"""`uetai.data`: tables that show a data set. Stateless."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import eventide
from eventide.errors import InvalidValue
from eventide.sdk.media import tables

__all__ = ["profile", "visualization_table"]


def visualization_table(dataset: Iterable[Any], log_n_items: int = 100) -> Any:
    """Return the first items of a data set of pictures and labels as a table of number, label, and the picture's shape and mean.

    Args:
        dataset: anything that gives pairs: picture, label.
        log_n_items: how many rows at most.
    """
    rows = []
    for at, item in enumerate(islice(dataset, log_n_items)):
        picture, label = item[0], item[1]
        shape = tuple(getattr(picture, "shape", getattr(picture, "size", ())))
        mean = picture.mean() if hasattr(picture, "mean") else None
        number = label.item() if getattr(label, "shape", None) == () else label
        rows.append([at, str(number), " x ".join(map(str, shape)), None if mean is None else float(mean)])
    return eventide.Table(rows, ["id", "label", "media", "mean"])


def profile(data: Any) -> Any:
    """Return what the columns of a DataFrame or CSV file hold: type, count, missing, distinct, mean, quantiles.

    Raises:
        InvalidValue: it is neither.
    """
    import pandas as pd  # noqa: PLC0415 - only for tables

    if isinstance(data, (str, os.PathLike)):
        path = Path(data)
        if path.suffix.lower() not in (".csv", ".tsv") or not path.is_file():
            raise InvalidValue(f"`{path!s:.120}` is no CSV file", hint="auto_profiling=dataframe")
        data = pd.read_csv(path, sep="\t" if path.suffix.lower() == ".tsv" else ",")
    if not tables.is_frame(data):
        raise InvalidValue(
            f"a {type(data).__name__} is no DataFrame", hint="auto_profiling=True describes the CSV file"
        )
    frame = data if isinstance(data, pd.DataFrame) else data.to_pandas()
    rows = []
    for name in frame.columns:
        column = frame[name]
        numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        numbers = column.astype(float).describe() if numeric else {}
        told = [numbers.get(what) for what in ("mean", "std", "min", "25%", "50%", "75%", "max")]
        rows.append([str(name), str(column.dtype), len(column), int(column.isna().sum()), int(column.nunique()), *told])
    head = ["column", "type", "rows", "missing", "distinct", "mean", "std", "min", "25 %", "median", "75 %", "max"]
    return eventide.Table(rows, head)
