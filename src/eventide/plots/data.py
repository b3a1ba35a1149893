"""Whatever holds runs, as the frame that a figure is drawn from.

Invariant: a frame given is not changed, and comes back with one row a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from eventide._optional import require
from eventide.errors import InvalidSetting
from eventide.table.compare import check_columns, differing, numbers, params
from eventide.table.frames import runs_frame

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f", "#000000")
"""Okabe and Ito's palette, distinguishable with any colour vision; after eight come dashes."""
DASHES = ("solid", "dash", "dot", "dashdot")
SCALE = "Viridis"


def graph_objects() -> Any:
    """Return Plotly's module of figures; raises MissingExtra."""
    return require("plotly.graph_objects", "plots")


def color(place: int) -> str:
    """Return the colour of the curve or group at `place`."""
    return COLORS[place % len(COLORS)]


def dash(place: int) -> str:
    """Return the dash of the curve at `place`."""
    return DASHES[place // len(COLORS) % len(DASHES)]


def faded(hexadecimal: str, opacity: float) -> str:
    """Return a colour with an opacity, as Plotly wants it."""
    red, green, blue = (int(hexadecimal[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def laid_out(figure: Any, title: str = "", x: str = "", y: str = "") -> Any:
    """Return the figure with the look all of them share."""
    figure.update_layout(
        template="plotly_white",
        title=plain(title) or None,
        xaxis_title=plain(x) or None,
        yaxis_title=plain(y) or None,
        margin={"l": 60, "r": 20, "t": 50 if title else 20, "b": 50},
        font={"family": "system-ui, sans-serif"},
        colorway=list(COLORS),
    )
    return figure


def plain(value: Any) -> str:
    """Return a text that Plotly shows as it is: its labels are HTML, and what was logged must not be."""
    text = str(value)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def table_of(runs: Any) -> pd.DataFrame:
    """Return runs as a frame: a frame as it is, a Store's runs, or views and infos of runs.

    Raises:
        InvalidSetting: it is none of these, or has no rows.
    """
    if isinstance(runs, pd.DataFrame):
        frame = runs
    elif hasattr(runs, "runs") and hasattr(runs, "series"):
        frame = pd.DataFrame(runs.runs())
    elif isinstance(runs, Iterable) and not isinstance(runs, str):
        infos: list[Any] = [getattr(run, "info", run) for run in runs]
        frame = pd.DataFrame(runs_frame(infos))
    else:
        raise InvalidSetting(
            f"a {type(runs).__name__} holds no runs", hint="give a frame, eventide.open(), or a list of runs"
        )
    if frame.empty:
        raise InvalidSetting("there are no runs to draw")
    return frame


def metric_column(frame: pd.DataFrame, metric: str) -> str:
    """Return the column of a metric: its name, or `metric.` and its name; raises InvalidSetting."""
    for name in (metric, f"metric.{metric}", f"summary.{metric}"):
        if name in frame.columns:
            return name
    check_columns(frame, [metric])
    return metric


def chosen_params(frame: pd.DataFrame, names: Sequence[str] | None, without: Sequence[str] = ()) -> list[str]:
    """Return the columns of parameters: those named (with or without `config.`), else those that differ."""
    if names is None:
        return [name for name in differing(frame, without) if not name.startswith(("metric.", "summary."))]
    known = {name.removeprefix("config."): name for name in params(frame, without)}
    found = [known.get(name, name) for name in names]
    check_columns(frame, found)
    return found


def label(name: str) -> str:
    """Return a column's name without what says where it comes from."""
    return name.removeprefix("config.").removeprefix("metric.").removeprefix("summary.")


def codes(series: pd.Series[Any]) -> tuple[Any, list[str] | None]:
    """Return a column as numbers, with the texts they stand for where it is not numeric."""
    kinds = {type(value) for value in series if not _is_missing(value)}
    if (kinds and all(issubclass(kind, (int, float)) and kind is not bool for kind in kinds)) or _is_number(series):
        return numbers(series), None
    texts = ["(none)" if _is_missing(value) else str(value) for value in series]
    names = sorted(set(texts))
    places = {text: place for place, text in enumerate(names)}
    return pd.Series([places[text] for text in texts]).to_numpy(dtype="float64"), names


def _is_number(series: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_numeric_dtype(series)) and not pd.api.types.is_bool_dtype(series)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)  # noqa: PLR0124 - NaN
