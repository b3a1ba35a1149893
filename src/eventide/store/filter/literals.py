"""Values of the filter grammar: what a bare word means as a number, a length of time or a moment.

Invariant: reading a value needs no clock; only `moment` does, and it is given one. Days begin at midnight of the asked-for
time zone, so a day with a change of the clocks is 23 or 25 hours long.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo

from eventide.store.filter.tree import Value

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_NAMES = ("today", "yesterday", *WEEKDAYS)
FIRST_YEAR, LAST_YEAR = 1970, 2999

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])", re.ASCII)
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d(?P<minute>[T ]\d\d:\d\d(?P<second>:\d\d(?P<fraction>\.\d{1,6})?)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_UNIT_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SPECIAL: dict[str, Value] = {
    "true": Value("bool", "true", 1.0),
    "false": Value("bool", "false", 0.0),
    "null": Value("null", "null"),
    "none": Value("null", "null"),
    "nan": Value("nan", "nan"),
    "inf": Value("number", "inf", float("inf")),
    "+inf": Value("number", "inf", float("inf")),
    "-inf": Value("number", "-inf", float("-inf")),
}


def read_value(word: str) -> Value:
    """Return what a bare word may mean; anything that is nothing else is text."""
    special = _SPECIAL.get(word.lower())
    if special is not None:
        return Value(special.kind, word, special.number)
    if _NUMBER.fullmatch(word):
        return Value("number", word, float(word))
    if _DURATION.fullmatch(word):
        return Value("duration", word, sum(float(n) * _UNIT_S[unit] for n, unit in _DURATION_PART.findall(word)))
    if word.lower() in DAY_NAMES or _DATE.fullmatch(word):
        return Value("date", word)
    return Value("text", word)


def is_moment(text: str) -> bool:
    """Return whether a text is a day name or a date that exists, from 1970 to 2999."""
    if text.lower() in DAY_NAMES:
        return True
    if not _DATE.fullmatch(text):
        return False
    try:
        return FIRST_YEAR <= datetime.fromisoformat(text).year <= LAST_YEAR
    except ValueError:
        return False


def moment(text: str, now: float, tz: tzinfo | None) -> tuple[float, float]:
    """Return the first second of a moment for which `is_moment` holds, and the first one after it.

    A day lasts to the next midnight, a time to the minute one minute, to the second one second. `now` and the result are
    seconds since the epoch; `tz` None means the zone of this machine.
    """
    name = text.lower()
    if name in DAY_NAMES:
        return _day(_named_day(name, datetime.fromtimestamp(now, tz).date()), tz)
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    parsed = datetime.fromisoformat(text)
    if match["minute"] is None:
        return _day(parsed.date(), tz)
    start = (parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=tz)).timestamp()
    if match["fraction"] is not None:
        return start, start + 1e-6
    return start, start + (60.0 if match["second"] is None else 1.0)


def _named_day(name: str, today: date) -> date:
    """Return today, yesterday, or the most recent day of that name, which may be today."""
    if name in ("today", "yesterday"):
        return today - timedelta(days=name == "yesterday")
    return today - timedelta(days=(today.weekday() - WEEKDAYS.index(name)) % 7)


def _day(day: date, tz: tzinfo | None) -> tuple[float, float]:
    start, stop = (datetime.combine(d, time(), tz).timestamp() for d in (day, day + timedelta(days=1)))
    return start, stop
