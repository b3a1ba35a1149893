"""The one place where the command line chooses a Source.

Invariant: importing this loads no store; opening one loads only what lists of runs need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eventide.source import Source


def open_source(place: str | None) -> Source:
    """Return the source of a folder (None: the default one) or a server; raises NotAStore and its like."""
    from eventide.table.store import open_source as opened  # noqa: PLC0415 - only verbs that ask need it

    return opened(place)
