"""Compare rows that are runs: which columns are parameters, which differ, which rows are alike, and the spread over seeds.

A frame has one row a run: that of `eventide.hydra.load_project`, whose parameters are its columns, or that of `Store.runs`, whose
parameters are called `config.*`. Invariant: no frame given is changed; a missing value is a value of its own when runs are compared,
lists and dicts included.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from eventide.errors import InvalidSetting

SEED_NAMES = frozenset({"seed", "random_seed", "rng_seed", "manual_seed", "random_state"})
_NOT_PARAMS = ("collected_path_", "hydra/")
_STORE_PREFIX = "config."
_MISSING = "<missing>"


def params(frame: pd.DataFrame, without: Iterable[str] = ()) -> list[str]:
    """Return the columns that are parameters, in order; `without` names columns that are not, such as metrics."""
    left_out = set(without)
    names = [str(name) for name in frame.columns]
    if any(name.startswith(_STORE_PREFIX) for name in names):
        return [name for name in names if name.startswith(_STORE_PREFIX) and name not in left_out]
    return [name for name in names if not name.startswith(_NOT_PARAMS) and name not in left_out]


def differing(frame: pd.DataFrame, without: Iterable[str] = ()) -> list[str]:
    """Return the parameters that are not the same in all rows; being absent is a value too."""
    return [name for name in params(frame, without) if len({_frozen(value) for value in frame[name]}) > 1]


def seeds(frame: pd.DataFrame) -> list[str]:
    """Return the parameters that are random seeds by their name."""
    return [name for name in params(frame) if name.replace(".", "/").rsplit("/", 1)[-1].lower() in SEED_NAMES]


def over_seeds(
    frame: pd.DataFrame,
    metrics: str | Sequence[str],
    *,
    seed: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    varying: bool = True,
) -> pd.DataFrame:
    """Return mean, std, confidence interval and count of metrics over runs that differ in nothing but their seed.

    Columns: the parameters, `runs`, and per metric `.mean`, `.std` (of the sample, NaN below two), `.low` and `.high` (the mean's interval
    by Student's t) and `.count`, which leaves out missing values. Rows are in order of first appearance.

    Args:
        frame: one row a run.
        metrics: numeric columns.
        seed: parameters to pool over; None takes those named like a seed.
        confidence: of the interval, between 0 and 1.
        varying: keep only parameters that differ between groups.

    Raises:
        InvalidSetting: a column is not there, or there is nothing to pool over.
    """
    if not 0 < confidence < 1:
        raise InvalidSetting(f"`confidence={confidence}` is not between 0 and 1")
    measured = listed(metrics)
    pooled = listed(seed) if seed is not None else seeds(frame)
    check_columns(frame, [*measured, *pooled])
    if not pooled:
        raise InvalidSetting("no parameter is named like a seed", hint='seed="trainer/seed"')
    keys = [name for name in params(frame, [*measured, *pooled]) if not _is_metric_column(name)]
    places = row_groups(frame, keys)
    shown = (
        [key for key in keys if len({_frozen(frame[key].iloc[group[0]]) for group in places}) > 1] if varying else keys
    )
    records = []
    for group in places:
        record: dict[str, Any] = {key: frame[key].iloc[group[0]] for key in shown}
        record["runs"] = len(group)
        for name in measured:
            record.update(_spread(name, frame[name].iloc[group], confidence))
        records.append(record)
    columns = [
        *shown,
        "runs",
        *(f"{name}.{part}" for name in measured for part in ("mean", "std", "low", "high", "count")),
    ]
    return pd.DataFrame.from_records(records, columns=columns)


def listed(names: str | Sequence[str] | None) -> list[str]:
    """Return one name or several as a list."""
    return [names] if isinstance(names, str) else list(names or ())


def check_columns(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise InvalidSetting with the nearest name for a column that is not there."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        import difflib  # noqa: PLC0415 - only on the way to an error

        near = difflib.get_close_matches(missing[0], [str(name) for name in frame.columns], n=1, cutoff=0.0)
        raise InvalidSetting(
            f"the frame has no column `{missing[0]}`", hint=f"did you mean `{near[0]}`?" if near else ""
        )


def _is_metric_column(name: str) -> bool:
    return name.startswith("metric.")


def row_groups(frame: pd.DataFrame, by: Sequence[str]) -> list[list[int]]:
    """Return the positions of rows that are equal in the columns `by`, group by group."""
    check_columns(frame, by)
    found: dict[tuple[Hashable, ...], list[int]] = {}
    columns = [[_frozen(value) for value in frame[name]] for name in by]
    for place, key in enumerate(zip(*columns, strict=True) if columns else [()] * len(frame)):
        found.setdefault(key, []).append(place)
    return list(found.values())


def _frozen(value: Any) -> Hashable:
    """Return something hashable that is equal for equal values: 1 and 1.0 are, 1 and True are not."""
    if isinstance(value, (list, tuple, dict, set, np.ndarray)):
        return repr(value)
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return _MISSING
    return (type(value).__name__, value) if isinstance(value, (bool, str)) else value


def numbers(series: pd.Series[Any]) -> Any:
    """Return a column as float64, NaN for what is no number."""
    return pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _spread(name: str, series: pd.Series[Any], confidence: float) -> dict[str, float]:
    values = numbers(series)
    values = values[~np.isnan(values)]
    count = len(values)
    mean = float(values.mean()) if count else math.nan
    std = float(values.std(ddof=1)) if count > 1 else math.nan
    half = student_t(0.5 + confidence / 2, count - 1) * std / math.sqrt(count) if count > 1 else math.nan
    parts = {"mean": mean, "std": std, "low": mean - half, "high": mean + half, "count": count}
    return {f"{name}.{part}": value for part, value in parts.items()}


def student_t(share: float, degrees: int) -> float:
    """Return the quantile of Student's t: below it lies `share` (0.5 to 1) with so many degrees of freedom, to 1e-9 relative."""
    if degrees == 1:
        return math.tan(math.pi * (share - 0.5))
    if degrees == 2:
        return (2 * share - 1) / math.sqrt(2 * share * (1 - share))
    low, high = 0.0, 2.0 * NormalDist().inv_cdf(share) + 10.0
    while _t_share(high, degrees) < share:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_share(middle, degrees) < share else (low, middle)
        if high - low <= 1e-12 * high:
            break
    return (low + high) / 2


def _t_share(value: float, degrees: int) -> float:
    """Return the share of Student's t below `value` of 0 or more, by its finite sum for a whole number of degrees."""
    angle = math.atan(value / math.sqrt(degrees))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = degrees % 2
    term = total = cosine if odd else 1.0
    for k in range(3 if odd else 2, degrees - 1, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    if not odd:
        return 0.5 + sine * total / 2
    return 0.5 + (angle + (sine * total if degrees > 1 else 0.0)) / math.pi
