"""Model objects to frames: pandas by default, polars on request.

Invariant: a frame has the same columns and the same rows whichever library makes it, and an empty answer has the columns of a full
one. Neither library is imported before a frame is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from eventide._optional import require
from eventide.errors import InvalidSetting
from eventide.table import fields

if TYPE_CHECKING:
    from eventide.model import Buckets, RunInfo, Series

Backend = Literal["pandas", "polars"]
FrameAggregate = Literal["last", "best", "min", "max", "mean", "first", "std", "count", "all"]

RUN_COLUMNS = ("name", "project", "status", "started", "ended", "duration", "group", "tags", "notes", "host", "user",
               "rows", "attempts", "archived", "error")  # fmt: skip
_CATEGORIES = frozenset({"project", "status", "group", "host", "user"})
_TEXTS = frozenset({"name", "notes", "error"})

Columns = dict[str | tuple[str, str], list[Any]]


def check_backend(backend: str) -> None:
    """Raise InvalidSetting for a library that is neither pandas nor polars, MissingExtra when polars is not installed."""
    if backend not in ("pandas", "polars"):
        raise InvalidSetting(f"`{backend}` makes no frames", hint="backend='pandas' or backend='polars'")
    if backend == "polars":
        require("polars", "polars")


# ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def run_columns(
    runs: Sequence[RunInfo], *, agg: FrameAggregate = "last", columns: Sequence[str] | None = None
) -> Columns:
    """Return the columns of the runs table, values in the order of `runs`."""
    if agg != "all" and agg not in fields.AGGREGATES:
        raise InvalidSetting(f"`{agg}` is no aggregate", hint=f"agg= one of {', '.join(fields.AGGREGATES)}, all")
    if columns is not None:
        return {name: [fields.parse(name).of(run) for run in runs] for name in fields.split(columns)}
    table: Columns = {name: _plain(runs, name) for name in RUN_COLUMNS}
    for path in _ordered(run.params for run in runs):
        table[f"config.{path}"] = [run.params.get(path) for run in runs]
    keys = _ordered(run.metrics for run in runs)
    for key in keys:
        cells = [run.metrics.get(key) for run in runs]
        for name in fields.AGGREGATES if agg == "all" else (agg,):
            values = [None if cell is None else fields.AGGREGATES[name](cell) for cell in cells]
            table[(f"metric.{key}", name) if agg == "all" else f"metric.{key}"] = values
    for key in _ordered({**run.values, **run.summary} for run in runs):
        if key not in keys:
            table[f"summary.{key}"] = [run.summary.get(key, run.values.get(key)) for run in runs]
    return table


def _plain(runs: Sequence[RunInfo], name: str) -> list[Any]:
    if name == "duration":
        return [run.duration_s for run in runs]
    getter = fields.BASE[name]
    return [getter(run) for run in runs]


def _ordered(mappings: Iterable[dict[str, Any]]) -> dict[str, None]:
    """Return all keys in order of first appearance."""
    return {key: None for mapping in mappings for key in mapping}


def runs_frame(
    runs: Sequence[RunInfo],
    *,
    agg: FrameAggregate = "last",
    columns: Sequence[str] | None = None,
    varying: bool = False,
    total: int | None = None,
    backend: Backend = "pandas",
) -> Any:
    """Return runs as a frame, one row a run; index (polars: first column) `run_id`.

    `varying` leaves out columns with one value in all rows; pandas keeps them in `attrs["constant"]`.
    """
    check_backend(backend)
    table = run_columns(runs, agg=agg, columns=columns)
    constant: dict[str, Any] = {}
    if varying and len(runs) > 1:
        for name in [name for name, values in table.items() if _is_constant(values)]:
            values = table.pop(name)
            if values[0] not in (None, [], ""):
                constant[name if isinstance(name, str) else ".".join(name)] = values[0]
    ids = [run.id for run in runs]
    if backend == "polars":
        return _polars_runs(ids, table)
    return _pandas_runs(ids, table, constant, len(runs) if total is None else total)


def _is_constant(values: list[Any]) -> bool:
    first = values[0]
    return all(value is first or value == first or (_is_nan(value) and _is_nan(first)) for value in values)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _pandas_runs(ids: list[str], table: Columns, constant: dict[str, Any], total: int) -> Any:
    import pandas as pd  # noqa: PLC0415

    from eventide.table.runs_frame import RunsFrame  # noqa: PLC0415 - pandas is loaded when a frame is asked for

    data = {place: _pandas_column(name, values) for place, (name, values) in enumerate(table.items())}
    frame = RunsFrame(data, index=pd.RangeIndex(len(ids)))
    wide = any(isinstance(name, tuple) for name in table)
    pairs = [name if isinstance(name, tuple) else (name, "") for name in table]
    frame.columns = pd.MultiIndex.from_tuples(pairs) if wide else pd.Index(list(table), dtype=object)
    frame.index = pd.Index(ids, name="run_id", dtype=object)
    frame.attrs["total"] = total
    if constant:
        frame.attrs["constant"] = constant
    return frame


def _pandas_column(name: str | tuple[str, str], values: list[Any]) -> Any:  # noqa: PLR0911 - one return per dtype
    import pandas as pd  # noqa: PLC0415

    if name in fields.TIMES:
        return pd.Series(
            timestamps(np.array([np.nan if value is None else value for value in values], dtype=np.float64))
        )
    if name in ("duration", "duration_s"):
        return pd.to_timedelta(pd.Series(values, dtype="float64"), unit="s")
    kinds = {type(value) for value in values if value is not None}
    if name in _TEXTS:
        return pd.Series(values, dtype="str")
    if name in _CATEGORIES or (kinds == {str} and _is_repetitive(values)):
        return pd.Series(values, dtype=object).astype("category")
    if not kinds:
        return pd.Series(values, dtype="float64" if name[0] == "metric" or str(name).startswith("metric.") else object)
    if kinds == {bool}:
        return pd.Series(values, dtype="boolean" if None in values else "bool")
    if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return pd.Series(pd.array(values, dtype="Int64"))
    if kinds <= {int, float}:
        return pd.Series([np.nan if value is None else float(value) for value in values], dtype="float64")
    return pd.Series(values, dtype="str" if kinds == {str} else object)


def _is_repetitive(values: list[Any]) -> bool:
    """Tell whether texts are few and short enough to be categories."""
    distinct = {value for value in values if value is not None}
    return 2 * len(distinct) <= len(values) and max(map(len, distinct)) <= 64


def timestamps(seconds: Any) -> Any:
    """Return float64 seconds since the epoch as UTC timestamps of microseconds; NaN becomes NaT."""
    import pandas as pd  # noqa: PLC0415

    missing = ~np.isfinite(seconds)
    whole = np.where(missing, 0.0, seconds)
    moments = np.rint(whole * 1e6).astype("int64").astype("datetime64[us]")
    moments[missing] = np.datetime64("NaT")
    return pd.DatetimeIndex(moments).tz_localize("UTC")


def _polars_runs(ids: list[str], table: Columns) -> Any:
    pl = require("polars", "polars")
    columns = [pl.Series("run_id", ids, dtype=pl.String)]
    for name, values in table.items():
        label = name if isinstance(name, str) else f"{name[0]}.{name[1]}"
        columns.append(_polars_column(pl, label, values))
    return pl.DataFrame(columns)


def _polars_column(pl: Any, name: str, values: list[Any]) -> Any:  # noqa: PLR0911 - one return per dtype
    if name in fields.TIMES:
        micros = [None if value is None else round(value * 1e6) for value in values]
        return pl.Series(name, micros, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    if name in ("duration", "duration_s"):
        return pl.Series(name, [round(value * 1e6) for value in values], dtype=pl.Int64).cast(pl.Duration("us"))
    kinds = {type(value) for value in values if value is not None}
    if name == "tags":
        return pl.Series(name, values, dtype=pl.List(pl.String))
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds and kinds <= {int, float}:
        return pl.Series(name, [None if value is None else float(value) for value in values], dtype=pl.Float64)
    if not kinds:
        return pl.Series(name, values, dtype=pl.Float64 if name.startswith("metric.") else pl.String)
    if kinds == {str}:
        return pl.Series(name, values, dtype=pl.Categorical if name in _CATEGORIES else pl.String)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)


# ── curves ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def series_frame(curves: Sequence[Series], *, backend: Backend = "pandas") -> Any:
    """Return curves as one long frame: run_id, key, step int64, ts (UTC), x float64, value float64."""
    return _long(
        curves,
        {
            "step": (np.int64, lambda curve: curve.step),
            "ts": ("time", lambda curve: curve.ts),
            "x": (np.float64, lambda curve: curve.x),
            "value": (np.float64, lambda curve: curve.y),
        },
        backend,
    )


def buckets_frame(curves: Sequence[Buckets], *, backend: Backend = "pandas") -> Any:
    """Return buckets as one long frame without the empty ones: run_id, key, x0, x1, count, nonfinite, min, max, mean, last."""
    table: dict[str, tuple[Any, Any]] = {
        "x0": (np.float64, lambda curve: curve.edges[:-1][curve.count > 0]),
        "x1": (np.float64, lambda curve: curve.edges[1:][curve.count > 0]),
    }
    for name in ("count", "nonfinite"):
        table[name] = (np.int64, lambda curve, name=name: getattr(curve, name)[curve.count > 0])
    for name in ("min", "max", "mean", "last"):
        table[name] = (np.float64, lambda curve, name=name: getattr(curve, name)[curve.count > 0])
    return _long(curves, table, backend)


def _long(curves: Sequence[Any], table: dict[str, tuple[Any, Any]], backend: Backend) -> Any:
    check_backend(backend)
    data: dict[str, Any] = {}
    for name, (kind, values) in table.items():
        dtype = np.float64 if kind == "time" else kind
        parts = [np.asarray(values(curve), dtype=dtype) for curve in curves]
        data[name] = np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
    first = next(iter(table))
    lengths = np.array([len(table[first][1](curve)) for curve in curves], dtype=np.int64)
    labels = {name: _codes([getattr(curve, name) for curve in curves], lengths) for name in ("run_id", "key")}
    times = [name for name, (kind, _) in table.items() if kind == "time"]
    return _polars_long(labels, data, times) if backend == "polars" else _pandas_long(labels, data, times)


def _codes(texts: list[str], lengths: Any) -> tuple[list[str], Any]:
    """Return (distinct texts, one code per row)."""
    distinct = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return list(distinct), np.repeat(np.array([distinct[text] for text in texts], dtype=np.int32), lengths)


def _pandas_long(labels: dict[str, tuple[list[str], Any]], data: dict[str, Any], times: list[str]) -> Any:
    import pandas as pd  # noqa: PLC0415

    columns: dict[str, Any] = {
        name: pd.Categorical.from_codes(codes, categories=pd.Index(texts, dtype=object))
        for name, (texts, codes) in labels.items()
    }
    columns.update({name: timestamps(values) if name in times else values for name, values in data.items()})
    return pd.DataFrame(columns)


def _polars_long(labels: dict[str, tuple[list[str], Any]], data: dict[str, Any], times: list[str]) -> Any:
    pl = require("polars", "polars")
    frame = pl.DataFrame(
        {name: pl.Series(texts, dtype=pl.String).gather(codes) for name, (texts, codes) in labels.items()} | data
    )
    return frame.with_columns(polars_time(pl, name) for name in times)


def polars_time(pl: Any, name: str) -> Any:
    """Return the polars expression that turns float seconds into UTC timestamps."""
    return (pl.col(name) * 1e6).round().cast(pl.Int64, strict=False).cast(pl.Datetime("us", "UTC")).alias(name)
