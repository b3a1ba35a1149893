"""The one place where the command line chooses a Source.

Invariant: importing this loads no store; opening one loads only what lists of runs need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from eventide.source import Source


def open_source(root: Path) -> Source:
    """Return the source of the store in a folder; raises NotAStore and its like."""
    from eventide.store.local import LocalSource  # noqa: PLC0415 - only verbs that ask need it

    return LocalSource(root)
