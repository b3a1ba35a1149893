"""Memory that large answers leave behind, given back to the system once nobody asks.

Arrow's usual allocator keeps what a thread freed for that thread, and the threads of a server live on: half a gigabyte stayed after an
answer of some hundred kilobytes. The C library's gives everything back at one call. Invariant: what is in use stays; a system that
knows no such thing is left alone.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress


def prepare() -> None:
    """Let Arrow, once it is loaded, take its memory from the C library, unless somebody chose otherwise."""
    if sys.platform == "linux":
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def release() -> None:
    """Give unused memory of Arrow and of the C library back."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL("libc.so.6").malloc_trim(0)
