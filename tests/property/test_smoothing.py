"""Smoothed curves: true averages, that end where the curve does."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.store.rows.smoothing import ema, gaussian, moving_mean

if TYPE_CHECKING:
    from eventide.model import Floats

Smooth = Callable[["Floats", "Floats"], "Floats"]
METHODS: list[Smooth] = [
    lambda x, y: ema(x, y, 0.9),
    lambda x, y: ema(x, y, 0.0),
    lambda x, y: moving_mean(x, y, 7.0),
    lambda x, y: gaussian(x, y, 3.0),
]
finite = st.floats(-1e300, 1e300)
curves = st.lists(st.one_of(finite, st.sampled_from([math.nan, math.inf, -math.inf])), max_size=120)
steps = st.lists(st.integers(-3, 1000), min_size=120, max_size=120)


@pytest.mark.parametrize("smooth", METHODS)
@given(values=curves, gaps=steps)
def test_averages_stay_within_their_stretch(smooth: Smooth, values: list[float], gaps: list[int]) -> None:
    """NaN exactly where the curve is not finite; within each stretch, never beyond its own extremes."""
    y, x = np.array(values, dtype=np.float64), np.cumsum(gaps[: len(values)]).astype(np.float64)
    out = smooth(x, y)
    good = np.isfinite(y)
    np.testing.assert_array_equal(np.isfinite(out), good)
    stretch = np.cumsum(~good)
    for number in np.unique(stretch[good]):
        part = good & (stretch == number)
        assert y[part].min() <= out[part].min()
        assert out[part].max() <= y[part].max()


@pytest.mark.parametrize("smooth", METHODS)
@given(value=finite, size=st.integers(1, 200))
def test_a_constant_stays_itself(smooth: Smooth, value: float, size: int) -> None:
    """Smoothing a flat line changes nothing, at the very first point either."""
    np.testing.assert_array_equal(smooth(np.arange(size, dtype=np.float64), np.full(size, value)), np.full(size, value))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=80), st.floats(0.01, 0.999))
def test_the_average_fades_by_its_weight(values: list[float], weight: float) -> None:
    """On every step logged, it is the debiased exponential moving average of the textbooks."""
    total = norm = 0.0
    expected = []
    for value in values:
        total, norm = total * weight + (1 - weight) * value, norm * weight + (1 - weight)
        expected.append(total / norm)
    found = ema(np.arange(len(values), dtype=np.float64), np.array(values), weight)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


def test_runs_logged_at_different_rates_agree() -> None:
    """The same ramp logged at every step and at every tenth is smoothed to lines a fraction of the gap apart."""
    dense, sparse = np.arange(0.0, 2001.0), np.arange(0.0, 2001.0, 10.0)
    often, rarely = ema(dense, dense / 2000, 0.99), ema(sparse, sparse / 2000, 0.99)
    assert abs(often[-1] - rarely[-1]) < 5 / 2000
    naive = ema(np.arange(len(sparse), dtype=np.float64), sparse / 2000, 0.99)
    assert abs(often[-1] - naive[-1]) > 100 / 2000


def test_nothing_is_carried_across_nan() -> None:
    """After a NaN the average starts anew."""
    x = np.arange(7.0)
    y = np.array([100.0, 100.0, 100.0, math.nan, 1.0, 1.0, 1.0])
    for smooth in METHODS:
        np.testing.assert_array_equal(smooth(x, y), y)


def test_windows_are_measured_in_x() -> None:
    """A moving mean takes what lies within half its width on either side, however many points that is."""
    x = np.array([0.0, 1.0, 2.0, 50.0, 51.0])
    assert moving_mean(x, np.array([1.0, 2.0, 3.0, 10.0, 20.0]), 4.0).tolist() == pytest.approx(
        [2.0, 2.0, 2.0, 15.0, 15.0]
    )


@given(st.lists(st.floats(-1e3, 1e3), min_size=80, max_size=150), st.floats(0.1, 60.0))
def test_the_bell_is_a_bell(values: list[float], sigma: float) -> None:
    """Evenly spaced curves, which take a shorter way, get the weighted averages of the definition."""
    y, x = np.array(values), np.arange(len(values), dtype=np.float64)
    distance = np.abs(x[:, None] - x[None, :])
    weights = np.where(distance <= 4.0 * sigma, np.exp(-0.5 * (distance / sigma) ** 2), 0.0)
    np.testing.assert_allclose(gaussian(x, y, sigma), weights @ y / weights.sum(axis=1), atol=1e-6)


def test_smoothing_needs_a_sensible_strength() -> None:
    """A weight of 1, or a width of nothing, is a mistake of the caller."""
    x = y = np.arange(3.0)
    with pytest.raises(ValueError, match="weight"):
        ema(x, y, 1.0)
    with pytest.raises(ValueError, match="width"):
        moving_mean(x, y, 0.0)
    with pytest.raises(ValueError, match="width"):
        gaussian(x, y, math.nan)
