"""Learning curves: one line a run, or the mean of a group of runs with a band around it.

Invariant: a line has at most 2,000 points; what is longer becomes buckets, and the band of buckets reaches from their lowest to their
highest value, so that no spike is lost. A band is drawn only where two runs or more have a value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from eventide.errors import InvalidSetting
from eventide.plots.data import chosen_params, color, dash, faded, graph_objects, laid_out, plain
from eventide.table.compare import check_columns, row_groups, student_t

Band = Literal["std", "ci", "range", "none"]
MAX_POINTS = 2000
_GRID = 1000
_BANDS = ("std", "ci", "range", "none")


class Line(NamedTuple):
    """A curve of one run, or of a group: x, mean, and the ends of the band, all float64."""

    name: str
    x: Any
    y: Any
    low: Any
    high: Any
    runs: int


def learning_curves(
    runs: Any,
    metric: str | Sequence[str],
    *,
    where: str = "",
    by: str | Sequence[str] | None = None,
    band: Band = "std",
    x: str = "step",
    log_y: bool = False,
) -> Any:
    """Return a figure of metrics over steps, one line a run, or one a group with a band over its runs.

    Args:
        runs: a Store, or a long frame with the columns `run_id`, `key`, `value`, the column named by `x`, and those named by `by`.
        metric: one key or several.
        where: a filter, for a Store.
        by: parameters; runs with the same values become one line. `seed` with a `-` in front: all that differ but the seed.
        band: `std`: mean ± one standard deviation; `ci`: the 95 % interval of the mean; `range`: lowest to highest; `none`.
        x: for a Store `step`, `time` (seconds), `ts` or a metric; for a frame one of its columns.
        log_y: a logarithmic y axis.

    Raises:
        InvalidSetting: a column, a parameter or any point is missing.
        MissingExtra: Plotly is not installed.
    """
    if band not in _BANDS:
        raise InvalidSetting(f"`band={band!r:.60}` is none of {', '.join(_BANDS)}")
    go = graph_objects()
    keys = [metric] if isinstance(metric, str) else list(metric)
    points, groups = _points(runs, keys, where, by, x)
    if points.empty:
        raise InvalidSetting(f"no run has points of {', '.join(keys)}")
    figure = go.Figure()
    for place, line in enumerate(_lines(points, keys, groups, band)):
        _draw(go, figure, line, place, band)
    laid_out(figure, "", x, keys[0] if len(keys) == 1 else "value")
    figure.update_layout(hovermode="x unified" if len(figure.data) <= 20 else "closest")
    if log_y:
        figure.update_yaxes(type="log")
    return figure


def _points(
    runs: Any, keys: list[str], where: str, by: str | Sequence[str] | None, x: str
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return points as run_id, key, x, value, and the group of each run."""
    if isinstance(runs, pd.DataFrame):
        names = [by] if isinstance(by, str) else list(by or ())
        check_columns(runs, ["run_id", "key", "value", x, *names])
        points = runs[runs["key"].isin(keys)]
        points = points.assign(x=points[x])
        firsts = points.drop_duplicates("run_id")
        ids = [str(run_id) for run_id in firsts["run_id"]]
        return points, _group_names(firsts, ids, ids, names)
    points = runs.series(where, keys, x=x)
    table = pd.DataFrame(runs.runs(where))
    table = table.loc[table.index.isin(set(points["run_id"].astype(str)))]
    ids = [str(run_id) for run_id in table.index]
    if not ids:
        return points.iloc[:0], {}
    shown = [f"{name} ({run_id[-8:]})" for name, run_id in zip(table["name"], ids, strict=True)]
    return points, _group_names(table, ids, shown, _by_columns(table, by))


def _by_columns(table: pd.DataFrame, by: str | Sequence[str] | None) -> list[str]:
    names = [by] if isinstance(by, str) else list(by or ())
    if names and all(name.startswith("-") for name in names):
        without = {name[1:].removeprefix("config.") for name in names}
        varying = chosen_params(table, None)
        left = [name for name in varying if name.removeprefix("config.").rsplit(".", 1)[-1] not in without]
        return left or [name for name in table.columns if name == "project"]
    return chosen_params(table, names) if names else []


def _group_names(table: pd.DataFrame, ids: list[str], shown: list[str], by: list[str]) -> dict[str, str]:
    if not by:
        return dict(zip(ids, shown, strict=True))
    found: dict[str, str] = {}
    for group in row_groups(table, by):
        values = [f"{name.removeprefix('config.')}={table[name].iloc[group[0]]}" for name in by]
        found.update((ids[place], ", ".join(values)) for place in group)
    return found


def _lines(points: pd.DataFrame, keys: list[str], groups: dict[str, str], band: Band) -> list[Line]:
    curves: dict[str, list[tuple[Any, Any]]] = {}
    for (run_id, key), part in points.groupby(["run_id", "key"], sort=False, observed=True):
        name = groups[str(run_id)] if len(keys) == 1 else f"{groups[str(run_id)]}, {key}"
        xs, ys = part["x"].to_numpy(dtype=np.float64), part["value"].to_numpy(dtype=np.float64)
        order = np.argsort(xs, kind="stable")
        curves.setdefault(name, []).append((xs[order], ys[order]))
    return [_line(name, members, band) for name, members in curves.items()]


def _line(name: str, members: list[tuple[Any, Any]], band: Band) -> Line:
    """Return the mean of curves on the x they have in common, thinned where there is too much."""
    if len(members) == 1:
        xs, ys = members[0]
        nothing = np.full(len(xs), math.nan)
        return Line(name, xs, ys, nothing, nothing, 1) if len(xs) <= MAX_POINTS else _thinned(name, xs, ys)
    grid = np.unique(np.concatenate([xs for xs, _ in members]))
    if len(grid) > MAX_POINTS:
        grid = np.linspace(grid[0], grid[-1], _GRID)
    values = np.array([_on_grid(grid, xs, ys) for xs, ys in members])
    counts = np.sum(~np.isnan(values), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(values, axis=0) / counts
        std = np.sqrt(np.nansum((values - mean) ** 2, axis=0) / (counts - 1))
    std[counts < 2] = math.nan
    if band == "range":
        low = np.where(counts > 1, np.nanmin(np.where(np.isnan(values), math.inf, values), axis=0), math.nan)
        high = np.where(counts > 1, np.nanmax(np.where(np.isnan(values), -math.inf, values), axis=0), math.nan)
        return Line(name, grid, mean, low, high, len(members))
    half = std if band == "std" else std * _factors(counts)
    return Line(name, grid, mean, mean - half, mean + half, len(members))


def _factors(counts: Any) -> Any:
    """Return half the width of the 95 % interval of the mean, in standard deviations."""
    known = {int(n): student_t(0.975, int(n) - 1) / math.sqrt(n) for n in np.unique(counts) if n > 1}
    return np.array([known.get(int(n), math.nan) for n in counts])


def _on_grid(grid: Any, xs: Any, ys: Any) -> Any:
    """Return a curve between its first and last point on other x; NaN outside and at points that are not finite."""
    finite = np.isfinite(ys)
    if not finite.any():
        return np.full(len(grid), math.nan)
    return np.interp(grid, xs[finite], ys[finite], left=math.nan, right=math.nan)


def _thinned(name: str, xs: Any, ys: Any) -> Line:
    """Return a long curve as buckets: their mean, with a band from their lowest to their highest value."""
    frame = pd.DataFrame({"bucket": np.arange(len(xs)) * _GRID // len(xs), "x": xs, "y": ys})
    buckets = frame.groupby("bucket")
    found = {part: getattr(buckets["y"], part)().to_numpy() for part in ("mean", "min", "max")}
    return Line(name, buckets["x"].mean().to_numpy(), found["mean"], found["min"], found["max"], 1)


def _draw(go: Any, figure: Any, line: Line, place: int, band: Band) -> None:
    name = plain(line.name) + (f" (n={line.runs})" if line.runs > 1 else "")
    if band != "none" and np.isfinite(line.low).any():
        known = np.isfinite(line.low)
        figure.add_trace(
            go.Scatter(
                x=np.concatenate([line.x[known], line.x[known][::-1]]),
                y=np.concatenate([line.high[known], line.low[known][::-1]]),
                fill="toself",
                fillcolor=faded(color(place), 0.18),
                line={"width": 0},
                hoverinfo="skip",
                showlegend=False,
                legendgroup=str(place),
                name=f"{name} band",
            )
        )
    mode = "lines+markers" if len(line.x) <= 30 else "lines"
    style = {"color": color(place), "dash": dash(place), "width": 2 if line.runs > 1 else 1.5}
    figure.add_trace(go.Scatter(x=line.x, y=line.y, mode=mode, name=name, line=style, legendgroup=str(place)))
