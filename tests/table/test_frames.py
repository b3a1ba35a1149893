"""Model objects to frames: columns, dtypes, and the same content in pandas and polars."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from eventide.errors import InvalidSetting
from eventide.model import Buckets, MetricStats, RunInfo, RunStatus, Series
from eventide.table import choose, fields
from eventide.table.frames import buckets_frame, runs_frame, series_frame
from eventide.table.rows import row_columns, rows_frame

T0 = 1_795_000_000.25


def stats(
    key: str, low: float, high: float, last: float | str | None, goal: Literal["max", "min"] = "max"
) -> MetricStats:
    """Return the statistics of a metric between two values."""
    return MetricStats(key, 10, 0, low, last, 9, low, 0, high, 5, (low + high) / 2, 0.1, goal)


def run(number: int, **changes: Any) -> RunInfo:
    """Return a run with a config, two metrics and a tag."""
    details: dict[str, Any] = {
        "params": {"lr": 0.1 * number, "seed": number, "opt.name": "adam", "debug": number > 1},
        "metrics": {"val/acc": stats("val/acc", 0.1, 0.9, 0.8), "loss": stats("loss", 0.2, 2.0, math.nan, "min")},
        "summary": {"val/acc": 0.8, "loss": math.nan, "note": "own"},
        "tags": ("a",),
        "rows": 10,
    }
    details.update(changes)
    return RunInfo(
        f"id-{number}", "p", f"name-{number}", RunStatus.FINISHED, T0 + number, T0 + number + 90, T0, **details
    )


def test_run_columns_and_dtypes() -> None:
    """A runs frame is indexed by run_id: plain columns, then config, metrics, summary, each with a fitting dtype."""
    frame = runs_frame([run(1), run(2), run(3, params={"lr": 1, "opt.name": "sgd"})])
    assert frame.index.name == "run_id"
    assert list(frame.index) == ["id-1", "id-2", "id-3"]
    kinds = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert kinds["status"] == kinds["project"] == kinds["host"] == "category"
    assert kinds["started"] == "datetime64[us, UTC]"
    assert kinds["duration"].startswith("timedelta64")
    assert kinds["rows"] == kinds["config.seed"] == "Int64"
    assert kinds["config.lr"] == kinds["metric.val/acc"] == "float64"
    assert kinds["config.debug"] == "boolean"
    assert frame["started"].iloc[0].to_pydatetime() == datetime.fromtimestamp(T0 + 1, tz=UTC)
    assert frame["duration"].iloc[0].to_pytimedelta() == timedelta(seconds=90)
    assert frame["config.seed"].isna().tolist() == [False, False, True]
    assert list(frame["summary.note"]) == ["own"] * 3


@pytest.mark.parametrize(
    ("agg", "expected"),
    [("last", 0.8), ("best", 0.9), ("min", 0.1), ("max", 0.9), ("mean", 0.5), ("std", 0.1), ("count", 10)],
)
def test_aggregates(agg: Any, expected: float) -> None:
    """`agg` chooses what metric columns hold."""
    assert runs_frame([run(1)], agg=agg)["metric.val/acc"].iloc[0] == pytest.approx(expected)


def test_best_follows_the_goal() -> None:
    """The best value of a metric to minimise is its lowest."""
    assert runs_frame([run(1)], agg="best")["metric.loss"].iloc[0] == 0.2


def test_all_aggregates_have_two_levels() -> None:
    """`agg="all"` gives columns of two levels: name and aggregate, empty for plain columns."""
    frame = runs_frame([run(1)], agg="all")
    assert frame.columns.nlevels == 2
    assert frame["metric.val/acc", "max"].iloc[0] == 0.9
    assert frame["name", ""].iloc[0] == "name-1"


def test_varying_keeps_constants_aside() -> None:
    """`varying` drops what is the same in all rows and keeps it in attrs."""
    frame = runs_frame([run(1), run(2)], varying=True)
    assert "config.opt.name" not in frame.columns
    assert {"config.lr", "config.seed", "name"} <= set(frame.columns)
    assert frame.attrs["constant"]["config.opt.name"] == "adam"
    assert frame.attrs["constant"]["tags"] == ["a"]


def test_chosen_columns_keep_their_names() -> None:
    """`columns` gives these fields under these names."""
    frame = runs_frame([run(2)], columns=["name", "lr", "best(val/acc)", "config.opt.name"])
    assert list(frame.columns) == ["name", "lr", "best(val/acc)", "config.opt.name"]
    assert frame.iloc[0].tolist() == ["name-2", 0.2, 0.9, "adam"]


def test_no_runs_still_have_columns() -> None:
    """An empty answer has the plain columns with their dtypes."""
    frame = runs_frame([])
    assert len(frame) == 0
    assert str(frame["started"].dtype) == "datetime64[us, UTC]"
    assert str(frame["status"].dtype) == "category"


def test_polars_has_the_same_content() -> None:
    """Frames of polars have the same columns, run_id first, and the same values."""
    runs = [run(1), run(2)]
    ours, theirs = runs_frame(runs), runs_frame(runs, backend="polars")
    assert isinstance(theirs, pl.DataFrame)
    assert theirs.columns == ["run_id", *ours.columns]
    assert theirs["config.lr"].to_list() == ours["config.lr"].tolist()
    assert theirs["started"].dtype == pl.Datetime("us", "UTC")
    assert theirs["duration"].to_list() == [timedelta(seconds=90)] * 2


def test_a_library_that_makes_no_frames() -> None:
    """Another backend is a usage error that names the two there are."""
    with pytest.raises(InvalidSetting, match="makes no frames"):
        runs_frame([], backend="dask")  # type: ignore[arg-type]


def curve(run_id: str, key: str, size: int) -> Series:
    """Return a curve with a NaN in it."""
    y = np.arange(size, dtype=np.float64)
    y[1:2] = np.nan
    x = np.arange(size, dtype=np.float64)
    return Series(run_id, key, x, x.astype(np.int64), x + T0, y)


def test_series_frame_is_long() -> None:
    """Every point is a row, runs outermost, NaN kept, times UTC."""
    frame = series_frame([curve("a", "x", 3), curve("b", "x", 2)])
    assert list(frame.columns) == ["run_id", "key", "step", "ts", "x", "value"]
    assert frame["run_id"].tolist() == ["a", "a", "a", "b", "b"]
    assert frame["value"].isna().tolist() == [False, True, False, False, True]
    assert str(frame["ts"].dtype) == "datetime64[us, UTC]"
    theirs = series_frame([curve("a", "x", 3), curve("b", "x", 2)], backend="polars")
    assert theirs["step"].to_list() == frame["step"].tolist()
    assert theirs["ts"].to_list() == [moment.to_pydatetime() for moment in frame["ts"]]


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_no_curves_still_have_columns(backend: Any) -> None:
    """An empty answer has the columns of a full one."""
    assert list(series_frame([], backend=backend).columns) == ["run_id", "key", "step", "ts", "x", "value"]
    assert list(buckets_frame([], backend=backend).columns)[2:4] == ["x0", "x1"]


def test_buckets_frame_leaves_out_empty_ones() -> None:
    """Buckets without points are gaps, not rows; counts are exact integers."""
    counts, values = np.array([2, 0, 1]), np.array([1.0, np.nan, 3.0])
    buckets = Buckets(
        "a", "x", np.array([0.0, 1.0, 2.0, 3.0]), counts, np.array([0, 0, 1]), values, values, values, values
    )
    frame = buckets_frame([buckets])
    assert frame["x0"].tolist() == [0.0, 2.0]
    assert (frame["count"].tolist(), frame["nonfinite"].tolist()) == ([2, 1], [0, 1])


TAGS = {"loss": "f", "Loss": "f", "step": "f", "_x": "i", "x": "fs", "when": "j", "n": "in", "a:b": "s", "flag": "b"}
STORED = {
    "loss": pa.array([1.0, math.nan]),
    "Loss~2": pa.array([3.0, 4.0]),
    "_step": pa.array([5.0, 6.0]),
    "__x": pa.array([1, 2]),
    "x": pa.array([1.0, None]),
    "x:s": pa.array([None, "text"]),
    "when": pa.array(['{"_date":"2026-11-20"}', '[1,{"_decimal":"0.1"}]']),
    "n": pa.array([2**60, None], pa.int64()),
    "a:b": pa.array(["t", "u"]),
    "flag": pa.array([True, None]),
}


def stored_rows() -> pa.Table:
    """Return rows as a Source hands them out."""
    head = {"run_id": pa.array(["a", "a"]), "step": pa.array([0, 1]), "ts": pa.array([T0, T0 + 1])}
    return pa.table({**head, **STORED})


def test_rows_get_the_users_names_back() -> None:
    """Escapes, suffixes of twins and kinds are undone, but a name that would clash keeps its stored form."""
    names = [column.name for column in row_columns(stored_rows().column_names, TAGS)]
    assert names == ["run_id", "step", "ts", "loss", "Loss", "_step", "_x", "x", "x:s", "when", "n", "a:b", "flag"]


def test_rows_frame_has_exact_types() -> None:
    """Large integers, booleans with gaps, and decoded values come back as they were logged."""
    frame = rows_frame(stored_rows(), TAGS)
    assert frame["n"].tolist() == [2**60, pd.NA]
    assert str(frame["n"].dtype) == "Int64"
    assert str(frame["flag"].dtype) == "boolean"
    assert frame["when"].tolist() == [date(2026, 11, 20), [1, Decimal("0.1")]]
    assert frame["ts"].iloc[0].to_pydatetime() == datetime.fromtimestamp(T0, tz=UTC)
    assert str(frame["run_id"].dtype) == "category"


def test_rows_frame_in_polars() -> None:
    """Rows in polars have the same names, and UTC times."""
    frame = rows_frame(stored_rows(), TAGS, backend="polars")
    assert frame.columns[3:6] == ["loss", "Loss", "_step"]
    assert frame["ts"].dtype == pl.Datetime("us", "UTC")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name", "name-2"),
        ("state", "finished"),
        ("lr", 0.2),
        ("config.opt.name", "adam"),
        ("opt.name", "adam"),
        ("val/acc", 0.8),
        ("best(val/acc)", 0.9),
        ("best.val/acc", 0.9),
        ("best(`val/acc`)", 0.9),
        ("min(loss)", 0.2),
        ("summary.note", "own"),
        ("nothing", None),
        ("best(nothing)", None),
    ],
)
def test_fields(text: str, expected: object) -> None:
    """A field is a plain one, a parameter, an aggregate, or, bare, a parameter before a metric."""
    assert fields.parse(text).of(run(2)) == expected


def test_a_parameter_wins_over_a_metric_of_the_same_name() -> None:
    """A bare name is the parameter when there is one, as in the filter grammar."""
    assert fields.parse("loss").of(run(1, params={"loss": "mse"})) == "mse"


def test_lists_of_fields_split_at_outer_commas() -> None:
    """Commas inside brackets and back-ticks belong to the field."""
    assert fields.split("name, best(`a,b`),`c,d`,mean(x)") == ["name", "best(`a,b`)", "`c,d`", "mean(x)"]


def test_goal_metric() -> None:
    """Held-out metrics go before training ones, accuracies before losses, counters last."""
    keys = ("epoch", "train/loss", "train/acc", "val/loss", "val/acc")
    metrics = {key: stats(key, 0, 1, 1, "max" if "acc" in key else "min") for key in keys}
    found = []
    for key in reversed(keys):
        found.append(choose.goal_metric([run(1, metrics=metrics)]))
        metrics.pop(key)
    assert found == ["val/acc", "val/loss", "train/acc", "train/loss", "epoch"]
    assert choose.goal_metric([run(1, metrics={})]) is None


def test_varying_and_constant_parameters() -> None:
    """A parameter varies when its values differ or when a run lacks it; 1 and True differ, 1 and 1 do not."""
    runs = [run(1, params={"a": 1, "b": 1, "c": 1}), run(2, params={"a": 1, "b": True})]
    assert choose.varying_params(runs, limit=None) == ["b", "c"]
    assert choose.constant_params(runs) == {"a": 1}
