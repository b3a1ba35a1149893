"""Curves in buckets: nothing hidden, nothing invented."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.store.rows.series import Bins, bucket, bucket_steps, grid

if TYPE_CHECKING:
    from eventide.model import Floats

SPECIAL = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e308, -1e308, 1.7976931348623157e308, 5e-324])
numbers = st.one_of(st.floats(-1e6, 1e6), SPECIAL, st.floats())
points = st.lists(st.tuples(st.one_of(st.integers(-20, 20).map(float), st.floats(-1e9, 1e9)), numbers), max_size=60)


def curve(pairs: list[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Return x and y of some points."""
    both = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def around(x: Floats, bins: int) -> Floats:
    """Return the grid over all of x."""
    return grid(float(x.min()), float(x.max()), bins) if len(x) else grid(0.0, 1.0, bins)


def slow(x: Floats, y: Floats, edges: Floats) -> list[tuple[float, ...]]:
    """Return what `bucket` should, point by point."""
    found: list[tuple[float, ...]] = []
    for i in range(len(edges) - 1):
        here = [
            k for k in range(len(x)) if edges[i] <= x[k] < edges[i + 1] or (i == len(edges) - 2 and x[k] == edges[-1])
        ]
        good = [k for k in here if math.isfinite(y[k])]
        low, high = (min(y[k] for k in good), max(y[k] for k in good)) if good else (math.nan, math.nan)
        last = y[max(good, key=lambda k: (x[k], k))] if good else math.nan
        found.append((len(here), len(here) - len(good), low, high, last))
    return found


@given(points, st.integers(1, 40))
def test_buckets_say_what_their_points_say(pairs: list[tuple[float, float]], bins: int) -> None:
    """Counts, extremes and last values are those of the points in the bucket, in whatever order x comes."""
    x, y = curve(pairs)
    edges = around(x, bins)
    found = bucket(x, y, edges)
    shown = list(zip(found.points, found.nonfinite, found.low, found.high, found.last, strict=True))
    np.testing.assert_array_equal(np.array(slow(x, y, edges)), np.array(shown))


@given(points, st.integers(1, 40))
def test_no_spike_is_lost_and_every_point_counts(pairs: list[tuple[float, float]], bins: int) -> None:
    """The extremes over the buckets are those of the curve; the counts add up; means lie between the extremes."""
    x, y = curve(pairs)
    found = bucket(x, y, around(x, bins))
    finite = y[np.isfinite(y)]
    assert (found.points.sum(), found.nonfinite.sum()) == (len(y), len(y) - len(finite))
    filled = found.points > found.nonfinite
    if len(finite):
        assert (np.nanmin(found.low), np.nanmax(found.high)) == (finite.min(), finite.max())
    assert np.isfinite(np.stack([found.low, found.high, found.mean, found.last])[:, filled]).all()
    assert np.isnan(np.stack([found.low, found.high, found.mean, found.last])[:, ~filled]).all()
    assert (found.low[filled] <= found.mean[filled]).all()
    assert (found.mean[filled] <= found.high[filled]).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 10))
def test_the_mean_is_the_mean(values: list[float], bins: int) -> None:
    """The mean of all points is the mean of the buckets weighted by their counts."""
    y = np.array(values)
    found = bucket(np.arange(len(y), dtype=np.float64), y, grid(0.0, len(y) - 1.0, bins))
    filled = found.points > 0
    assert (found.mean[filled] * found.points[filled]).sum() / len(y) == pytest.approx(y.mean(), abs=1e-6)


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(1, 300),
)
def test_a_grid_ascends_from_end_to_end(start: float, stop: float, bins: int) -> None:
    """Edges ascend, are finite, and include both ends of the range."""
    edges = grid(start, stop, bins)
    assert len(edges) == bins + 1
    assert np.isfinite(edges).all()
    assert (np.diff(edges) >= 0).all()
    assert edges[0] <= min(start, stop) <= max(start, stop) <= edges[-1]


def of(x: list[float], y: list[float], edges: list[float]) -> Bins:
    """Return buckets of lists."""
    return bucket(np.array(x, dtype=np.float64), np.array(y, dtype=np.float64), np.array(edges))


def test_an_empty_curve_has_empty_buckets() -> None:
    """No points: counts of 0 and NaN."""
    found = of([], [], [0.0, 1.0, 2.0])
    assert found.points.tolist() == [0, 0]
    assert np.isnan(found.mean).all()


def test_a_single_point_has_a_bucket() -> None:
    """A curve of one point gets a grid around it and lies within."""
    found = bucket(np.array([5.0]), np.array([7.0]), grid(5.0, 5.0, 10))
    assert found.points.sum() == 1
    assert np.nanmax(found.last) == 7.0


def test_a_point_at_a_huge_x_has_a_bucket() -> None:
    """A single x so large that nothing can be added to it still falls into the grid around it."""
    for x in (1e300, -1e18, 1.7e308):
        assert bucket(np.array([x]), np.array([1.0]), grid(x, x, 1000)).points.sum() == 1


def test_constant_x_keeps_every_point() -> None:
    """Many points at one x are one bucket, with the one logged last."""
    found = bucket(np.full(5, 3.0), np.array([1.0, 9.0, -4.0, math.nan, 2.0]), grid(3.0, 3.0, 4))
    full = found.points > 0
    assert [a[full].tolist() for a in found] == [[5], [1], [-4.0], [9.0], [2.0], [2.0]]


def test_the_right_edge_belongs_to_the_last_bucket() -> None:
    """Inner edges open the next bucket, the outermost closes the last."""
    assert of([0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [0.0, 1.0, 2.0]).points.tolist() == [1, 2]


def test_points_outside_the_edges_are_in_no_bucket() -> None:
    """What lies outside the range, or at no x at all, is left out."""
    assert of([-1.0, 0.5, 3.0, math.nan], [9.0, 1.0, 9.0, 9.0], [0.0, 1.0, 2.0]).high.tolist()[0] == 1.0
    assert of([-1.0, 0.5, 3.0, math.nan], [9.0, 1.0, 9.0, 9.0], [0.0, 1.0, 2.0]).points.tolist() == [1, 0]


def test_descending_x_is_the_same_curve() -> None:
    """A curve logged backwards has the same buckets."""
    x, y, edges = np.arange(100.0), np.sin(np.arange(100.0)), grid(0.0, 99.0, 7)
    np.testing.assert_allclose(np.array(bucket(x, y, edges)), np.array(bucket(x[::-1], y[::-1], edges)))


def test_a_sum_beyond_the_largest_float_is_still_a_mean() -> None:
    """The mean of huge values does not overflow."""
    assert of([0.0, 0.0, 0.0], [1.5e308, 1.5e308, 1.5e308], [0.0, 1.0]).mean.tolist() == [1.5e308]


@pytest.mark.parametrize(("start", "stop", "bins"), [(0.0, 1.0, 0), (math.nan, 1.0, 2), (0.0, math.inf, 2)])
def test_a_grid_needs_finite_ends_and_a_bin(start: float, stop: float, bins: int) -> None:
    """A grid of nothing, or to nowhere, is a mistake of the caller."""
    with pytest.raises(ValueError, match="no grid"):
        grid(start, stop, bins)


ranges = st.builds(
    lambda first, pace, count: range(first, first + pace * count, pace),
    st.integers(-1_000, 1_000),
    st.integers(1, 40),
    st.integers(1, 60),
)


@given(ranges, st.integers(1, 40), st.floats(-1e4, 1e5), st.floats(0, 1e4))
def test_evenly_spaced_steps_fall_into_the_same_buckets(steps: range, bins: int, start: float, width: float) -> None:
    """Buckets told from a range of steps are those of its numbers, on a grid that fits it and on any other."""
    x, y = np.array(steps, dtype=np.float64), np.cos(np.arange(len(steps), dtype=np.float64))
    edge = float(steps[0])
    for edges in (around(x, bins), grid(start, start + width, bins), grid(edge, edge + steps.step, bins)):
        for mine, theirs in zip(bucket_steps(steps, y, edges), bucket(x, y, edges), strict=True):
            np.testing.assert_array_equal(mine, theirs)
