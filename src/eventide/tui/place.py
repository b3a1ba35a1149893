"""What `eventide tui` is pointed at, and small texts of its options.

Invariant: a folder or an address is opened as it is; anything else names runs of the default store.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from eventide.errors import InvalidSetting
from eventide.layout import find_root
from eventide.transport import is_url

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Options(NamedTuple):
    """How the program was started."""

    filter: str = ""
    project: str | None = None
    follow: bool = False
    last_s: float | None = None
    fps: float = 4.0
    ascii: bool = False
    half: bool = False
    restore: bool = False
    read_only: bool = False
    bell: bool = False


def seconds(text: str) -> float:
    """Return a span such as `10m`, `2h`, `90` (seconds); raises InvalidSetting."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*", text)
    if match is None:
        raise InvalidSetting(f"`{text:.40}` is no span of time", hint="--last 10m")
    return float(match.group(1)) * _UNITS[match.group(2) or "s"]


def split(place: str | None, store: str | None) -> tuple[str | None, str]:
    """Return the store and the run that a word on the command line means: one of them, the other one as it was."""
    if not place:
        return store, ""
    if is_url(place) or "/" in place or place in (".", "..") or Path(place).is_dir():
        return place, ""
    return store, place


def name_of(store: str | None) -> str:
    """Return a store as the header names it."""
    if is_url(store):
        return str(store)
    root = Path(find_root(store)).absolute()
    shown = root.parent if root.name == ".eventide" else root
    try:
        return f"~/{shown.relative_to(Path.home())}" if shown != Path.home() else "~"
    except ValueError:
        return str(shown)
