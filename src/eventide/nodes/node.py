"""One hub node: a local store that is kept the same as what all nodes share.

Two threads: one follows what comes in at other nodes, and gives them what was written here (edits); one brings tables here, and seals
when this node is the one that may. Invariant: either can fail at any time; it goes on where it was, and says so once.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eventide.errors import EventideError
from eventide.journal.scan import Scanner
from eventide.nodes.mirror import TableMirror
from eventide.nodes.receiver import SharedReceiver
from eventide.relay.frames import Piece
from eventide.relay.outbox import whole_lines
from eventide.relay.receiver import PURGED, Receiver
from eventide.store.tables.acknowledged import Acknowledged

if TYPE_CHECKING:
    from eventide.layout import Layout
    from eventide.nodes.bucket import Bucket
    from eventide.nodes.database import Database, SharedPart
    from eventide.objects.base import Objects
    from eventide.store.local import LocalSource

log = logging.getLogger("eventide.nodes")

FOLLOW_S = 0.2
TABLES_S = 2.0
SEAL_S = 20.0
KEEP_CHUNKS_S = 600.0
"""How long bytes stay in the database after they are sealed: a node that starts now may still follow them."""
_PIECE_BYTES = 4 * 1024 * 1024


class Node:
    """Keeps a local store and the shared data the same."""

    def __init__(
        self,
        layout: Layout,
        source: LocalSource,
        objects: Objects,
        *,
        bucket: Bucket | None,
        database: Database | None,
    ) -> None:
        self._layout = layout
        self._source = source
        self._bucket = bucket
        self._database = database
        self._mirror = None if bucket is None else TableMirror(layout, bucket)
        self._covered = Acknowledged(layout)
        local = Receiver(layout, objects, self._covered)
        self.receiver: Any = local if database is None else SharedReceiver(local, database, self._covered)
        self.token_shelf = None if database is None else DatabaseShelf(database)
        """Where the tokens of all nodes are; None: in the store."""
        self._scanner = Scanner(layout)
        self._given: dict[tuple[str, str], int] = {}
        self._seen_s = 0.0
        self._sealed_at = time.monotonic()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._at_end: list[Callable[[], Any]] = []
        self._tables_lock = threading.Lock()

    def start(self) -> None:
        """Bring everything here, then go on doing so; raises StoreError when the shared data cannot be reached."""
        if self._mirror is not None:
            self._mirror.pull()
        if self._database is not None:
            self.follow()
            self._run("eventide-follow", FOLLOW_S, self.follow)
        if self._mirror is not None:
            self._run("eventide-tables", TABLES_S, self.tables)
        else:
            self._run("eventide-seal", SEAL_S, self._source.seal)

    def at_end(self, call: Callable[[], Any]) -> None:
        """Have a call made when the node stops, before the others are given what it wrote."""
        self._at_end.append(call)

    def stop(self) -> None:
        """Stop, and give the others what was written here last."""
        for call in self._at_end:
            call()
        self._stop.set()
        for thread in self._threads:
            thread.join(10)
        with contextlib.suppress(EventideError):
            self.give()
        if self._database is not None:
            self._database.close()

    def _run(self, name: str, pause_s: float, work: Callable[[], Any]) -> None:
        def repeat() -> None:
            said = ""
            while not self._stop.wait(pause_s):
                try:
                    work()
                    said = ""
                except Exception as error:  # noqa: BLE001 - a node goes on whatever happens to what it shares
                    if str(error) != said:
                        said = str(error)
                        log.warning("%s: %s", name, said)

        thread = threading.Thread(target=repeat, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    # ── journals ────────────────────────────────────────────────────────────────────────────────────────────────────

    def follow(self) -> None:
        """Bring what came in elsewhere, and give what was written here."""
        if self._database is None:
            return
        parts = self._database.touched_since(self._seen_s)
        purged = {part.run for part in parts if self._covered(part.project, part.writer) >= PURGED}
        for run in purged:
            shutil.rmtree(self._layout.run_dir(run), ignore_errors=True)
        self.receiver.follow([part for part in parts if part.run not in purged])
        for part in parts:
            self._given[part.run, part.name] = part.size
            self._seen_s = max(self._seen_s, part.touched_s)
        self.give()

    def give(self) -> None:
        """Put parts that were written here, such as edits, where other nodes find them."""
        if self._database is None:
            return
        self._scanner.scan()
        for part in self._scanner.parts():
            key = (part.run_id, part.name)
            given = self._given.get(key, 0)
            while given < part.size_bytes:
                data = whole_lines(part.path, given, _PIECE_BYTES)
                if not data:
                    break
                piece = Piece(part.run_id, part.name, part.header.at, given, data)
                closed = part.closed and given + len(data) >= part.size_bytes
                given = self._database.append(
                    piece, project=part.header.project, writer=part.header.writer, closed=closed
                )
                self._given[key] = given

    # ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def tables(self) -> None:
        """Bring tables that other nodes sealed; seal now and then, when this node is the one."""
        if self._mirror is None:
            return
        with self._tables_lock:
            self._mirror.pull()
        if time.monotonic() - self._sealed_at > SEAL_S:
            self._sealed_at = time.monotonic()
            self.seal()

    def seal(self) -> bool:
        """Seal into the shared tables; return False when another node is at it or came first."""
        if self._mirror is None:
            self._source.seal()
            return True
        with self._tables_lock, self._turn() as mine:
            if not mine:
                return False
            self._mirror.pull()
            self._source.seal()
            whole = self._mirror.push()
        if whole and self._database is not None:
            done = [part for part in self._database.closed_parts(KEEP_CHUNKS_S) if self._is_sealed(part)]
            self._database.forget([(part.run, part.name) for part in done])
        return whole

    def _turn(self) -> contextlib.AbstractContextManager[bool]:
        return contextlib.nullcontext(True) if self._database is None else self._database.only_one()

    def _is_sealed(self, part: SharedPart) -> bool:
        return self._covered(part.project, part.writer) >= part.at + part.size


class DatabaseShelf:
    """Keeps the tokens of all nodes in their database. Looked at again after a second."""

    def __init__(self, database: Database, name: str = "tokens") -> None:
        self._database = database
        self._name = name
        self._looked_at = float("-inf")
        self._held: tuple[bytes, float] | None = None

    def __str__(self) -> str:
        return f"the document `{self._name}` of the database"

    def stamp(self) -> object:
        """Return when the document was changed; None when there is none."""
        if time.monotonic() - self._looked_at > 1.0:
            self._held = self._database.read_document(self._name)
            self._looked_at = time.monotonic()
        return None if self._held is None else self._held[1]

    def read(self) -> bytes:
        """Return the document."""
        return b"" if self._held is None else self._held[0]

    def write(self, body: bytes) -> None:
        """Replace the document; raises StoreError."""
        self._database.write_document(self._name, body)
        self._looked_at = float("-inf")
