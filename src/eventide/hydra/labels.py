"""Names that Hydra's words become in a store. Invariant: what comes out can name a run, a group and a tag."""

from __future__ import annotations

from eventide.names import MAX_NAME_CHARS

MARKER = "eventide.json"
"""Written beside the config by the callback: this run is in a store already."""


def label(text: str, fallback: str) -> str:
    """Return a text as a name that a run, group or tag can have."""
    cleaned = "".join("_" if char in "/\\" or not char.isprintable() else char for char in text)
    return cleaned[:MAX_NAME_CHARS].strip(" .") or fallback
