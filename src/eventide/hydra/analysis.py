"""Answers that frames of runs are asked for: the best, duplicates, the first of each, rolling means, confusion matrices.

What compares runs (`params`, `differing`, `over_seeds`, ...) lives in `eventide.table.compare` and is here under the same names.
Invariant: no frame given is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from eventide.errors import InvalidSetting
from eventide.table.compare import check_columns, differing, listed, numbers, over_seeds, params, row_groups, seeds

__all__ = [
    "differing",
    "duplicates",
    "first_per_group",
    "groups",
    "normalize_confusion",
    "over_seeds",
    "params",
    "rolling",
    "seeds",
    "top_k",
]

Normalize = Literal["recall", "precision", "all"]


def groups(frame: pd.DataFrame, by: str | Sequence[str]) -> list[pd.Index[Any]]:
    """Return the row labels of each group of rows that are equal in the columns `by`, in order of first appearance."""
    return [frame.index[places] for places in row_groups(frame, listed(by))]


def duplicates(frame: pd.DataFrame, *, without: Iterable[str] = ()) -> list[pd.Index[Any]]:
    """Return the row labels of runs with identical parameters, group by group; `without` names parameters that do not count."""
    return [frame.index[places] for places in row_groups(frame, params(frame, without)) if len(places) > 1]


def first_per_group(frame: pd.DataFrame, by: str | Sequence[str]) -> pd.DataFrame:
    """Return the first row of every group of rows that are equal in the columns `by`."""
    first: pd.DataFrame = frame.iloc[[places[0] for places in row_groups(frame, listed(by))]]
    return first


def top_k(frame: pd.DataFrame, metric: str, k: int = 5, *, largest: bool = True) -> pd.DataFrame:
    """Return the `k` rows with the best finite values of a metric, the best first; ties keep their order."""
    check_columns(frame, [metric])
    if k < 1:
        raise InvalidSetting(f"`k={k}`: there must be 1 or more")
    values = numbers(frame[metric])
    order = np.argsort(-values if largest else values, kind="stable")
    best: pd.DataFrame = frame.iloc[order[np.isfinite(values[order])][:k]]
    return best


def rolling(
    frame: pd.DataFrame, metrics: str | Sequence[str], window: int, *, by: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """Return a copy with `<metric>.rolling` for each metric: the mean of the last `window` rows, fewer at the start.

    Args:
        frame: rows in order, such as points of curves.
        metrics: numeric columns.
        window: rows, 1 or more.
        by: columns or index levels that say which rows are one curve; None means all.
    """
    measured = listed(metrics)
    check_columns(frame, measured)
    if window < 1:
        raise InvalidSetting(f"`window={window}`: there must be 1 or more")
    result = frame.copy()
    for name in measured:
        series = pd.Series(numbers(frame[name]), index=frame.index)
        if by is None:
            result[f"{name}.rolling"] = series.rolling(window, min_periods=1).mean()
        else:
            labels = [frame[key] if key in frame.columns else frame.index.get_level_values(key) for key in listed(by)]
            result[f"{name}.rolling"] = series.groupby([np.asarray(label) for label in labels], sort=False).transform(
                lambda curve: curve.rolling(window, min_periods=1).mean()
            )
    return result


def normalize_confusion(matrix: Any, mode: Normalize = "recall") -> Any:
    """Return a confusion matrix (rows: true classes) as shares, float64 of the same shape; empty classes are 0.

    Args:
        matrix: a square array of counts.
        mode: `recall`: rows add up to 1; `precision`: columns do; `all`: everything does.
    """
    counts = np.asarray(matrix, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise InvalidSetting(f"a confusion matrix is square; this has the shape {counts.shape}")
    if mode not in ("recall", "precision", "all"):
        raise InvalidSetting(f"`mode={mode!r:.60}` is none of recall, precision, all")
    axis = {"recall": 1, "precision": 0, "all": None}[mode]
    totals = counts.sum(axis=axis, keepdims=True)
    return np.divide(counts, totals, out=np.zeros_like(counts), where=totals != 0)
