"""Hashes of files that have been read before, so that unchanged ones are not read again.

A file is unchanged when size, mtime and inode are. Invariant: a hash is remembered only for a file that was left alone for two seconds
before it was read; losing the cache costs time only.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from eventide.layout import Layout

_SETTLE_NS = 2_000_000_000


class Hashes:
    """The remembered hashes below one folder."""

    def __init__(self, layout: Layout, root: str) -> None:
        from hashlib import sha256  # noqa: PLC0415 - only where files are kept

        name = sha256(f"{layout.root.absolute()}\0{root}".encode("utf-8", "replace")).hexdigest()[:24]
        self._path = _folder() / f"files-{name}.json"
        self._news = False
        self._known: dict[str, list[Any]] = {}
        with contextlib.suppress(OSError, ValueError):
            loaded = orjson.loads(self._path.read_bytes())
            self._known = loaded if isinstance(loaded, dict) else {}

    def of(self, place: str, found: os.stat_result) -> str | None:
        """Return the hash of a file that is as it was when it was read, or None."""
        entry = self._known.get(place)
        is_same = isinstance(entry, list) and entry[:3] == [found.st_size, found.st_mtime_ns, found.st_ino]
        return str(entry[3]) if entry is not None and is_same and len(entry) == 4 else None

    def remember(self, place: str, found: os.stat_result, sha256: str) -> None:
        """Note the hash of a file that was looked at before it was read, if it still is as it was."""
        with contextlib.suppress(OSError):
            now = os.stat(place)  # noqa: PTH116
            is_settled = time.time_ns() - found.st_mtime_ns > _SETTLE_NS
            if is_settled and (now.st_size, now.st_mtime_ns) == (found.st_size, found.st_mtime_ns):
                self._known[place] = [found.st_size, found.st_mtime_ns, found.st_ino, sha256]
                self._news = True

    def save(self) -> None:
        """Write the cache for the next time."""
        if not self._news:
            return
        temporary = self._path.with_name(f"{self._path.name}.{os.urandom(4).hex()}.tmp")
        with contextlib.suppress(OSError, orjson.JSONEncodeError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(orjson.dumps(self._known))
            temporary.replace(self._path)


def _folder() -> Path:
    import platformdirs  # noqa: PLC0415 - only where files are kept

    from eventide.settings import get  # noqa: PLC0415

    return Path(get("cache_dir") or platformdirs.user_cache_dir("eventide", appauthor=False)) / "hashes"
