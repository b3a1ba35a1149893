"""Memory that large answers leave behind, given back to the system once nobody asks.

Invariant: what is in use stays; a system that knows no such thing is left alone.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def release() -> None:
    """Give unused memory of Arrow and of the C library back."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL("libc.so.6").malloc_trim(0)
