"""From the fields of the search form to the text of a filter.

Invariant: what is built parses, or the form says which field is at fault; an empty field says nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from eventide.errors import InvalidFilter
from eventide.table.suggest import canonical, quoted

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T[\d:.+Z-]+)?")


class Form(NamedTuple):
    """What was typed."""

    name: str = ""
    since: str = ""
    until: str = ""
    state: str = ""
    tag: str = ""
    parameter: str = ""
    metric: str = ""


def build(form: Form) -> str:
    """Return the filter; raises InvalidFilter, its `text` the field at fault."""
    parts = {
        "name": f"name:{quoted(form.name.strip())}" if form.name.strip() else "",
        "since": f"started>={moment(form.since)}" if form.since.strip() else "",
        "until": f"started<{after(form.until)}" if form.until.strip() else "",
        "state": _either("state", form.state),
        "tag": _every("tag", form.tag),
        "parameter": form.parameter.strip(),
        "metric": form.metric.strip(),
    }
    for field, text in parts.items():
        if text:
            try:
                canonical(text)
            except InvalidFilter as error:
                raise InvalidFilter(
                    f"{field}: {error.message}", hint=error.hint, text=field, position=error.position
                ) from error
    return " ".join(
        f"({text})" if " or " in text and sum(map(bool, parts.values())) > 1 else text
        for text in parts.values()
        if text
    )


def moment(text: str) -> str:
    """Return a moment as the grammar reads it: `2d`, `monday`, `2026-11-20`, also `2 days ago`, `Nov 20`, `20.11.2026`."""
    words = text.strip().lower()
    match = re.fullmatch(r"(\d+)\s*(s|sec|min|m|h|hour|d|day|w|week|month|y|year)\w*(\s+ago)?", words)
    if match is not None:
        count, unit = int(match.group(1)), match.group(2)
        days = {"month": 30, "y": 365, "year": 365}.get(unit)
        return f"{count * days}d" if days else f"{count}{unit[0]}"
    day = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", words)
    if day is not None:
        return f"{day.group(3)}-{int(day.group(2)):02}-{int(day.group(1)):02}"
    words = words.removeprefix("last ").removeprefix("since ")
    return words.upper().replace(" ", "T") if _DATE.match(words.replace(" ", "t").upper()) else words


def after(text: str) -> str:
    """Return the end of what was typed as the last day: the day itself is included."""
    from datetime import date, timedelta  # noqa: PLC0415

    found = moment(text)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", found):
        try:
            return (date.fromisoformat(found) + timedelta(days=1)).isoformat()
        except (ValueError, OverflowError):
            return found
    return found


def _either(field: str, text: str) -> str:
    words = [word for word in re.split(r"[\s,|]+", text.strip()) if word]
    return " or ".join(f"{field}:{quoted(word)}" for word in words)


def _every(field: str, text: str) -> str:
    words = [word for word in re.split(r"[\s,]+", text.strip()) if word]
    return " ".join(
        f"not {field}:{quoted(word[1:])}" if word.startswith("-") else f"{field}:{quoted(word)}" for word in words
    )
