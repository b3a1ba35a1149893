"""Memory that this process has no use for: kept out, or given back once nothing is asked.

Loading Arrow touches most pages of its libraries once, to link them, and a large answer leaves holes in the heap; both would stay for as
long as the program is open. Invariant: what is in use stays as it is. A page of a library's code that is wanted after all comes back
from the system's cache by itself; a system that knows no such thing is left alone.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import re
import sys
from contextlib import suppress
from importlib.abc import MetaPathFinder
from pathlib import Path

_known_modules = 0
_DONT_NEED, _ARENA_MAX = 4, -8
"""What Linux calls them: for `madvise`, for `mallopt`."""
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ \d+ +(/.+\.so(?:\.[\d.]+)?)$")
_UNWANTED = frozenset({"pandas", "pyarrow._s3fs", "pyarrow._gcsfs", "pyarrow._azurefs", "pyarrow._hdfs"})


class _Without(MetaPathFinder):
    """Says of some modules that they are not installed."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Raise ModuleNotFoundError for an unwanted module; leave every other one to those who know it."""
        del path, target
        if fullname in _UNWANTED:
            raise ModuleNotFoundError(f"`{fullname}` is kept out of this process", name=fullname)


def save_memory() -> None:
    """Keep out of this process what only notebooks and writers to clouds need; call it before anything of Arrow is loaded.

    Arrow loads pandas whenever it is there, some 40 MB that nothing here uses, and clients of object stores; told that they are not there,
    it does without. A memory of its own for each of a dozen threads is held by nobody's need either.
    """
    if not any(isinstance(finder, _Without) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Without())
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    library = _c_library()
    if library is not None and not os.environ.keys() & {"MALLOC_ARENA_MAX", "GLIBC_TUNABLES"}:
        library.mallopt(_ARENA_MAX, 2)


def give_back() -> None:
    """Give free memory, and the pages of libraries that only loading has touched, back to the system."""
    _leave_modules_alone()
    library = _c_library()
    if library is None:
        return
    library.malloc_trim(0)
    library.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, stop in _unchanged():
        library.madvise(start, stop - start, _DONT_NEED)


def _leave_modules_alone() -> None:
    """Have the collector of cycles pass over what modules brought in: looking through that every other second holds up keys for 50 ms."""
    global _known_modules  # noqa: PLW0603 - of the process, as the collector is
    if len(sys.modules) != _known_modules:
        if not _known_modules:
            atexit.register(gc.unfreeze)  # what ends with the program is to end in order
        _known_modules = len(sys.modules)
        gc.collect()
        gc.freeze()


def _unchanged() -> list[tuple[int, int]]:
    """Return where code of libraries lies that is as it is in its file: mapped privately, not writable, no page changed in linking."""
    found: list[tuple[int, int]] = []
    here: tuple[int, int] | None = None
    with suppress(OSError):
        for line in Path("/proc/self/smaps").read_text(encoding="utf-8", errors="replace").splitlines():
            if line[:1].islower() or line[:1].isdigit():
                match = _MAPPING.match(line)
                here = (int(match.group(1), 16), int(match.group(2), 16)) if match else None
            elif here is not None and line.startswith("Anonymous:") and line.split()[1] == "0":
                found.append(here)
    return found


def _c_library() -> ctypes.CDLL | None:
    """Return the C library of Linux; None elsewhere, and where it is another one."""
    if sys.platform != "linux":
        return None
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        for name in ("mallopt", "malloc_trim", "madvise"):
            getattr(library, name)  # another library by the same name may lack one
        return library
    return None
