"""What dates, day names and lengths of time mean at a fixed moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.store.filter.literals import is_moment, moment, read_value

FRIDAY_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
DAY_S = 86400.0


def utc(text: str) -> float:
    """Return an ISO moment in UTC as seconds since the epoch."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "start", "length_s"),
    [
        ("today", "2026-11-20", DAY_S),
        ("Yesterday", "2026-11-19", DAY_S),
        ("friday", "2026-11-20", DAY_S),
        ("thursday", "2026-11-19", DAY_S),
        ("saturday", "2026-11-14", DAY_S),
        ("monday", "2026-11-16", DAY_S),
        ("2026-11-20", "2026-11-20", DAY_S),
        ("2026-11-20T10:00", "2026-11-20T10:00", 60.0),
        ("2026-11-20 10:00", "2026-11-20T10:00", 60.0),
        ("2026-11-20T10:00:30", "2026-11-20T10:00:30", 1.0),
        ("2026-11-20T10:00Z", "2026-11-20T10:00", 60.0),
        ("2026-11-20T10:00+02:00", "2026-11-20T08:00", 60.0),
        ("2024-02-29", "2024-02-29", DAY_S),
    ],
)
def test_a_moment_and_how_long_it_lasts(text: str, start: str, length_s: float) -> None:
    """A day lasts from midnight to midnight, a time as long as its last written unit."""
    first, after = moment(text, FRIDAY_NOON, UTC)
    assert (first, after - first) == (utc(start), length_s)


def test_days_begin_at_local_midnight() -> None:
    """Noon in UTC is already tomorrow in Kiribati, and its midnight comes 14 hours earlier."""
    kiribati = timezone(timedelta(hours=14))
    assert moment("today", FRIDAY_NOON, kiribati)[0] == utc("2026-11-20T10:00")


def test_the_day_the_clocks_change_is_longer() -> None:
    """A day on which the clocks go back has 25 hours."""
    first, after = moment("2026-10-25", FRIDAY_NOON, ZoneInfo("Europe/Berlin"))
    assert after - first == 25 * 3600


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-01", "1969-12-31", "3000-01-01", "2026-11-20T25:00", "tomorrow", "2026"]
)
def test_what_is_no_moment(text: str) -> None:
    """Days that do not exist, or lie beyond 1970 to 2999, are refused."""
    assert not is_moment(text)


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("1e-3", "number", 0.001),
        ("3.9e-4", "number", 0.00039),
        ("-5", "number", -5.0),
        (".5", "number", 0.5),
        ("inf", "number", float("inf")),
        ("true", "bool", 1.0),
        ("False", "bool", 0.0),
        ("null", "null", None),
        ("None", "null", None),
        ("NaN", "nan", None),
        ("45s", "duration", 45.0),
        ("30m", "duration", 1800.0),
        ("3h", "duration", 10800.0),
        ("1h30m", "duration", 5400.0),
        ("1.5d", "duration", 129600.0),
        ("2w", "duration", 1209600.0),
        ("2026-11-20", "date", None),
        ("monday", "date", None),
        ("1e", "text", None),
        ("3x", "text", None),
        ("٣", "text", None),
        ("adam", "text", None),
    ],
)
def test_what_a_bare_value_means(text: str, kind: str, number: float | None) -> None:
    """A bare value is a number, bool, null, nan, duration or date if it looks like one, else text."""
    value = read_value(text)
    assert (value.kind, value.number) == (kind, number)


@given(st.floats(allow_nan=False))
def test_every_float_is_read_back(number: float) -> None:
    """What Python writes for a float is read as that float."""
    assert read_value(repr(number)).number == number
