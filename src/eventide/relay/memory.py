"""Where a relay remembers what it does not want to find out again, and says how it is doing.

Invariant: all of it can be deleted at any time; what is forgotten is asked of the hub or found in the store.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import platformdirs

if TYPE_CHECKING:
    from eventide.layout import Layout


def memory_path(layout: Layout, url: str) -> Path:
    """Return the file that belongs to a store in its place and a hub."""
    base = os.environ.get("EVENTIDE_CACHE_DIR") or platformdirs.user_cache_dir("eventide", appauthor=False)
    place = hashlib.sha256(str(layout.root.resolve()).encode()).hexdigest()[:8]
    hub = hashlib.sha256(url.encode()).hexdigest()[:12]
    return Path(base) / f"{layout.check()}-{place}" / f"relay-{hub}.json"


class Sign:
    """A file that says how a relay is doing, for `eventide relay status`."""

    def __init__(self, memory: Path) -> None:
        self.path = memory.with_suffix(".sign")

    def write(self, **content: Any) -> None:
        """Say it; a disk that refuses stops nothing."""
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
            temporary.write_bytes(orjson.dumps({"at": time.time(), "pid": os.getpid(), **content}))
            temporary.replace(self.path)

    def read(self) -> dict[str, Any] | None:
        """Return what was said last, or None."""
        try:
            said = orjson.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return None
        return said if isinstance(said, dict) else None
