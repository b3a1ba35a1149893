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

_TRIM, _MMAP, _ARENAS = -1, -3, -8
"""What `mallopt` calls its thresholds, and the number of heaps that threads share."""
_KEPT_BYTES = 128 * 1024 * 1024
_MAPPED_BYTES = 32 * 1024 * 1024


def prepare() -> None:
    """Let Arrow, once it is loaded, take its memory from the C library, and let that keep it from one column to the next.

    A process that does this calls `release` whenever it is quiet. Without it every column read is memory fresh from the system, and
    clearing that takes longer than reading. Whoever chose otherwise in the environment is obeyed.
    """
    if sys.platform != "linux":
        return
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    with suppress(OSError, AttributeError):  # another C library
        library = ctypes.CDLL("libc.so.6")
        if not os.environ.keys() & {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"}:
            library.mallopt(_TRIM, _KEPT_BYTES)
            library.mallopt(_MMAP, _MAPPED_BYTES)
        if "MALLOC_ARENA_MAX" not in os.environ:
            library.mallopt(_ARENAS, 2)  # else each of the threads keeps holes of its own


def release() -> None:
    """Give unused memory of Arrow and of the C library back."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL("libc.so.6").malloc_trim(0)
