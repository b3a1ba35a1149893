"""What the routes of one server share, and what a single request may use of it.

Invariant: a route gets at the source through `Asked` only, after the access of its request has been checked.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Depends
from starlette.requests import HTTPConnection

from eventide.errors import AccessDenied, EventideError
from eventide.model import SeriesQuery
from eventide.server.auth import Access, Right
from eventide.server.scoped import ScopedSource

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.server.live import Watcher
    from eventide.server.preferences import Preferences
    from eventide.source import Source

CACHE_BYTES = 32 * 1024 * 1024
TABLE_BYTES = 64 * 1024 * 1024
SHARED_BYTES = 4 * 1024 * 1024
SHARED_S = 1.0
"""How long those who ask the same get the same answer, as long as nothing changes: it may depend on the time of day."""


class Answers:
    """A few answers that were asked for lately, by their ETag; together below a size. Safe for threads."""

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        self._max = max_bytes
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}

    def once(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Return an answer, made now unless it is held; who asks for the same meanwhile waits for it instead of making it too."""
        found = self.get(key)
        if found is not None:
            return found
        with self._lock:
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            found = self.get(key)
            if found is None:
                try:
                    found = make()
                    self.put(key, found)
                finally:
                    with self._lock:
                        self._making.pop(key, None)
            return found

    def get(self, key: str) -> bytes | None:
        """Return an answer, or None."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: str, answer: bytes) -> None:
        """Keep an answer; the one that was not asked for the longest goes."""
        with self._lock:
            if len(answer) > self._max // 2 or key in self._held:
                return
            self._held[key] = answer
            self._size += len(answer)
            while self._size > self._max:
                self._size -= len(self._held.popitem(last=False)[1])


class Tables:
    """The tables that pages of rows were cut from lately; together below a size. Safe for threads."""

    def __init__(self, max_bytes: int = TABLE_BYTES) -> None:
        self._max = max_bytes
        self._held: OrderedDict[str, pa.Table] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, key: str, make: Callable[[], pa.Table]) -> pa.Table:
        """Return a table, made now unless it is held; the one that was not asked for the longest goes."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found
        found = make()
        if found.nbytes <= self._max:
            with self._lock:
                self._held[key] = found
                while sum(table.nbytes for table in self._held.values()) > self._max:
                    self._held.popitem(last=False)
        return found

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._held.clear()


@dataclass
class Served:
    """One server."""

    source: Source
    watcher: Watcher
    preferences: Preferences
    read_only: bool = False
    hub: bool = False
    page_dir: Path | None = None
    """Folder of the built page; None for a server without one."""
    make_demo: Callable[[], tuple[str, int]] | None = None
    """Makes sample runs and returns their project and number."""
    answers: Answers = field(default_factory=Answers)
    tables: Tables = field(default_factory=Tables)
    _shared: Answers = field(default_factory=lambda: Answers(SHARED_BYTES))
    queries: dict[str, threading.Event] = field(default_factory=dict)
    """Running SQL statements by id; setting the event cancels one."""
    requests: dict[tuple[str, int], int] = field(default_factory=dict)
    """Answers given, by method and status."""
    _expecting: threading.Event = field(default_factory=threading.Event)

    def expect_curves(self) -> None:
        """Load, beside everything else, what the first question for curves will need; once."""
        if not self._expecting.is_set():
            self._expecting.set()
            threading.Thread(target=self._ask_for_nothing, name="eventide-expect", daemon=True).start()

    def _ask_for_nothing(self) -> None:
        import eventide.server.curves  # noqa: F401, PLC0415 - numpy

        with suppress(EventideError):
            self.source.series(SeriesQuery((), (), bins=1))


@dataclass(frozen=True)
class Asked:
    """One request: what it may use."""

    served: Served
    access: Access

    @property
    def source(self) -> Source:
        """The source, narrowed to the projects of this access."""
        if self.access.projects is None:
            return self.served.source
        return ScopedSource(self.served.source, self.access.projects)

    def rows(self, run_ids: Sequence[str], keys: Sequence[str] | None, attempts: Literal["last", "all"]) -> pa.Table:
        """Return all rows of some runs, read again only when there is something new: people page through them."""
        watcher = self.served.watcher
        watcher.sync()
        watcher.worked()
        projects = None if self.access.projects is None else sorted(self.access.projects)
        key = repr((run_ids, keys, attempts, projects, watcher.version(run_ids)))
        return self.served.tables.once(key, lambda: self.source.rows(run_ids, keys=keys, attempts=attempts))

    def shared(self, question: object, make: Callable[[str], bytes]) -> bytes:
        """Return an answer that everybody gets who asks the same at about the same time; `make` is given the cursor of now."""
        cursor = self.served.watcher.sync()
        projects = None if self.access.projects is None else sorted(self.access.projects)
        key = repr((question, projects, cursor, int(time.monotonic() / SHARED_S)))
        return self.served._shared.once(key, lambda: make(cursor))  # noqa: SLF001 - its own other half


class Needs:
    """A route's dependency: refuses a request without the right, and hands over what it may use."""

    def __init__(self, right: Right) -> None:
        self.right = right

    async def __call__(self, connection: HTTPConnection) -> Asked:  # a coroutine needs no thread of its own
        """Return what the request may use; raises AccessDenied."""
        access = connection.scope.get("state", {}).get("access")
        if not isinstance(access, Access):
            raise AccessDenied("nobody said who this is")
        access.check(self.right)
        served: Any = connection.app.state.served
        return Asked(served, access)


Reading = Annotated[Asked, Depends(Needs("read"))]
Writing = Annotated[Asked, Depends(Needs("write"))]
Administering = Annotated[Asked, Depends(Needs("admin"))]
