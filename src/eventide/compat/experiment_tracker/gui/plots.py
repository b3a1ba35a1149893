"""Figures under the names they had, drawn by `eventide.plots`. Invariant: importing this loads no Plotly; figures are returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eventide import plots

if TYPE_CHECKING:
    import pandas as pd


def plots_epochs(df: pd.DataFrame, keys: str | list[str], mode: str = "lines+markers") -> Any:
    """Return curves of a frame indexed by `(date, run, epoch)` with one column per key."""
    wanted = [keys] if isinstance(keys, str) else list(keys)
    long = df[wanted].reset_index(names=["date", "run", "epoch"]).melt(["date", "run", "epoch"], var_name="key")
    long["run_id"] = [f"{date} {run}" for date, run in zip(long["date"], long["run"], strict=True)]
    figure = plots.learning_curves(long, wanted, x="epoch")
    return figure.update_traces(mode=mode)


def interactive_confusion_matrix(  # noqa: PLR0917 - its signature
    conf: Any,
    class_names: Sequence[str] | None = None,
    colorscale: str = "electric",
    width: int = 600,
    height: int = 500,
    ispercent: bool = False,
) -> Any:
    """Return a confusion matrix of counts, or of shares with `ispercent`."""
    figure = plots.confusion_matrix(conf, class_names, normalize="recall" if ispercent else None)
    return figure.update_traces(colorscale=colorscale).update_layout(width=width, height=height)


def parallel_coordinates(param_df: pd.DataFrame, perf_df: pd.DataFrame) -> Any:
    """Return parallel coordinates of the runs of `perf_df`, coloured by its first column."""
    metrics = [str(name) for name in perf_df.columns]
    frame = param_df.loc[perf_df.index].drop(columns=metrics, errors="ignore").join(perf_df)
    return plots.parallel_coordinates(frame, metrics[0])
