"""Values as people read them."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.table import values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.94123, "0.9412"),
        (3.9e-4, "3.9e-4"),
        (3.88123e-4, "3.881e-4"),
        (0.001, "0.001"),
        (64, "64"),
        (64.0, "64"),
        (2**70, str(2**70)),
        (123456.7, "123457"),
        (9999.96, "10000"),
        (1234567.8, "1.235e6"),
        (1e300, "1e300"),
        (-1.5, "-1.5"),
        (0.0, "0"),
        (-0.0, "0"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (True, "true"),
    ],
)
def test_number(value: float, expected: str) -> None:
    """Numbers have 4 significant digits, small and large ones an exponent, whole ones neither point nor exponent."""
    assert values.number(value) == expected


@given(st.floats(-1e308, 1e308))
def test_number_is_right_to_four_digits(value: float) -> None:
    """What is shown differs from the value by at most half a unit of the fourth digit."""
    assert math.isclose(float(values.number(value)), value, rel_tol=5.01e-4, abs_tol=0)


@given(st.floats(allow_nan=False))
def test_exact_is_exact(value: float) -> None:
    """Files and pipes get every digit."""
    assert float(values.exact(value)) == value


@given(
    st.recursive(
        st.none() | st.text() | st.floats() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_value_prints_a_control_character(value: object) -> None:
    """Any value is one line without control characters and without marks that reorder text."""
    for shown in (values.text(value), values.exact(value)):
        assert re.findall("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", shown) == []


def test_what_is_missing_differs_from_everything() -> None:
    """Missing, empty, NaN and the text of them look different on a terminal where they can."""
    assert len({values.text(value) for value in (None, "", math.nan, math.inf, -math.inf, 0)}) == 6


def test_align_puts_points_below_each_other() -> None:
    """Numbers of different length are padded so that their points align."""
    assert values.align(["1.5", "10", "0.25", "NaN"]) == ["  1.5 ", " 10   ", "  0.25", "NaN   "]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.35, "350 ms"),
        (1.25, "1.2 s"),
        (59, "59 s"),
        (61, "1 m 1 s"),
        (3600, "1 h"),
        (7500, "2 h 5 m"),
        (90000, "1 d 1 h"),
    ],
)
def test_duration(seconds: float, expected: str) -> None:
    """Durations are given in their two largest units."""
    assert values.duration(seconds) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "now"), (-5, "now"), (30, "30 s ago"), (300, "5 min ago"), (7300, "2 h ago"), (200000, "2 d ago")],
)
def test_age(seconds: float, expected: str) -> None:
    """Ages are given in their largest unit; the future counts as now."""
    assert values.age(1e9 - seconds, 1e9) == expected


@pytest.mark.parametrize(
    ("mean", "std", "expected"),
    [
        (0.9123, 0.0081, "0.9123 ± 0.0081"),
        (0.9123, None, "0.9123"),
        (1234.5, 56.7, "1234 ± 57"),
        (1e-5, 1e-6, "1e-5 ± 1e-6"),
        (0.5, 0.0, "0.5 ± 0"),
        (None, None, "·"),
    ],
)
def test_spread(mean: float | None, std: float | None, expected: str) -> None:
    """The mean is given to the two digits of its deviation."""
    assert values.spread(mean, std) == expected


def test_files() -> None:
    """One file is no files."""
    assert [values.files(count) for count in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_size() -> None:
    """Sizes are given in decimal units."""
    assert [values.size(size) for size in (0, 999, 1500, 2_500_000, 7e12)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "2.5 MB",
        "7.0 TB",
    ]
