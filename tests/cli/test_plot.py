"""Drawing: no spike is lost, nothing is drawn where there is nothing, scales and ticks make sense."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eventide.cli.braille import Axes, Canvas, frame
from eventide.model import Buckets
from eventide.table.scale import make_scale, robust_scale
from eventide.table.svg import spans

finite = st.floats(allow_nan=False, allow_infinity=False)
anything = st.floats()


def buckets(values: list[list[float]]) -> Buckets:
    """Return the buckets of a curve given as the points of each bucket."""
    good = [[value for value in points if math.isfinite(value)] for points in values]
    nan = float("nan")
    return Buckets(
        "run",
        "key",
        np.arange(len(values) + 1, dtype=np.float64),
        np.array([len(points) for points in values], dtype=np.int64),
        np.array([len(points) - len(kept) for points, kept in zip(values, good, strict=True)], dtype=np.int64),
        np.array([min(kept, default=nan) for kept in good], dtype=np.float64),
        np.array([max(kept, default=nan) for kept in good], dtype=np.float64),
        np.array([kept[0] if kept else nan for kept in good], dtype=np.float64),
        np.array([kept[-1] if kept else nan for kept in good], dtype=np.float64),
    )


def lit(canvas: Canvas) -> set[tuple[int, int]]:
    """Return the (x, y) of every lit dot, y counted from the bottom."""
    dots = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
    found = set()
    for row, stretches in enumerate(canvas.rows()):
        for column, character in enumerate("".join(text for text, _ in stretches)):
            bits = 0 if character == " " else ord(character) - 0x2800
            found |= {
                (2 * column + x, 4 * canvas.height - 1 - (4 * row + y))
                for y, pair in enumerate(dots)
                for x, bit in enumerate(pair)
                if bits & bit
            }
    return found


@given(st.lists(st.lists(finite, min_size=1, max_size=4), min_size=2, max_size=20))
def test_every_point_lies_in_a_lit_column(points: list[list[float]]) -> None:
    """The dots of a column reach from its lowest to its highest value, so every point is within them."""
    values = [value for bucket in points for value in bucket]
    scale = make_scale(values)
    canvas = Canvas((len(points) + 1) // 2, 5)
    canvas.draw(spans(buckets(points)), scale, 0)
    dots = lit(canvas)
    for x, bucket in enumerate(points):
        for value in bucket:
            assert (x, round(scale.position(value) * 19)) in dots


@given(st.lists(st.lists(st.sampled_from([math.nan, math.inf, -math.inf]), min_size=1), min_size=1, max_size=10))
def test_what_is_not_finite_is_never_lit(points: list[list[float]]) -> None:
    """A column with NaN and infinities only stays dark."""
    canvas = Canvas(len(points), 4)
    canvas.draw(spans(buckets(points)), make_scale([]), 0)
    assert lit(canvas) == set()


def test_a_gap_of_nan_is_a_gap_and_sparse_points_are_joined() -> None:
    """Columns between two points are bridged when nothing was logged there, and not when NaN was."""
    sparse = spans(buckets([[0.0], [], [], [3.0]]))
    assert sparse == [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]
    assert spans(buckets([[0.0], [math.nan], [3.0]])) == [(0.0, 0.0), None, (3.0, 3.0)]


@given(st.lists(anything, max_size=30), st.booleans())
def test_scales_are_never_empty_and_positions_lie_inside(values: list[float], log: bool) -> None:
    """Whatever the values, the scale has a range, keeps their order, and ticks lie inside."""
    scale = make_scale(values, log=log)
    assert scale.low < scale.high
    shown = sorted(value for value in values if math.isfinite(value) and (value > 0 or not log))
    positions = [scale.position(value) for value in shown]
    assert positions == sorted(positions)
    assert all(0 <= position <= 1 for position in positions)
    ticks = scale.ticks(5)
    assert len(ticks) <= 30
    slack = (scale.high / 2 - scale.low / 2) * 1e-6
    assert [tick for tick in ticks if not scale.low - slack <= tick <= scale.high + slack] == []


def test_outliers_do_not_flatten_the_curve() -> None:
    """With a few spikes of 10⁴ the scale shows the bulk; without them it shows everything."""
    bulk = [1.0 + 0.001 * step for step in range(1000)]
    full = make_scale([*bulk, 1e4])
    robust = robust_scale([*bulk[:-5], *[1e4] * 4], full)
    assert robust.high < 3
    assert robust_scale(bulk, make_scale(bulk)) == make_scale(bulk)


def test_frame_has_labels_and_a_baseline() -> None:
    """The frame puts labels of y on the left, those of x and its name below."""
    canvas = Canvas(40, 8)
    canvas.draw([(0.0, 1.0)] * 80, make_scale([0.0, 1.0]), 0)
    lines = [
        "".join(text for text, _ in line)
        for line in frame(canvas, Axes(make_scale([0.0, 1.0]), make_scale([0.0, 99.0]), "step"))
    ]
    assert len(lines) == 10
    assert lines[-1].endswith("step")
    assert any("0.5 ┤" in line for line in lines)
