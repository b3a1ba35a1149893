"""xetrack's view of keys and values: names that need no quotes, objects as hashes.

Invariant: a pure function of names and values; two keys that would look the same keep names of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eventide.journal.codec import Encoded, decode
from eventide.model import ObjectRef
from eventide.table.rowset import OWN

HASH_CHARS = 16
_ODD = re.compile(r"[^A-Za-z0-9_]")
_PLAIN = (str, int, float, bool, type(None))


def valid_key(key: Any) -> str:
    """Return a key as xetrack spells it: `_` for everything that is no letter, digit or `_`."""
    return _ODD.sub("_", key if isinstance(key, str) else str(key))


def valid_keys(names: list[str]) -> list[str]:
    """Return keys as xetrack spells them; one that would look like another one stays as it is."""
    taken = {name for name in names if valid_key(name) == name}
    found = []
    for name in names:
        wanted = valid_key(name)
        if wanted != name and wanted in taken:
            wanted = name
        taken.add(wanted)
        found.append(wanted)
    return found


def valid_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its keys as xetrack spells them."""
    if all(key.isidentifier() and key.isascii() for key in row):
        return dict(row)
    return dict(zip(valid_keys(list(row)), row.values(), strict=True))


def user_row(data: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what a script gives as a row, without the columns the tracker fills itself; keys become texts."""
    return {key if isinstance(key, str) else str(key): value for key, value in data.items() if key not in OWN}


def shown(value: Any) -> Any:
    """Return a stored value as xetrack shows it: an object as its hash."""
    return value.sha256[:HASH_CHARS] if isinstance(value, ObjectRef) else value


def text_of(value: Any) -> Any:
    """Return a value that is stored already as xetrack shows it; any other as it is."""
    if not isinstance(value, Encoded):
        return value
    raw = value.json
    return raw["_object"]["sha256"][:HASH_CHARS] if isinstance(raw, dict) and "_object" in raw else decode(raw)


def is_plain(value: Any) -> bool:
    """Tell whether a value is certainly no object."""
    return type(value) in _PLAIN


def is_hash(value: Any) -> bool:
    """Tell whether a value looks like the hash of an object."""
    return isinstance(value, str) and len(value) == HASH_CHARS and set(value) <= set("0123456789abcdef")


def shown_frame(frame: Any) -> Any:
    """Return a frame with objects as their hashes; frames of polars hold their references as JSON, and stay as they are."""
    if not hasattr(frame, "iloc"):
        return frame
    for name in frame.columns:
        if frame[name].dtype == object and any(isinstance(value, ObjectRef) for value in frame[name]):
            frame[name] = frame[name].map(shown)
    return frame
