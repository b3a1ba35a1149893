"""The helpers for frames, under the names they had, on the frame that `load_project` returns: one row a run.

They were written for frames turned by ninety degrees, with one column a run, which no loader made any more; here rows are runs
throughout. Invariant: no frame given is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from eventide.errors import InvalidSetting
from eventide.hydra import analysis
from eventide.table.compare import row_groups

Runs = Sequence[Sequence[Any]]
"""Groups of row labels, as `find_identical_runs` returns them."""


def topk(series: pd.Series[Any], k: int = 5, min: bool = True) -> Any:  # noqa: A002 - its name
    """Return the labels, without their last level, of the `k` smallest values (`min`) or largest; the label itself when there is one."""
    target = _experiments(series.sort_values(ascending=min))
    found = list(dict.fromkeys(target))[:k]
    return found[0] if len(found) == 1 else found


def subcolumn_group(df: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Return the columns whose name, or last part of it, is in `key`."""
    wanted = {key} if isinstance(key, str) else set(key)
    names = df.columns.get_level_values(-1)
    return df.loc[:, [name in wanted or str(name).rsplit("/", 1)[-1] in wanted for name in names]]


def compute_rolling_window_metrics(df: pd.DataFrame, roll: int = 1) -> pd.DataFrame:
    """Return, per run and column of a frame indexed by `(date, run, epoch)`, the extremes of the rolling mean: `roll_min`, `roll_max`."""
    names = [str(name) for name in df.columns]
    levels = list(range(df.index.nlevels - 1)) or [0]
    keys = _experiments(df) if df.index.nlevels > 1 else df.index
    rolled = df.groupby(level=levels, sort=False)[names].transform(lambda curve: curve.rolling(roll).mean())
    by_run = rolled.groupby(keys, sort=False)
    found = pd.concat({"roll_min": by_run.min(), "roll_max": by_run.max()}, axis=1)
    return found.swaplevel(axis=1).reindex(
        columns=[(name, part) for name in names for part in ("roll_min", "roll_max")]
    )


def list_available_dates(df: pd.DataFrame) -> pd.DatetimeIndex:
    """Return when the experiments began."""
    return pd.DatetimeIndex(_times(df)).unique()


def list_available_days(df: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the days on which experiments began."""
    return pd.DatetimeIndex(_times(df)).normalize().unique()


def return_exp_based_on_datetime(df: pd.DataFrame, date: str, time: str | None = None) -> pd.DataFrame:
    """Return the runs of a day, or of a day and time such as `17-07-39` or `17:07:39`."""
    begin = date if time is None else f"{date} {time.replace(':', '-')}"
    return df.loc[[str(label[0]).startswith(begin) for label in df.index]]


def is_unique(s: pd.Series[Any]) -> bool:
    """Tell whether all values are the same."""
    return not analysis.differing(s.to_frame("value"))


def groupby_random_seed(df: pd.DataFrame, keys_metrics: Sequence[str]) -> tuple[dict[str, list[list[int]]], set[str]]:
    """Return, for each metric, positions of runs that differ in nothing but their seed, and the parameters of each group as text."""
    keys = analysis.params(df, [*keys_metrics, *analysis.seeds(df)])
    groups = row_groups(df, keys)
    lines = {str(dict(df[keys].iloc[group[0]])) for group in groups}
    return dict.fromkeys(keys_metrics, groups), lines


def find_identical_runs(param_df: pd.DataFrame, attributes: Sequence[str]) -> list[pd.Index[Any]]:
    """Return the labels of runs that are equal in `attributes`, group by group."""
    return analysis.groups(param_df, list(attributes))


def get_first_entry_for_each_run(param_df: pd.DataFrame, runs: Runs) -> pd.DataFrame:
    """Return the first run of each group."""
    return param_df.loc[[group[0] for group in runs]]


def return_mean_and_std_of_runs(perf_df: pd.DataFrame, runs: Runs) -> pd.DataFrame:
    """Return `<metric>_mean` and `<metric>_std` of each group, labelled by its first run."""
    parts = [perf_df.loc[list(group)] for group in runs]
    found = pd.DataFrame(
        [{**part.mean().add_suffix("_mean").to_dict(), **part.std().add_suffix("_std").to_dict()} for part in parts]
    )
    return found.set_index(pd.MultiIndex.from_tuples([group[0] for group in runs]))


def drop_not_changing_row(df: pd.DataFrame) -> pd.DataFrame:
    """Return the frame without the parameters that are the same in all runs."""
    kept = {*analysis.differing(df), *(set(map(str, df.columns)) - set(analysis.params(df)))}
    return df[[name for name in df.columns if name in kept]]


def return_exps_date(df: pd.DataFrame) -> list[Any]:
    """Return the date-time of each experiment, in order."""
    return list(dict.fromkeys(label[0] for label in df.index))


def return_first_col_per_run(df: pd.DataFrame) -> list[int]:
    """Return the position of the first run of each experiment."""
    dates = [label[0] for label in df.index]
    return [dates.index(date) for date in return_exps_date(df)]


def normalize_confusion_matrix(cm: Any, mode: str = "recall") -> Any:
    """Return a confusion matrix as shares of its rows (`recall`) or columns (anything else), rounded to two digits."""
    return np.round(analysis.normalize_confusion(cm, "recall" if mode == "recall" else "precision"), 2)


def edit_entry(df: pd.DataFrame, previous_entry: Any, new_entry: Any) -> pd.DataFrame:
    """Return the frame with one row under another label."""
    labels = [new_entry if label == previous_entry else label for label in df.index]
    if labels == list(df.index):
        raise InvalidSetting(f"no row is labelled `{previous_entry!r:.60}`")
    index = pd.MultiIndex.from_tuples(labels) if df.index.nlevels > 1 else pd.Index(labels)
    return df.set_axis(index, axis=0)


def create_perf_df(param_df: pd.DataFrame, performance_metrics: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return metrics, given as one list each in the order of the runs, as a frame with the runs' labels."""
    return pd.DataFrame({key: list(values) for key, values in performance_metrics.items()}, index=param_df.index)


def check_param_df_format(df: pd.DataFrame) -> None:
    """Raise InvalidSetting for a frame that is not as `load_project` returns it."""
    if df.index.nlevels != 2:
        raise InvalidSetting(f"the frame has {df.index.nlevels} index levels, not date-time and run")


def _experiments(labelled: Any) -> Any:
    """Return the labels without their last level."""
    return labelled.index.droplevel(-1)


def _times(df: pd.DataFrame) -> list[pd.Timestamp]:
    return [pd.to_datetime(label[0], format="%Y-%m-%d %H-%M-%S") for label in df.index]
