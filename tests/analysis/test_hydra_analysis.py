"""The questions that frames of runs are asked."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from eventide.compat import experiment_tracker as old
from eventide.errors import InvalidSetting
from eventide.hydra import analysis
from eventide.table.compare import student_t


@pytest.fixture
def frame() -> pd.DataFrame:
    """Return two models with three seeds each, as the loader gives them, and a metric."""
    index = pd.MultiIndex.from_tuples([("2021-01-26 17-07-39", run) for run in range(5)] + [("2021-01-27 08-00-00", 0)])
    return pd.DataFrame(
        {
            "model/layers": [[1, 2], [1, 2], [1, 2], [3], [3], [3]],
            "name": ["x"] * 6,
            "trainer/seed": [1, 2, 3, 1, 2, 2],
            "collected_path_0": [f"{run}/m.npy" for run in range(6)],
            "acc": [0.1, 0.2, 0.3, 0.8, math.nan, 0.9],
        },
        index=index,
    )


def test_spread_over_seeds(frame: pd.DataFrame) -> None:
    """Runs that differ only in their seed become one row with mean, std, interval and count."""
    found = analysis.over_seeds(frame, "acc")

    assert list(found.columns) == ["model/layers", "runs", "acc.mean", "acc.std", "acc.low", "acc.high", "acc.count"]
    assert found["model/layers"].tolist() == [[1, 2], [3]]
    assert (found["runs"].tolist(), found["acc.count"].tolist()) == ([3, 3], [3, 2])
    assert pytest.approx([0.2, 0.85]) == found["acc.mean"].tolist()
    assert pytest.approx(0.1) == found["acc.std"][0]
    assert pytest.approx(0.2 + 4.302652729911275 * 0.1 / math.sqrt(3)) == found["acc.high"][0]


def test_a_single_seed_has_no_spread(frame: pd.DataFrame) -> None:
    """One run has a mean and no deviation, whatever the seed is called."""
    found = analysis.over_seeds(frame.iloc[:1].rename(columns={"trainer/seed": "s"}), "acc", seed="s")

    assert (found["acc.mean"][0], math.isnan(found["acc.std"][0]), found["acc.count"][0]) == (0.1, True, 1)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 10, 29, 100])
def test_students_t(degrees: int) -> None:
    """Quantiles agree with a table's."""
    stats = pytest.importorskip("scipy.stats")
    assert [pytest.approx(stats.t.ppf(share, degrees), rel=1e-8) for share in (0.9, 0.975, 0.995)] == [
        student_t(share, degrees) for share in (0.9, 0.975, 0.995)
    ]


def test_what_differs(frame: pd.DataFrame) -> None:
    """Parameters that differ are found, lists included; paths are no parameters."""
    assert analysis.differing(frame, ["acc"]) == ["model/layers", "trainer/seed"]
    assert analysis.seeds(frame) == ["trainer/seed"]


def test_top_k_leaves_out_what_has_no_value(frame: pd.DataFrame) -> None:
    """The best come first; NaN is never among them."""
    assert analysis.top_k(frame, "acc", 2)["acc"].tolist() == [0.9, 0.8]
    assert analysis.top_k(frame, "acc", 9, largest=False)["acc"].tolist() == [0.1, 0.2, 0.3, 0.8, 0.9]


def test_duplicates_and_firsts(frame: pd.DataFrame) -> None:
    """Identical configs are found together, and the first of each group stands for it."""
    assert [group.tolist() for group in analysis.duplicates(frame, without=["acc"])] == [
        [("2021-01-26 17-07-39", 4), ("2021-01-27 08-00-00", 0)]
    ]
    assert analysis.first_per_group(frame, "model/layers")["acc"].tolist() == [0.1, 0.8]


def test_rolling_windows_stay_inside_a_run() -> None:
    """Means never reach from one run into the next."""
    curves = pd.DataFrame({"run": [0, 0, 0, 1, 1], "loss": [1.0, 3.0, 5.0, 10.0, 20.0]})

    assert analysis.rolling(curves, "loss", 2, by="run")["loss.rolling"].tolist() == [1.0, 2.0, 4.0, 10.0, 15.0]
    assert analysis.rolling(curves, "loss", 2)["loss.rolling"].tolist() == [1.0, 2.0, 4.0, 7.5, 15.0]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("recall", [[0.25, 0.75], [0, 0]]), ("precision", [[1, 1], [0, 0]]), ("all", [[0.25, 0.75], [0, 0]])],
)
def test_confusion_matrices(mode: analysis.Normalize, expected: list[list[float]]) -> None:
    """Shares of rows, columns or everything; a class that never occurs is zero, not NaN."""
    assert expected == analysis.normalize_confusion([[1, 3], [0, 0]], mode).tolist()


def test_mistakes_are_named(frame: pd.DataFrame) -> None:
    """A column that is not there is named with the nearest one."""
    with pytest.raises(InvalidSetting, match="acx") as caught:
        analysis.top_k(frame, "acx")
    assert "acc" in caught.value.hint
    with pytest.raises(InvalidSetting, match="seed"):
        analysis.over_seeds(frame.drop(columns="trainer/seed"), "acc")
    with pytest.raises(InvalidSetting, match="square"):
        analysis.normalize_confusion([[1, 2]])


def test_the_old_names_work_on_the_loaders_frame(frame: pd.DataFrame) -> None:
    """The helpers of experiment_tracker answer on frames with one row a run."""
    tools = old.pandas_utils
    params = frame.drop(columns="acc")
    perf = tools.create_perf_df(params, {"acc": frame["acc"].tolist()})
    runs = tools.find_identical_runs(params, ["model/layers"])
    groups, lines = tools.groupby_random_seed(params, ["acc"])

    assert (groups, len(lines)) == ({"acc": [[0, 1, 2], [3, 4, 5]]}, 2)
    assert list(tools.return_mean_and_std_of_runs(perf, [list(group) for group in runs]).columns) == [
        "acc_mean",
        "acc_std",
    ]
    assert tools.topk(perf["acc"].dropna(), 1, min=False) == "2021-01-27 08-00-00"
    assert tools.return_first_col_per_run(params) == [0, 5]
    assert tools.return_exps_date(params) == ["2021-01-26 17-07-39", "2021-01-27 08-00-00"]
    assert len(tools.return_exp_based_on_datetime(params, "2021-01-26", "17:07:39")) == 5
    assert list(tools.drop_not_changing_row(params).columns) == ["model/layers", "trainer/seed", "collected_path_0"]
    assert [day.day for day in tools.list_available_days(params)] == [26, 27]
    assert ("new", 7) in tools.edit_entry(params, ("2021-01-27 08-00-00", 0), ("new", 7)).index
    assert tools.normalize_confusion_matrix(np.array([[1, 2], [3, 3]])).tolist() == [[0.33, 0.67], [0.5, 0.5]]
    assert len(tools.get_first_entry_for_each_run(params, [list(group) for group in runs])) == 2
    assert tools.is_unique(params["name"])
    assert list(tools.subcolumn_group(params, ["name"]).columns) == ["name"]
    assert str(next(iter(old.hydra_utils.iterate_paths(params, "log")))[1]) == "0/log"
    tools.check_param_df_format(params)
    curves = pd.DataFrame({"loss": [3.0, 1.0]}, index=pd.MultiIndex.from_tuples([("d", 0, 0), ("d", 0, 1)]))
    assert tools.compute_rolling_window_metrics(curves).to_numpy().tolist() == [[1.0, 3.0]]
