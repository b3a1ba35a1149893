"""Which library the frames of Tracker and Reader come from: pandas unless told otherwise.

Invariant: the choice belongs to the calling thread or task (a context variable); other threads keep theirs.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal

from eventide.errors import InvalidSetting

if TYPE_CHECKING:
    from eventide.table.frames import Backend

_backend: ContextVar[Backend] = ContextVar("eventide_backend", default="pandas")


def set_backend(name: Literal["pandas", "polars", "auto"]) -> None:
    """Choose `pandas` or `polars` for frames made in this thread or task; `auto` is pandas, which is always there.

    Raises:
        InvalidSetting: it is neither.
    """
    if name not in ("pandas", "polars", "auto"):
        raise InvalidSetting(f"the backend `{name!s:.60}` is none of pandas, polars, auto")
    _backend.set("pandas" if name == "auto" else name)


def get_backend() -> Backend:
    """Return the library that frames come from here: `pandas` or `polars`."""
    return _backend.get()
