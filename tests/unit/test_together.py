"""Runs taken together, as pure functions: bands over seeds, the range of the bulk, runs side by side, media at a step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventide.model import Buckets, FileInfo, RunInfo, RunStatus, Series
from eventide.table.bands import band
from eventide.table.gallery import at_step, media_keys
from eventide.table.outliers import extremes, outside, reaches_out, robust_range, robust_range_of_points
from eventide.table.side_by_side import config_lines, environment_lines, metric_lines


def _buckets(*values: list[float]) -> Buckets:
    """Return the buckets whose points are given."""
    finite = [np.array([v for v in bin_ if np.isfinite(v)]) for bin_ in values]
    count = np.array([len(bin_) for bin_ in values])

    def each(of: object) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([of(points) if len(points) else np.nan for points in finite])  # type: ignore[operator]

    edges = np.arange(len(values) + 1.0)
    nonfinite = count - np.array([len(points) for points in finite])
    return Buckets(
        "r", "k", edges, count, nonfinite, each(np.min), each(np.max), each(np.mean), each(lambda points: points[-1])
    )


def _series(values: list[float]) -> Series:
    y = np.array(values, dtype=np.float64)
    return Series("r", "k", np.arange(len(y), dtype=np.float64), np.arange(len(y)), np.zeros(len(y)), y)


def _run(run_id: str, **facts: object) -> RunInfo:
    return RunInfo(run_id, "p", run_id, RunStatus.FINISHED, 0.0, 1.0, 1.0, **facts)  # type: ignore[arg-type]


def test_a_band_counts_each_run_once() -> None:
    """Mean and standard deviation are over runs, however many points each has in a bin; `n` says over how many."""
    made = band(
        [_buckets([1.0, 1.0, 1.0], [5.0], []), _buckets([3.0], [], []), _buckets([5.0], [7.0], [np.nan])], "mean_std"
    )
    assert list(made.n) == [3, 2, 0]
    assert list(made.middle[:2]) == [3.0, 6.0]
    assert made.high[0] - made.middle[0] == pytest.approx(2.0)
    assert np.isnan(made.middle[2])
    assert (list(made.points), list(made.nonfinite)) == ([5, 2, 1], [0, 0, 1])
    assert (made.min[0], made.max[0]) == (1.0, 5.0)


def test_a_band_of_one_run_has_no_width() -> None:
    """A single seed is drawn as a line."""
    for stat in ("mean_std", "mean_sem", "median_iqr", "min_max"):
        made = band([_buckets([1.0], [2.0])], stat)
        assert list(made.low) == list(made.middle) == list(made.high) == [1.0, 2.0]


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_band_encloses_its_middle(curves: list[list[float]]) -> None:
    """Low, middle and high are in this order, within the extremes where the spread is that of quartiles or extremes."""
    members = [_buckets(*([value] for value in curve)) for curve in curves]
    for stat in ("mean_std", "mean_sem", "median_iqr", "min_max"):
        made = band(members, stat)
        slack = 1e-9 * max(1.0, float(np.abs(made.middle).max()))
        assert (made.low <= made.middle + slack).all()
        assert (made.middle <= made.high + slack).all()


def test_spikes_do_not_rule_the_range() -> None:
    """A few spikes are outside of the range, and counted; without them there is no other range than the whole."""
    rng = np.random.default_rng(0)
    bins = [list(rng.normal(size=50)) for _ in range(300)]
    assert robust_range([_buckets(*bins)]) is None
    for place in (3, 50, 51, 120, 200, 299):
        bins[place][7] = 1e4
    spiky = _buckets(*bins)
    bulk = robust_range([spiky])
    assert bulk is not None
    assert (bulk.low > -5, bulk.high < 5) == (True, True)
    assert reaches_out(spiky, bulk)
    curve = _series([value for bin_ in bins for value in bin_])
    above, _ = outside(curve.y, bulk)
    assert above >= 6
    assert [point.y for point in extremes(curve, bulk, most=6)] == [1e4] * 6


def test_what_is_flat_or_empty_has_no_other_range() -> None:
    """Constants, gaps and nothing at all are drawn whole."""
    for curves in ([], [_buckets([], [])], [_buckets([np.nan], [np.inf])], [_buckets([2.0], [2.0])]):
        assert robust_range(curves) is None
    assert robust_range_of_points([]) is None
    bulk = robust_range_of_points([_series([1.0] * 999 + [1e6])])
    assert bulk is not None
    assert bulk.high < 3
    assert extremes(_series([1.0, np.nan, 1e6, -np.inf]), bulk) == [(2.0, 2, 1e6)]


def test_lines_say_what_is_the_same() -> None:
    """A value that one run lacks is not the same in all; 1 and 1.0 are; what is nested is compared leaf by leaf."""
    runs = [
        _run("a", params={"lr": 1, "only": 2}, provenance={"git": {"commit": "x", "dirty": True}}),
        _run("b", params={"lr": 1.0}, provenance={"git": {"commit": "y", "dirty": True}}),
    ]
    assert [tuple(line) for line in config_lines(runs)] == [("lr", [1, 1.0], True), ("only", [2, None], False)]
    assert [(line.path, line.same) for line in environment_lines(runs)] == [("git.commit", False), ("git.dirty", True)]
    assert metric_lines(runs) == []


def test_media_follow_a_step() -> None:
    """Each run shows all of its media of the newest step until the one asked for; a repeated index is the later one."""

    def file(run: str, step: int, index: int, sha: str) -> FileInfo:
        record = {"type": "image", "index": index}
        return FileInfo(run, "p", "media", "sample", step, 0.0, sha, 1, "png", record)

    files = [
        file("a", 0, 0, "1"),
        file("a", 10, 0, "2"),
        file("a", 10, 1, "3"),
        file("b", 5, 0, "4"),
        file("a", 10, 0, "5"),
    ]
    assert [found.sha256 for found in at_step(files, None)] == ["5", "3", "4"]
    assert [found.sha256 for found in at_step(files, 7)] == ["1", "4"]
    assert at_step(files, -1) == []
    assert media_keys(files) == [("sample", "image", [0, 5, 10], 2)]
