"""Which runs are shown: what the fields of the sidebar mean, without Streamlit.

Invariant: pure functions of a frame of runs; a choice that nothing fits gives an empty frame of the same columns.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_MISSING = ("NAType", "NaTType")
MAX_VALUES = 50
"""A parameter with more different values is not offered as a list to choose from."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What people chose; empty means all."""

    tags: Sequence[str] = ()
    groups: Sequence[str] = ()
    days: tuple[dt.date, dt.date] | None = None
    """First and last day, both included, by the run's start in UTC."""
    params: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Parameter → the texts of its values that are wanted."""
    sort: str = "started"
    descending: bool = True


def apply(frame: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    """Return the chosen rows in the chosen order; missing values come last."""
    keep = [True] * len(frame)
    if choice.tags:
        wanted = set(choice.tags)
        keep = [kept and bool(wanted & set(_listed(tags))) for kept, tags in zip(keep, frame["tags"], strict=True)]
    if choice.groups:
        groups = set(choice.groups)
        keep = [kept and text(group) in groups for kept, group in zip(keep, frame["group"], strict=True)]
    if choice.days is not None:
        first, last = choice.days
        keep = [kept and first <= day <= last for kept, day in zip(keep, frame["started"].dt.date, strict=True)]
    for name, texts in choice.params.items():
        if texts and name in frame.columns:
            keep = [kept and text(value) in texts for kept, value in zip(keep, frame[name], strict=True)]
    return ordered(frame.loc[keep], choice.sort, descending=choice.descending)


def ordered(frame: pd.DataFrame, by: str, *, descending: bool) -> pd.DataFrame:
    """Return the frame sorted by a column; a column of mixed kinds is sorted as text."""
    if by not in frame.columns:
        return frame
    try:
        return frame.sort_values(by, ascending=not descending, na_position="last", kind="stable")
    except TypeError:
        return frame.sort_values(
            by, ascending=not descending, na_position="last", kind="stable", key=lambda column: column.map(text)
        )


def options(frame: pd.DataFrame, name: str) -> list[str]:
    """Return the different values of a column as texts, sorted; none when there are too many to choose from."""
    found = sorted({text(value) for value in frame[name]})
    return found if len(found) <= MAX_VALUES else []


def tags_of(frame: pd.DataFrame) -> list[str]:
    """Return all tags of the runs, sorted."""
    return sorted({tag for tags in frame["tags"] for tag in _listed(tags)})


def text(value: Any) -> str:
    """Return a value as it is shown in lists to choose from."""
    missing = value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ in _MISSING
    return "(none)" if missing else str(value)


def _listed(tags: Any) -> Sequence[str]:
    return tags if isinstance(tags, list | tuple) else ()
