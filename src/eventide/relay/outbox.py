"""What of a store another one does not have yet.

Invariant: nothing here is truth. What there is is read from the store, what the other side has is what it said last; both can be asked
again at any time. Only whole lines are handed out.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from eventide.errors import EventideError, ObjectNotFound
from eventide.journal.scan import Part, Scanner
from eventide.objects.choice import open_objects
from eventide.relay.frames import Ack, Piece
from eventide.relay.memory import recalled

if TYPE_CHECKING:
    from eventide.layout import Layout
    from eventide.objects.base import Objects

PIECE_BYTES = 4 * 1024 * 1024
_MANIFEST_BYTES = 64 * 1024 * 1024
"""Larger objects are data, not lists of other objects."""
_NAMED = re.compile(rb'"([0-9a-f]{64})"')
"""A hash as JSON writes it; what merely looks like one is asked for and not found."""

Key = tuple[str, str]


@dataclass(slots=True)
class _State:
    """One part, as seen from here."""

    part: Part
    received: int = -1
    """What the other side has; -1: it has not been asked."""
    sealed: int = 0
    named_until: int = 0
    """Bytes whose objects are known to be on the other side."""
    stopped: str = ""
    """Why no more of it is sent."""
    torn_at: int = -1
    """Size at which nothing but a torn line was left."""

    @property
    def waits(self) -> bool:
        """Whether there is something to send."""
        behind = 0 <= self.received < self.part.size_bytes
        return behind and not self.stopped and self.torn_at != self.part.size_bytes


@dataclass(slots=True)
class Outbox:
    """The parts and objects of a store, or of some of its runs. Not safe for threads."""

    layout: Layout
    run_ids: frozenset[str] | None = None
    memory: Path | None = None
    """File that remembers which objects were delivered; None: nothing is remembered."""
    rank: int | None = None
    """Only parts of this rank; None: of all."""
    store: Objects = field(init=False)
    """Where objects are, the store's folder or its bucket."""
    _scanner: Scanner = field(init=False)
    _states: dict[Key, _State] = field(default_factory=dict)
    _objects: deque[str] = field(default_factory=deque)
    _delivered: set[str] = field(default_factory=set)
    _remembered: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = open_objects(self.layout)
        self._scanner = Scanner(self.layout, only=self.run_ids)
        if self.memory is not None:
            self._remembered = recalled(self.memory)

    # ── journals ────────────────────────────────────────────────────────────────────────────────────────────────────

    def refresh(self) -> None:
        """Look what is new in the store."""
        scan = self._scanner.scan()
        for part in scan.changed:
            if self._is_mine(part):
                key = (part.run_id, part.name)
                state = self._states.get(key)
                if state is None:
                    self._states[key] = _State(part, named_until=self._remembered.get("/".join(key), 0))
                else:
                    state.part = part
        for run_id in scan.removed:
            for key in [key for key in self._states if key[0] == run_id]:
                del self._states[key]

    def _is_mine(self, part: Part) -> bool:
        chosen = self.run_ids is None or part.run_id in self.run_ids
        return chosen and (self.rank is None or part.header.rank == self.rank)

    def unasked(self) -> list[Part]:
        """Return the parts of which it is not known what the other side has."""
        return [state.part for state in self._states.values() if state.received < 0 and not state.stopped]

    def note(self, key: Key, ack: Ack) -> None:
        """Take in what the other side said of a part."""
        state = self._states.get(key)
        if state is not None:
            state.received, state.sealed = min(ack.received, state.part.size_bytes), ack.sealed
            state.stopped = "" if ack.state == "ok" else ack.why or ack.state

    def forget(self) -> None:
        """Ask for everything again, for when the other side may have changed."""
        for state in self._states.values():
            state.received = -1

    def pieces(self, limit_bytes: int) -> list[Piece]:
        """Return what to send next, at most about `limit_bytes`; small parts first, so that living runs are not held up."""
        waiting = sorted((s for s in self._states.values() if s.waits), key=lambda s: s.part.size_bytes - s.received)
        found: list[Piece] = []
        left = limit_bytes
        for state in waiting:
            if left <= 0:
                break
            piece = self._piece(state, min(left, PIECE_BYTES))
            if piece is not None:
                found.append(piece)
                left -= len(piece.data)
        return found

    def _piece(self, state: _State, size: int) -> Piece | None:
        part = state.part
        try:
            data = whole_lines(part.path, state.received, size)
        except OSError:  # sealed and removed, or purged: the next scan says so
            state.stopped = "its file is gone"
            return None
        if not data:
            state.torn_at = part.size_bytes
            return None
        return Piece(part.run_id, part.name, part.header.at, state.received, data)

    def sent(self, piece: Piece) -> None:
        """Remember the objects that a piece names, to be sent after it."""
        self._objects.extend(match.decode() for match in _NAMED.findall(piece.data))
        state = self._states.get((piece.run, piece.name))
        if state is not None and state.named_until == piece.offset:
            state.named_until = piece.offset + len(piece.data)

    def alive(self) -> Iterator[Key]:
        """Yield the parts that are still written to."""
        return (key for key, state in self._states.items() if not state.part.closed and not state.stopped)

    # ── objects ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def look_back(self) -> None:
        """Find the objects named in what the other side had before this process began."""
        for state in self._states.values():
            while state.named_until < state.received:
                try:
                    data = whole_lines(
                        state.part.path, state.named_until, min(PIECE_BYTES, state.received - state.named_until)
                    )
                except OSError:
                    data = b""
                if not data:
                    state.named_until = state.received
                    break
                self._objects.extend(match.decode() for match in _NAMED.findall(data))
                state.named_until += len(data)

    def objects(self, count: int) -> list[str]:
        """Return hashes of up to `count` objects that the other side may lack, each once."""
        found: dict[str, None] = {}
        while self._objects and len(found) < count:
            sha256 = self._objects.popleft()
            if sha256 not in self._delivered and self._may_exist(sha256):
                found[sha256] = None
        return list(found)

    def _may_exist(self, sha256: str) -> bool:
        try:
            return self.store.exists(sha256)
        except OSError:  # a bucket that does not answer: asked again when the object is sent
            return True

    def again(self, hashes: Iterable[str]) -> None:
        """Put objects back that could not be sent."""
        self._objects.extendleft(hashes)

    def delivered(self, sha256: str) -> None:
        """Note that an object is there; what it names, when it is a list of others, is sent too."""
        self._delivered.add(sha256)
        with contextlib.suppress(OSError, ObjectNotFound), self.store.open(sha256) as file:
            if file.read(1) in (b"{", b"[") and self.store.size_bytes(sha256) <= _MANIFEST_BYTES:
                self._objects.extend(match.decode() for match in _NAMED.findall(file.read()))

    def remember(self) -> None:
        """Write down which parts have all of their objects there; only when none is waiting."""
        if self.memory is None or self._objects:
            return
        now = {"/".join(key): state.named_until for key, state in self._states.items() if state.named_until}
        if now != self._remembered:
            with contextlib.suppress(OSError, EventideError):
                self.memory.parent.mkdir(parents=True, exist_ok=True)
                temporary = self.memory.with_suffix(f".{os.getpid()}.tmp")
                temporary.write_bytes(orjson.dumps(now))
                temporary.replace(self.memory)
                self._remembered = now

    # ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def behind(self) -> dict[str, tuple[int, int, int]]:
        """Return run id → (bytes here, bytes received there, bytes sealed there)."""
        found: dict[str, tuple[int, int, int]] = {}
        for state in self._states.values():
            here, received, sealed = found.get(state.part.run_id, (0, 0, 0))
            found[state.part.run_id] = (
                here + state.part.size_bytes,
                received + max(0, state.received),
                sealed + min(state.sealed, state.part.size_bytes),
            )
        return found

    def waiting_bytes(self) -> int:
        """Return how many journal bytes the other side is known to lack."""
        return sum(state.part.size_bytes - state.received for state in self._states.values() if state.waits)

    def waiting_objects(self) -> int:
        """Return how many objects are still to be asked about."""
        return len(self._objects)

    def stopped(self) -> dict[Key, str]:
        """Return the parts of which no more is sent, and why."""
        return {key: state.stopped for key, state in self._states.items() if state.stopped}


def whole_lines(path: Path, offset: int, size: int) -> bytes:
    """Return whole lines of a file from an offset, about `size` bytes or one longer line; empty when only a torn one is left."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - many small files
        file.seek(offset)
        data = file.read(size) or b""
        cut = data.rfind(b"\n") + 1
        while data and not cut:
            more = file.read(max(size, PIECE_BYTES))
            if not more:
                return b""
            end = more.find(b"\n") + 1
            data += more[:end] if end else more
            cut = len(data) if end else 0
        return data[:cut]
