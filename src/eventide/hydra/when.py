"""Which experiments are meant by a day, a time, or both, however they are written.

Invariant: a day where a time was expected means the day, and the other way round.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from eventide.errors import InvalidSetting

LAST = "last"
_DAY = re.compile(r"(\d{4})[-/._](\d{1,2})[-/._](\d{1,2})")
_TIME = re.compile(r"(\d{1,2})[-:_](\d{2})(?:[-:_](\d{2}))?(?:\.\d+)?")


def choose(dates: Iterable[str], *filters: Any) -> set[str]:
    """Return those of `dates` (`2021-01-26 17-07-39`) that every filter matches.

    Args:
        dates: when experiments began.
        *filters: None, a text with a day, a time or both, `last`, a date, time or datetime, or a list of these.

    Raises:
        InvalidSetting: a filter that names neither a day nor a time.
    """
    left = set(dates)
    days_first = sorted((given for given in filters if given is not None), key=_is_last)
    for place, given in enumerate(days_first):
        if _is_last(given):
            left = _last(left, whole=place > 0)
            continue
        wanted = [_prefix(item) for item in (given if isinstance(given, (list, tuple, set, frozenset)) else [given])]
        left = {date for date in left if any(_matches(date, *item) for item in wanted)}
    return left


def _is_last(given: Any) -> bool:
    return isinstance(given, str) and given.strip().lower() == LAST


def _last(dates: set[str], *, whole: bool) -> set[str]:
    """Return the dates of the last day, or the last of them alone when a day has been chosen already."""
    if not dates:
        return dates
    newest = max(dates)
    return {date for date in dates if date[: None if whole else 10] == newest[: None if whole else 10]}


def _matches(date: str, day: str, hms: str) -> bool:
    return date.startswith(day) and date[11:].startswith(hms)


def _prefix(given: Any) -> tuple[str, str]:
    """Return the day and the beginning of the time that are meant, each empty when not given."""
    if isinstance(given, dt.datetime):
        return f"{given:%Y-%m-%d}", f"{given:%H-%M-%S}" if given.time() != dt.time() else ""
    if isinstance(given, dt.date):
        return f"{given:%Y-%m-%d}", ""
    if isinstance(given, dt.time):
        return "", f"{given:%H-%M-%S}"
    text = str(given).strip()
    day = _DAY.match(text)
    rest = text[day.end() :].lstrip(" T_/") if day else text
    time = _TIME.fullmatch(rest) if rest else None
    if (not day and not time) or (rest and not time):
        raise InvalidSetting(
            f"`{text:.60}` is neither a day nor a time", hint='filter_date="2021-01-26" or filter_hms="17-07-39"'
        )
    return (
        f"{day[1]}-{int(day[2]):02d}-{int(day[3]):02d}" if day else "",
        "-".join(f"{int(part):02d}" for part in time.groups() if part is not None) if time else "",
    )
