"""Goals, columns, groups and importance over runs, and what a filter may go on with."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.model import MetricStats, RunInfo, RunStatus
from eventide.store.filter.grammar import parse
from eventide.store.filter.tree import Compare
from eventide.store.local import LocalSource
from eventide.table.columns import frozen, metric_columns, param_columns
from eventide.table.goals import GoalMetric, best_run, guess_goal
from eventide.table.groups import group_runs, resolve_by, spread
from eventide.table.importance import importance, pearson, ranks
from eventide.table.suggest import named, quoted, suggest
from eventide.testing import make_run


def stats(key: str, value: float, goal: Any = "min") -> MetricStats:
    """Return the statistics of a metric that always had one value."""
    return MetricStats(key, 1, 0, value, value, 0, value, 0, value, 0, value, None, goal)


def run(number: int, params: dict[str, Any], status: RunStatus = RunStatus.FINISHED, **metrics: float) -> RunInfo:
    """Return a run with metrics of one point; those named acc are to go up."""
    return RunInfo(
        f"run-{number}", "demo", f"run {number}", status, 0.0, 1.0, 1.0, params=params,
        metrics={key: stats(key, value, "max" if "acc" in key else "min") for key, value in metrics.items()},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["train/loss", "val/loss", "val/acc"], "val/acc"),
        (["train/loss", "val/loss"], "val/loss"),
        (["loss", "lr", "epoch"], "loss"),
        (["train/acc", "val/loss"], "val/loss"),
        (["valAccuracy", "loss"], "valAccuracy"),
        (["something", "gpu/power"], "something"),
    ],
)
def test_the_goal_metric_is_guessed_from_names(keys: list[str], expected: str) -> None:
    """Held-out scores come before held-out losses, these before training, and bookkeeping last."""
    goal = guess_goal([run(0, {}, RunStatus.FINISHED, **dict.fromkeys(keys, 1.0))])
    assert goal is not None
    assert goal.key == expected


def test_a_project_without_numbers_has_no_goal() -> None:
    """Nothing is guessed where nothing was logged."""
    assert guess_goal([run(0, {})]) is None


def test_the_best_run_follows_the_direction() -> None:
    """Up for scores, down for losses; runs without a value cannot win."""
    runs = [run(0, {}, acc=0.5, loss=1.0), run(1, {}, acc=0.9, loss=2.0), run(2, {})]
    up, down = best_run(runs, GoalMetric("acc", "max")), best_run(runs, GoalMetric("loss", "min"))
    assert up is not None
    assert down is not None
    assert (up.id, down.id) == ("run-1", "run-0")
    assert best_run(runs, GoalMetric("other", "min")) is None


def test_parameters_vary_when_values_differ_or_are_missing() -> None:
    """A constant parameter shows its value; one that only some runs have varies."""
    runs = [run(0, {"lr": 0.1, "opt": "sgd", "bs": 1}), run(1, {"lr": 0.2, "opt": "sgd"})]
    columns = {column.path: column for column in param_columns(runs)}
    assert [column for column in columns if columns[column].varying] == ["bs", "lr"]
    assert (columns["opt"].value, columns["opt"].numeric, columns["lr"].numeric) == ("sgd", False, True)


def test_metrics_are_counted() -> None:
    """The metric most runs have comes first."""
    columns = metric_columns([run(0, {}, a=1.0, b=1.0), run(1, {}, b=1.0)])
    assert [(column.key, column.runs) for column in columns] == [("b", 2), ("a", 1)]


def test_equal_values_freeze_alike() -> None:
    """1 and 1.0 are one value of a parameter, 1 and True are two, and anything can be one."""
    assert frozen(1) == frozen(1.0) != frozen(True)
    assert frozen({"a": 1, "b": object}) == frozen({"b": object, "a": 1})


def test_all_but_the_seed_is_what_varies_otherwise() -> None:
    """`-seed` groups by every varying parameter that is no seed."""
    runs = [run(number, {"seed": number, "lr": number // 2, "data.seed": number, "same": 1}) for number in range(4)]
    assert resolve_by(runs, ["-seed"]) == ["lr"]
    groups = group_runs(runs, ["-seed"])
    assert [(group.label, len(group.runs)) for group in groups] == [("lr=0", 2), ("lr=1", 2)]
    assert resolve_by(runs, ["!lr", "state"]) == ["state", "data.seed", "seed"]


def test_groups_have_spreads_of_all_their_runs() -> None:
    """Mean, deviation and counts are over every run with a value, failed ones included and counted."""
    runs = [run(0, {"lr": 1}, acc=0.5), run(1, {"lr": 1}, RunStatus.FAILED, acc=0.7), run(2, {"lr": 1})]
    (group,) = group_runs(runs, ["lr"], ["acc"])
    assert (group.failed, group.metrics["acc"].n) == (1, 2)
    assert group.metrics["acc"].mean == pytest.approx(0.6)
    assert group_runs(runs, [])[0].label == "all"
    assert group_runs(runs, ["state"])[1].key == {"state": "failed"}


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_spreads_are_those_of_the_standard_library(values: list[float]) -> None:
    """Mean, standard deviation and median agree with the statistics module."""
    found = spread([*values, None, float("nan")])
    assert found.n == len(values)
    assert found.mean == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert found.std == pytest.approx(statistics.stdev(values), rel=1e-6, abs=1e-6)
    assert found.median == pytest.approx(statistics.median(values), abs=1e-6)


def test_importance_finds_what_goes_together() -> None:
    """A parameter that orders the metric has 1, one that has nothing to do with it little; texts count by their means."""
    runs = [
        run(n, {"lr": n, "noise": (n * 7) % 5, "opt": "a" if n < 5 else "b", "same": 1}, loss=float(n**2))
        for n in range(10)
    ]
    n, found = importance(runs, "loss")
    by_path = {item.path: item.correlation for item in found}
    assert n == 10
    assert by_path["lr"] == pytest.approx(1.0)
    assert 0.8 < by_path["opt"] <= 1.0
    assert abs(by_path["noise"]) < 0.5
    assert "same" not in by_path
    assert importance(runs[:2], "loss")[1] == []


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=30))
def test_ranks_add_up(values: list[int]) -> None:
    """Ranks share ties and always have the same sum; a correlation never leaves its range."""
    found = ranks([float(value) for value in values])
    assert sum(found) == pytest.approx(len(values) * (len(values) + 1) / 2)
    assert -1 <= pearson(found, [float(value) for value in reversed(values)]) <= 1


@pytest.fixture
def source(tmp_path: Path) -> LocalSource:
    """A store with a few runs."""
    for number, opt in enumerate(("adam", "adamw", "adamw")):
        make_run(tmp_path, f"run-{number}", [{"val/acc": 0.5, "odd key": 1.0}], config={"optimizer": opt, "lr": 0.1})
    return LocalSource(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("opt", "optimizer"),
        ("optimizer=", "adamw"),
        ("optimizer=adamw", "adamw"),
        ("best(val", "val/acc"),
        ("sta", "state"),
        ("state:", "running"),
        ("odd", "`odd key`"),
        ("lr<1 ", "and"),
    ],
)
def test_suggestions_come_from_the_data(source: LocalSource, text: str, expected: str) -> None:
    """Names of parameters and metrics, values with counts, fields and words are offered, and continue the text."""
    found = suggest(source, text, len(text))
    assert expected in [item.text for item in found.items]
    assert 0 <= found.start <= found.end == len(text)


def test_values_come_with_counts(source: LocalSource) -> None:
    """The most frequent value comes first, with how many runs have it."""
    first = suggest(source, "optimizer=", 10).items[0]
    assert (first.text, first.kind, first.runs) == ("adamw", "value", 2)


def test_nothing_is_offered_after_an_error(source: LocalSource) -> None:
    """A text that is wrong before the cursor has no continuation."""
    assert suggest(source, "lr<<", 4).items == []


@given(st.text(min_size=1, max_size=10).filter(str.isprintable) | st.sampled_from(["-", "/", "not", "IN", "name", "`"]))
def test_offered_names_and_values_parse(text: str) -> None:
    """Whatever a key or value is called, what is offered for it can be read back."""
    asked = parse(f"{named(text)}=1")
    assert isinstance(asked, Compare)
    assert (asked.field.kind, asked.field.name) == ("path", text)
    parse(f"name={quoted(text)}")
