"""How parameters and a metric go together: parallel coordinates, scatter matrix, contour, boxes.

Invariant: runs without a finite value of the metric are left out, never drawn as zero; texts are drawn as categories with their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eventide.errors import InvalidSetting
from eventide.plots.data import (
    SCALE,
    chosen_params,
    codes,
    color,
    graph_objects,
    label,
    laid_out,
    metric_column,
    plain,
    table_of,
)
from eventide.table.compare import numbers, row_groups

if TYPE_CHECKING:
    import pandas as pd

MAX_DIMENSIONS = 12
_MAX_TICKS = 20


def measured(runs: Any, metric: str) -> tuple[pd.DataFrame, str, Any]:
    """Return the runs with a finite value of a metric, its column, and the values as float64."""
    frame = table_of(runs)
    column = metric_column(frame, metric)
    values = numbers(frame[column])
    finite = np.isfinite(values)
    if not finite.any():
        raise InvalidSetting(f"no run has a finite value of `{metric}`")
    return frame.loc[finite], column, values[finite]


def parallel_coordinates(runs: Any, metric: str, params: Sequence[str] | None = None) -> Any:
    """Return a figure with one axis a parameter and one for the metric; a line is a run, coloured by the metric.

    Args:
        runs: a frame with one row a run, a Store, or a list of runs.
        metric: a column, or a metric's key.
        params: the axes; None takes the parameters that differ, at most 12.
    """
    go = graph_objects()
    frame, column, values = measured(runs, metric)
    names = chosen_params(frame, params, [column])[:MAX_DIMENSIONS]
    dimensions = [_dimension(frame[name], label(name)) for name in names]
    dimensions.append({"label": plain(label(column)), "values": values})
    line = {"color": values, "colorscale": SCALE, "showscale": True}
    return laid_out(go.Figure(go.Parcoords(dimensions=dimensions, line=line))).update_layout(margin={"t": 80, "l": 80})


def _dimension(series: pd.Series[Any], name: str) -> dict[str, Any]:
    places, names = codes(series)
    found: dict[str, Any] = {"label": plain(name), "values": places}
    if names is not None:
        found.update(tickvals=list(range(len(names))), ticktext=[plain(text)[:40] for text in names])
    elif len(set(places.tolist())) <= _MAX_TICKS and not np.isnan(places).any():
        found["tickvals"] = sorted(set(places.tolist()))
    return found


def scatter_matrix(runs: Any, metric: str, params: Sequence[str] | None = None) -> Any:
    """Return a figure of every pair of parameters and the metric; a point is a run, coloured by the metric. See `parallel_coordinates`."""
    go = graph_objects()
    frame, column, values = measured(runs, metric)
    names = chosen_params(frame, params, [column])[: MAX_DIMENSIONS // 2]
    dimensions = [{"label": plain(label(name)), "values": _shown(frame[name])} for name in names]
    dimensions.append({"label": plain(label(column)), "values": values})
    marker = {"color": values, "colorscale": SCALE, "showscale": True, "size": 6}
    texts = [plain(index) for index in frame.index]
    trace = go.Splom(dimensions=dimensions, marker=marker, text=texts, diagonal_visible=False, showupperhalf=False)
    return laid_out(go.Figure(trace))


def _shown(series: pd.Series[Any]) -> Any:
    places, names = codes(series)
    return places if names is None else [plain(names[int(place)])[:40] for place in places]


def contour(runs: Any, metric: str, first: str, second: str, *, log: bool = False) -> Any:
    """Return a figure of a metric over two numeric parameters: interpolated between the runs, which are drawn as points.

    Args:
        runs: a frame with one row a run, a Store, or a list of runs.
        metric: a column, or a metric's key.
        first: the parameter along x.
        second: the parameter along y.
        log: both axes logarithmic; values of zero and below are left out.

    Raises:
        InvalidSetting: a parameter is not numeric, or there are fewer than three places with a value.
    """
    go = graph_objects()
    frame, column, values = measured(runs, metric)
    axes = []
    for name in chosen_params(frame, [first, second], [column]):
        places, names = codes(frame[name])
        if names is not None:
            raise InvalidSetting(f"`{label(name)}` is no number, and a contour needs two", hint="plots.box(...)")
        axes.append(places)
    keep = np.isfinite(axes[0]) & np.isfinite(axes[1])
    if log:
        keep &= (axes[0] > 0) & (axes[1] > 0)
    x, y, z = axes[0][keep], axes[1][keep], values[keep]
    if len(set(zip(x.tolist(), y.tolist(), strict=True))) < 3 or len(set(x.tolist())) < 2 or len(set(y.tolist())) < 2:
        raise InvalidSetting("a contour needs three places or more, with two values or more of each parameter")
    grid_x, grid_y, surface = _surface(np.log10(x) if log else x, np.log10(y) if log else y, z)
    surfaces = go.Contour(
        x=10**grid_x if log else grid_x,
        y=10**grid_y if log else grid_y,
        z=surface,
        colorscale=SCALE,
        colorbar={"title": plain(label(column))},
        connectgaps=False,
    )
    dots = go.Scatter(x=x, y=y, mode="markers", marker={"color": "#000", "size": 6, "line": {"color": "#fff", "width": 1}},
                      text=[f"{value:.4g}" for value in z], hovertemplate="%{x}, %{y}: %{text}", showlegend=False)  # fmt: skip
    figure = laid_out(go.Figure([surfaces, dots]), "", first, second)
    if log:
        figure.update_xaxes(type="log").update_yaxes(type="log")
    return figure


def _surface(x: Any, y: Any, z: Any, size: int = 40) -> tuple[Any, Any, Any]:
    """Return a grid and values on it, weighted by the inverse square of the distance; exact at the runs."""
    grid_x, grid_y = np.linspace(x.min(), x.max(), size), np.linspace(y.min(), y.max(), size)
    scale_x, scale_y = x.max() - x.min(), y.max() - y.min()
    distance = ((grid_x[None, :, None] - x) / scale_x) ** 2 + ((grid_y[:, None, None] - y) / scale_y) ** 2
    weight = 1 / np.maximum(distance, 1e-9)
    return grid_x, grid_y, (weight * z).sum(axis=2) / weight.sum(axis=2)


def box(runs: Any, metric: str, by: str | Sequence[str]) -> Any:
    """Return a figure of boxes: how a metric is spread over the runs of each group.

    Args:
        runs: a frame with one row a run, a Store, or a list of runs.
        metric: a column, or a metric's key.
        by: the parameters whose values make a group; `group`, `project` and other columns work too.
    """
    go = graph_objects()
    frame, column, values = measured(runs, metric)
    wanted = [by] if isinstance(by, str) else list(by)
    names = [name if name in frame.columns else chosen_params(frame, [name], [column])[0] for name in wanted]
    figure = go.Figure()
    boxes = sorted(row_groups(frame, names), key=lambda group: float(np.median(values[group])))
    for place, group in enumerate(boxes):
        title = ", ".join(f"{label(name)}={frame[name].iloc[group[0]]}" for name in names)
        text = [plain(frame.index[position]) for position in group]
        figure.add_trace(
            go.Box(
                y=values[group],
                name=plain(title),
                boxpoints="all",
                jitter=0.4,
                pointpos=0,
                text=text,
                marker_color=color(place),
            )
        )
    return laid_out(figure, "", "", label(column)).update_layout(showlegend=False)
