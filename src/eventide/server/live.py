"""Changes as they happen: one thread asks the source what is new, everybody else is told.

The same thread has closed journal sealed in the background, when whoever made the server says how. Invariant: nothing here makes a
writer wait; a slow listener costs one entry per changed run, never a queue that grows; a run's version moves whenever the run does.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from eventide.errors import EventideError, RunNotFound
from eventide.server import plain
from eventide.server.memory import release
from eventide.table.selection import infos

if TYPE_CHECKING:
    from eventide.source import Source

log = logging.getLogger("eventide.server")

POLL_S = 0.2
IDLE_POLL_S = 2.0
"""While nobody listens."""
TELL_S = 0.25
PING_S = 15.0
SEAL_S = 60.0
QUIET_S = (2.0, 8.0)
"""After something large, until its memory is given back; and once more when what was kept of it for the next question has gone."""
USUAL_S = 60.0
"""Between givings back otherwise."""
MOST_RUNS = 500
"""Changed runs that are described at once; a page that is told of more asks for its list again."""


class Watcher:
    """Knows the version of every run, and tells listeners of changes."""

    def __init__(self, source: Source, *, seal: Callable[[], Any] | None = None) -> None:
        self._source = source
        self._seal = seal
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._versions: dict[str, str] = {}
        self._cursor = ""
        self._total = 0
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._sealer: threading.Thread | None = None
        self._worked_s = time.monotonic()
        self._released = 0
        self._kept: list[Callable[[], None]] = []

    def keep(self, forget: Callable[[], None]) -> None:
        """Have something forgotten some seconds after the last large answer."""
        self._kept.append(forget)

    def start(self) -> None:
        """Start watching."""
        self._thread = threading.Thread(target=self._watch, name="eventide-live", daemon=True)
        self._thread.start()
        if self._seal is not None:
            self._sealer = threading.Thread(target=self._keep_sealing, name="eventide-seal", daemon=True)
            self._sealer.start()

    def stop(self) -> None:
        """Stop watching, and tell all listeners that it is over."""
        self._stop.set()
        self._wake.set()
        for listener in list(self._listeners):
            listener.end()
        for thread in (self._thread, self._sealer):
            if thread is not None:
                thread.join(timeout=5.0)

    # ── versions ────────────────────────────────────────────────────────────────────────────────────────────────────

    def sync(self) -> str:
        """Take in what is new and return the cursor of now."""
        with self._lock:
            before = self._cursor
            found = self._source.changes(before)
            self._cursor = found.cursor
            for run_id in found.run_ids:
                self._versions[run_id] = found.cursor
            for run_id in found.removed:
                self._versions.pop(run_id, None)
            if before and (found.run_ids or found.removed):
                self._tell(found.run_ids, found.removed)
            return self._cursor

    def version(self, run_ids: Sequence[str]) -> tuple[str, ...]:
        """Return something that changes whenever one of the runs does; call `sync` before."""
        return tuple(self._versions.get(run_id, "") for run_id in run_ids)

    def worked(self) -> None:
        """Note that something large was just answered, whose memory is to be given back when it is quiet again."""
        self._worked_s = time.monotonic()
        self._released = 0

    # ── telling ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def describe(self, run_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return what a stream of changes says of some runs; those that are gone are left out."""
        return [plain.change(info) for info in infos(self._source, run_ids[:MOST_RUNS], keys=(), details=False)]

    def _tell(self, run_ids: Sequence[str], removed: Sequence[str]) -> None:
        listeners = list(self._listeners)
        if not listeners:
            return
        changed = self.describe(run_ids)
        for listener in listeners:
            listener.put(changed, removed, self._cursor, more=len(run_ids) - len(changed))

    def listen(self, project: str | None, projects: frozenset[str] | None = None) -> Listener:
        """Return a listener to one project, or to all of `projects`; it belongs to the running event loop."""
        listener = Listener(
            asyncio.get_running_loop(), projects if project is None else {project} & (projects or {project})
        )
        self._listeners.add(listener)
        self._wake.set()
        return listener

    def forget(self, listener: Listener) -> None:
        """Tell a listener no more."""
        self._listeners.discard(listener)

    @property
    def listeners(self) -> int:
        """How many are listening."""
        return len(self._listeners)

    # ── threads ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                self.sync()
            except EventideError as error:
                log.warning("cannot look for changes: %s", error.message)
            except Exception:
                log.exception("cannot look for changes")
            self._give_back()
            self._wake.wait(POLL_S if self._listeners else IDLE_POLL_S)
            if self._wake.is_set() and not self._stop.is_set():
                self._wake.clear()

    def _give_back(self) -> None:
        quiet_s = time.monotonic() - self._worked_s
        if quiet_s > (*QUIET_S, USUAL_S)[self._released]:
            if self._released == len(QUIET_S) - 1:
                for forget in self._kept:
                    forget()
            if self._released < len(QUIET_S):
                self._released += 1
            else:
                self._worked_s = time.monotonic()
            release()

    def _keep_sealing(self) -> None:
        while not self._stop.wait(SEAL_S):
            try:
                assert self._seal is not None  # noqa: S101 - the thread is started only then
                self._seal()
                self.worked()
            except EventideError as error:
                log.warning("cannot seal: %s", error.message)
            except Exception:
                log.exception("cannot seal")


class Listener:
    """What one WebSocket has still to be told: the newest word on each changed run."""

    def __init__(self, loop: asyncio.AbstractEventLoop, projects: frozenset[str] | set[str] | None) -> None:
        self._loop = loop
        self._projects = projects
        self._changed: dict[str, dict[str, Any]] = {}
        self._removed: set[str] = set()
        self._cursor = ""
        self._more = 0
        self._news = asyncio.Event()
        self.ended = False

    def put(self, changed: Sequence[dict[str, Any]], removed: Sequence[str], cursor: str, *, more: int = 0) -> None:
        """Add changes, from any thread."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._add, changed, removed, cursor, more)

    def _add(self, changed: Sequence[dict[str, Any]], removed: Sequence[str], cursor: str, more: int) -> None:
        for run in changed:
            if self._projects is None or run["project"] in self._projects:
                self._changed[run["id"]] = run
        self._removed.update(removed)
        self._more += more
        self._cursor = cursor
        if self._changed or self._removed or self._more:
            self._news.set()

    def end(self) -> None:
        """Say that nothing more will come, from any thread."""
        self.ended = True
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._news.set)

    async def next(self) -> dict[str, Any]:
        """Wait for changes and return them as a message; a ping when there are none for a while."""
        try:
            await asyncio.wait_for(self._news.wait(), PING_S)
        except TimeoutError:
            return {"type": "ping"}
        runs, removed = list(self._changed.values()), sorted(self._removed)
        total = len(runs) + len(removed) + self._more
        self._changed, self._removed, self._more = {}, set(), 0
        self._news.clear()
        return {"type": "changes", "cursor": self._cursor, "runs": runs, "removed": removed, "total": total}


def missed(source: Source, watcher: Watcher, cursor: str, project: str | None) -> dict[str, Any]:
    """Return what changed since a cursor as a message; with none, only where to go on."""
    now = watcher.sync()
    message = {"type": "changes", "cursor": now, "runs": [], "removed": [], "total": 0}
    if not cursor:
        return message
    try:
        found = source.changes(cursor)
    except RunNotFound:
        return message
    runs = watcher.describe(found.run_ids)
    chosen = [run for run in runs if project is None or run["project"] == project]
    total = len(found.run_ids) + len(found.removed)
    return {**message, "cursor": found.cursor, "runs": chosen, "removed": list(found.removed), "total": total}
