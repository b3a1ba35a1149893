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

from eventide import settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eventide.journal.scan import Part
    from eventide.layout import Layout


def memory_path(layout: Layout, url: str) -> Path:
    """Return the file that belongs to a store in its place and a hub."""
    base = os.environ.get("EVENTIDE_CACHE_DIR") or platformdirs.user_cache_dir("eventide", appauthor=False)
    place = hashlib.sha256(str(layout.root.resolve()).encode()).hexdigest()[:8]
    hub = hashlib.sha256(url.encode()).hexdigest()[:12]
    return Path(base) / f"{layout.check()}-{place}" / f"relay-{hub}.json"


def unsent(layout: Layout, parts: Iterable[Part]) -> frozenset[str]:
    """Return the runs of which a hub may lack something: the hub that is set, and those the store was sent to from this machine."""
    url = settings.get("hub")
    expected = [] if not url else [memory_path(layout, url)]
    folder = memory_path(layout, "").parent
    memories = [recalled(path) for path in {*expected, *folder.glob("relay-*.json")}]
    return frozenset(
        part.run_id
        for part in (parts if memories else ())
        if any(delivered.get(f"{part.run_id}/{part.name}", 0) < part.size_bytes for delivered in memories)
    )


def recalled(path: Path) -> dict[str, int]:
    """Return part → bytes of it that are there with all their objects; nothing when it was forgotten."""
    try:
        return {str(name): int(end) for name, end in orjson.loads(path.read_bytes()).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


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
