"""Charts of the terminal UI: what is lit, what never is, which ticks stand at an axis; and that logged text cannot steer a terminal."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.model import Buckets
from eventide.table.scale import make_scale
from eventide.tui.canvas import DOTS, Canvas, Mode, columns_of, spans_of
from eventide.tui.figure import GUTTER, Curve, Figure, draw
from eventide.tui.safe import console_line, fit, safe, safe_lines
from eventide.tui.search import Form, build

MODES: tuple[Mode, ...] = ("braille", "half", "ascii")
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
points = st.one_of(numbers, st.just(math.nan), st.none())
"""Finite; NaN; nothing logged in this bucket."""


def buckets(values: list[float | None], run_id: str = "r", key: str = "loss") -> Buckets:
    """Return buckets of at most one point each."""
    count = np.array([value is not None for value in values], dtype=np.int64)
    y = np.array([math.nan if value is None else value for value in values])
    nonfinite = count * np.isnan(y)
    return Buckets(run_id, key, np.arange(len(values) + 1.0), count, nonfinite, y, y, y, y)


@given(st.lists(points, min_size=2, max_size=60), st.integers(1, 12), st.sampled_from(MODES))
def test_every_finite_point_lies_in_a_lit_column(values: list[float | None], height: int, mode: Mode) -> None:
    """Whatever was logged, the column of a finite value has a dot, and the dot is where the value is."""
    across, _ = DOTS[mode]
    values = values + [None] * (-len(values) % across)
    curve = buckets(values)
    scale = make_scale([value for value in values if value is not None])
    canvas = Canvas(len(values) // across, height, mode)
    canvas.draw(columns_of(spans_of(curve), scale, canvas.rows), 0)
    for place, value in enumerate(values):
        if value is not None and math.isfinite(value):
            row = round((1 - scale.position(value)) * (canvas.rows - 1))
            lit = np.flatnonzero(canvas.dots[:, place])
            assert len(lit)
            assert min(abs(lit - row)) <= 1


@given(st.lists(points, min_size=2, max_size=60), st.integers(1, 12))
def test_a_column_of_nan_is_never_lit(values: list[float | None], height: int) -> None:
    """Where only NaN was logged there is no dot, not even of a line that crosses."""
    values = values + [None] * (len(values) % 2)
    canvas = Canvas(len(values) // 2, height)
    curve = buckets(values)
    canvas.draw(columns_of(spans_of(curve), make_scale([v for v in values if v is not None]), canvas.rows), 0)
    for place, value in enumerate(values):
        if value is not None and math.isnan(value):
            assert not canvas.dots[:, place].any()


@given(st.lists(numbers, min_size=4, max_size=60))
def test_neighbours_are_joined(values: list[float]) -> None:
    """A line without gaps has dots in every column, and no column jumps away from the one before it."""
    values = values + values[-1:] * (len(values) % 2)
    canvas = Canvas(len(values) // 2, 8)
    canvas.draw(columns_of(spans_of(buckets(list(values))), make_scale(values), canvas.rows), 0)
    rows = [np.flatnonzero(canvas.dots[:, place]) for place in range(canvas.columns)]
    for before, after in itertools.pairwise(rows):
        assert before.min() <= after.max() + 1
        assert after.min() <= before.max() + 1


@pytest.mark.parametrize("part", ["range", "spikes"])
def test_a_spike_within_a_bucket_reaches_its_height(part: str) -> None:
    """One point far above the others in its bucket is drawn up to where it was, also among many curves."""
    low, high, mean = np.zeros(40), np.full(40, 0.01), np.full(40, 0.005)
    high[17] = 1.0
    ones = np.full(40, 10, dtype=np.int64)
    curve = Buckets("r", "loss", np.arange(41.0), ones, ones * 0, low, high, mean, mean)
    canvas = Canvas(20, 10)
    canvas.draw(columns_of(spans_of(curve, part=part), make_scale([0.0, 1.0]), canvas.rows), 0)  # type: ignore[arg-type]
    assert canvas.dots[0, 17]
    assert np.flatnonzero(canvas.dots[0]).tolist() == [17]


@given(numbers, numbers, st.integers(1, 20), st.booleans())
def test_ticks_rise_and_lie_within_the_axis(a: float, b: float, count: int, log: bool) -> None:
    """Ticks are in order, each once, and none lies outside what is shown."""
    scale = make_scale([a, b], log=log)
    ticks = scale.ticks(count)
    assert ticks == sorted(set(ticks))
    room = (scale.high / 2 - scale.low / 2) * 1e-6
    assert all(scale.low - room <= tick <= scale.high + room for tick in ticks)


@given(
    st.lists(points, min_size=1, max_size=80),
    st.integers(1, 100),
    st.integers(1, 30),
    st.sampled_from(MODES),
    st.booleans(),
)
def test_a_chart_fills_exactly_its_place(
    values: list[float | None], width: int, height: int, mode: Mode, log: bool
) -> None:
    """Whatever the data and the size, a chart is as many lines of as many cells as it was given."""
    curve = Curve(buckets(values), "run:r", "name", "a")
    figure = Figure("loss", [curve], log=log, cursor=0.5, mode=mode, letters=True, legend=1)
    lines = draw(figure, width, height)
    assert len(lines) == height
    assert {sum(len(text) for text, _ in line) for line in lines if line} <= {width}


def test_nan_has_a_mark_on_the_axis() -> None:
    """Where NaN was logged, a cross stands on the x axis, since nothing can stand in the drawing."""
    figure = Figure("loss", [Curve(buckets([1.0, 2.0, math.nan, 3.0] * 10), "run:r")])
    axis = "".join(text for text, _ in draw(figure, GUTTER + 40, 12)[-2])
    assert axis.count("\u00d7") == 10


HOSTILE = (
    "\x1b]52;c;ZXZpbA==\x07", "\x1b]0;owned\x07", "\x1b[2J\x1b[H", "\x1b[31mred", "\x9b2J", "\x9d0;t\x9c", "a\x08\x08b", "\x00\x7f",
    "\u202eevil\u2066", "line\nbreak", "\x1bP1;2|x\x1b\\", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "[bold]markup[/bold]", "\x1b",
)  # fmt: skip
STEERS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@given(st.one_of(st.text(), st.sampled_from(HOSTILE), st.lists(st.sampled_from(HOSTILE)).map("".join)))
def test_safe_text_cannot_steer_a_terminal(text: str) -> None:
    """No control character, escape sequence or reordering mark is left of any text, on one line, on many, or as console text."""
    shown = [safe(text), *safe_lines(text), *(part for part, _ in console_line(text)), fit(safe(text), 10)]
    assert [part for part in shown if STEERS.search(part)] == []


def test_console_text_keeps_its_colours_only() -> None:
    """SGR sequences become styles; titles, cursor moves and clipboard writes become nothing."""
    pieces = console_line("\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain\x1b[2J \x1b[38;5;200mx\x1b[38;2;1;2;3my")
    assert "".join(text for text, _ in pieces) == "red plain xy"
    assert [str(style) for _, style in pieces if style] == ["bold red", "color(200)", "#010203"]


def test_an_overwritten_line_shows_what_was_written_last() -> None:
    """A progress bar is one line: the text after the last carriage return."""
    assert "".join(text for text, _ in console_line("10%\r50%\r100%\r\n")) == "100%"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (Form(name="mix"), "name:mix"),
        (Form(name="two words", since="2d"), 'name:"two words" started>=2d'),
        (Form(since="monday", until="2026-11-20"), "started>=monday started<2026-11-21"),
        (
            Form(since="3 weeks ago", state="failed crashed", tag="paper -draft"),
            "started>=3w (state:failed or state:crashed) tag:paper not tag:draft",
        ),
        (Form(since="20.11.2026", parameter="lr<1e-3"), "started>=2026-11-20 lr<1e-3"),
        (Form(), ""),
    ],
)
def test_the_form_builds_a_filter(form: Form, expected: str) -> None:
    """Fields become the text that one could have typed; the last day is included."""
    assert expected == build(form)
