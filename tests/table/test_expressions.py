"""Expressions over metrics: what they mean, and curves that are made of others."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eventide
from eventide.errors import InvalidSetting, InvalidValue, NotFound
from eventide.model import Buckets, Series, SeriesQuery, Smoothing
from eventide.store.local import LocalSource
from eventide.table.derived_curves import derived_curves
from eventide.table.expressions import parse_expression
from eventide.testing import make_run

KNOWN = ("a", "b", "loss", "train/loss", "val/loss", "a-b", "my metric", "x=y", "0rate")


def value(text: str, **values: float) -> float:
    """Evaluate an expression for one row; `train_loss` stands for `train/loss`."""
    found = parse_expression(text, KNOWN)
    given = {"train/loss": 6.0, "val/loss": 2.0, "a-b": 100.0, "my metric": 3.0, "x=y": 5.0, "0rate": 7.0, "loss": 4.0}
    arrays = {name: np.array([number]) for name, number in {**given, **values}.items()}
    return float(found.evaluate(arrays)[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("train/loss - val/loss", 4.0),
        ("=train/loss-val/loss", 4.0),
        ("train/loss/val/loss", 3.0),
        ("2 + 3 * a", 17.0),
        ("(2 + 3) * a", 25.0),
        ("-a ^ 2", -25.0),
        ("2 ^ 3 ^ 0 * b", 4.0),
        ("2 ** 2 * a", 20.0),
        ("a - b - 1", 2.0),
        ("a / b / 2", 1.25),
        ("a-b", 100.0),
        ("a - b", 3.0),
        ("a-2", 3.0),
        ("`my metric` * 2", 6.0),
        ("`x=y` + 1e1 + .5", 15.5),
        ("0rate + 1", 8.0),
        ("max(a, b) + min(a, b)", 7.0),
        ("log(exp(a))", 5.0),
        ("sqrt(abs(-a * a))", 5.0),
        ("log10(100) * loss", 8.0),
    ],
)
def test_expressions_mean_what_they_say(text: str, expected: float) -> None:
    """Precedence is that of mathematics; of names the longest there is wins."""
    assert value(text, a=5.0, b=2.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "missing"),
        ("1 + 2", "names no metric"),
        ("a +", "missing"),
        ("(a", r"`\)` is missing"),
        ("a b", "in the way"),
        ("los - a", "no metric is called `los`"),
        ("`nothing`", "no metric is called"),
        ("`a", "back-tick"),
        ("min(a)", "takes 2"),
        ("a; import os", "in the way"),
        ("__import__('os')", "no metric"),
        ("(" * 60 + "a" + ")" * 60, "too many"),
        ("a" * 1001, "at most"),
    ],
)
def test_other_texts_are_refused(text: str, complaint: str) -> None:
    """What does not parse says where and why; a metric that is not there, which is near."""
    with pytest.raises(InvalidSetting, match=complaint):
        parse_expression(text, KNOWN)


@given(st.text(max_size=40))
def test_any_text_parses_or_is_refused(text: str) -> None:
    """No text does anything else."""
    try:
        found = parse_expression(text, KNOWN)
    except InvalidSetting:
        return
    assert set(found.metrics) <= set(KNOWN)


def test_what_is_not_defined_is_nan() -> None:
    """Logarithms of what is not positive and divisions by zero do not raise."""
    assert math.isnan(value("log(a)", a=-1.0))
    assert math.isinf(value("1 / a", a=0.0))


# ── curves ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def source(tmp_path: Path) -> LocalSource:
    """Two runs: the first logs `a` at every step and `b` at every second, the other one `a`, twice as high, at every third."""
    make_run(
        tmp_path / "s",
        "one",
        [{"a": float(step), **({"b": step / 2} if step % 2 == 0 else {})} for step in range(100)],
    )
    make_run(tmp_path / "s", "two", [{"b": 1.0, **({"a": 2.0 * step} if step % 3 == 0 else {})} for step in range(90)])
    return LocalSource(tmp_path / "s")


def ask(source: LocalSource, query: SeriesQuery, minus: str | None = None) -> list[Series] | list[Buckets]:
    """Answer a question that may hold expressions."""
    return derived_curves(source, query.keys, query.x, run_ids=query.run_ids, minus=minus).series(query)


def test_an_expression_has_the_steps_that_all_of_it_has(source: LocalSource, tmp_path: Path) -> None:
    """Values meet at equal steps; a run without one of the metrics has no curve."""
    make_run(tmp_path / "s", "three", [{"a": 1.0}])
    curves = ask(source, SeriesQuery(("one", "two", "three"), ("=a - b", "a")))
    assert [(curve.run_id, curve.key) for curve in curves] == [
        ("one", "=a - b"),
        ("one", "a"),
        ("two", "=a - b"),
        ("two", "a"),
        ("three", "a"),
    ]
    first = curves[0]
    assert isinstance(first, Series)
    assert first.step.tolist() == list(range(0, 100, 2))
    assert first.y.tolist() == [step / 2 for step in range(0, 100, 2)]


def test_buckets_of_expressions_share_the_grid(source: LocalSource) -> None:
    """Plain and derived curves of one answer have the same edges, and extremes are exact."""
    curves = ask(source, SeriesQuery(("one", "two"), ("b", "=a + 0 * b", "=a"), bins=7))
    assert len(curves) == 6
    first = curves[0]
    assert isinstance(first, Buckets)
    for curve in curves:
        assert isinstance(curve, Buckets)
        assert curve.edges.tolist() == first.edges.tolist()
    whole = next(curve for curve in curves if curve.key == "=a" and curve.run_id == "one")
    assert isinstance(whole, Buckets)
    assert (np.nanmin(whole.min), np.nanmax(whole.max), whole.count.sum()) == (0.0, 99.0, 100)


def test_a_plain_metric_as_expression_is_that_metric(source: LocalSource) -> None:
    """Bins, smoothing, ranges and other axes give what the store gives by itself."""
    for query in (
        SeriesQuery(("one",), ("a",), bins=9),
        SeriesQuery(("one",), ("a",), bins=9, smooth=Smoothing("ema", 0.9)),
        SeriesQuery(("one",), ("a",), start=10.0, stop=20.0),
        SeriesQuery(("one",), ("a",), x="b"),
        SeriesQuery(("one",), ("a",), x="time", bins=4),
    ):
        (plain,) = source.series(query)
        (made,) = ask(source, replace(query, keys=("=a",), x="=b" if query.x == "b" else query.x))
        for name in (
            ("x", "y", "step") if isinstance(plain, Series) else ("edges", "count", "min", "max", "mean", "last")
        ):
            np.testing.assert_allclose(getattr(made, name), getattr(plain, name))


def test_a_difference_lies_on_straight_lines_between_the_points(source: LocalSource) -> None:
    """Every run minus one: that one is zero, others end where it ends."""
    curves = ask(source, SeriesQuery(("one", "two"), ("a",)), minus="two")
    one, two = curves
    assert isinstance(one, Series)
    assert isinstance(two, Series)
    assert set(two.y.tolist()) == {0.0}
    assert one.x.tolist() == list(range(88))
    np.testing.assert_allclose(one.y, -np.arange(88.0))
    assert ask(source, SeriesQuery(("one",), ("a",)), minus="nobody") == []


@pytest.mark.usefixtures("source")
def test_expressions_in_python_and_an_unknown_metric(tmp_path: Path) -> None:
    """`store.series` takes them too; what is not there is said."""
    with eventide.open(tmp_path / "s") as store:
        frame = store.series("", "=2 * a")
        assert frame["value"].max() == 2 * 2.0 * 87
        with pytest.raises(InvalidSetting, match="no metric is called `lost`"):
            store.series("", "=lost - a")


# ── annotations ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_annotations_are_kept_changed_and_removed(tmp_path: Path) -> None:
    """Written while the run logs and later from outside; the last word with an id counts."""
    with eventide.init(dir=tmp_path / "s") as run:
        for step in range(5):
            run.log({"loss": 1.0}, step=step)
        run.annotate("learning rate halved")
        run.annotate("warm", step=1)
        with pytest.raises(InvalidValue):
            run.annotate("  ")
        with pytest.raises(InvalidValue):
            run.annotate("x", step=-1)
    with eventide.open(tmp_path / "s") as store:
        view = store.run(run.id)
        assert [(one.step, one.text) for one in view.annotations()] == [(1, "warm"), (4, "learning rate halved")]
        made = view.annotate("odd", 3)
        view.annotate("very odd", 3, made)
        view.annotate("", 0, view.annotations()[0].id)
        assert [(one.step, one.text) for one in view.annotations()] == [(3, "very odd"), (4, "learning rate halved")]
        with pytest.raises(NotFound):
            view.annotate("x", 3, "nothing")
