"""Send what another store lacks, until it lacks nothing.

Invariant: what the hub says it has is where sending goes on. What failed is sent again, as often as it takes, ever more slowly.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.errors import EventideError, ObjectNotFound, Unreachable
from eventide.relay.frames import Ack, dump_frame, packed

if TYPE_CHECKING:
    from eventide.relay.outbox import Outbox
    from eventide.transport import Http

FRAME_BYTES = 8 * 1024 * 1024
OBJECT_PIECE_BYTES = 8 * 1024 * 1024
ASKED_AT_ONCE = 1000
ALIVE_EVERY_S = 10.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
_BYTES = {"Content-Type": "application/octet-stream"}
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(slots=True)
class Progress:
    """What was sent so far."""

    journal_bytes: int = 0
    wire_bytes: int = 0
    """After compression."""
    objects: int = 0
    object_bytes: int = 0
    failures: int = 0
    """Requests that had to be sent again."""
    last_error: str = ""
    hub: str = ""
    """Id of the store on the other side."""


class Sender:
    """Brings one outbox to one hub."""

    def __init__(
        self,
        http: Http,
        outbox: Outbox,
        *,
        limit_bytes_per_s: float | None = None,
        clock: Clock = SYSTEM_CLOCK,
        sleep: Callable[[float], Any] = time.sleep,
        report: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare to send.

        Args:
            http: the hub.
            outbox: what there is to send.
            limit_bytes_per_s: bandwidth to keep below; None means all there is.
            clock: where the time comes from.
            sleep: how to wait; returning early is fine.
            report: called after every request.
        """
        self._http = http
        self._outbox = outbox
        self._limit = limit_bytes_per_s
        self._clock = clock
        self._sleep = sleep
        self._report = report
        self._packs = urlsplit(http.url).hostname not in _LOCAL
        self._alive_at = -ALIVE_EVERY_S
        self.progress = Progress()

    def round(self) -> bool:
        """Send everything that is there now; return whether anything was sent.

        Raises:
            Unreachable, AccessDenied, EventideError: a request failed; the next round goes on where the hub says it is.
        """
        before = (self.progress.journal_bytes, self.progress.objects)
        self._outbox.refresh()
        self.ask()
        while self._send_pieces():
            self._send_objects(4)
        self._outbox.look_back()
        while self._send_objects(ASKED_AT_ONCE):
            self._outbox.refresh()
            self.ask()
            self._send_pieces()
        self._outbox.remember()
        self._say_alive()
        return before != (self.progress.journal_bytes, self.progress.objects)

    def follow(self, *, interval_s: float, stopping: Callable[[], bool]) -> None:
        """Send what comes, round after round, until `stopping`; what fails is tried again with growing pauses."""
        pause_s = FIRST_PAUSE_S
        while not stopping():
            try:
                self.round()
                pause_s = FIRST_PAUSE_S
                self.progress.last_error = ""
                self._sleep(interval_s)
            except EventideError as error:
                self.failed(error)
                self._sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - to lose step with the others
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def failed(self, error: EventideError) -> None:
        """Count a failure; the hub may be another one, or have lost something, so it is asked for everything again."""
        self.progress.failures += 1
        self.progress.last_error = error.message
        self._outbox.forget()
        self._report()

    def _post(self, path: str, body: bytes, headers: dict[str, str] | None = None, method: str = "POST") -> Any:
        began = self._clock.monotonic()
        answer = self._http.request(method, f"/api/relay/{path}", body, headers=headers or {})
        self.progress.wire_bytes += len(body)
        self._report()
        if self._limit:
            spent = self._clock.monotonic() - began
            self._sleep(max(0.0, len(body) / self._limit - spent))
        try:
            return orjson.loads(answer)
        except ValueError:
            raise Unreachable(f"`{self._http.url}` answers, and not as a hub does") from None

    def _json(self, path: str, question: Any) -> Any:
        return self._post(path, orjson.dumps(question), {"Content-Type": "application/json"})

    def _frame_bytes(self) -> int:
        """Return how much to send at once: half a second's worth where bandwidth is limited."""
        return FRAME_BYTES if not self._limit else int(max(16_384, min(FRAME_BYTES, self._limit / 2)))

    # ── journals ────────────────────────────────────────────────────────────────────────────────────────────────────

    def ask(self) -> None:
        """Find out what the hub has of every part that it has not been asked about."""
        unasked = self._outbox.unasked()
        for start in range(0, len(unasked), ASKED_AT_ONCE):
            parts = unasked[start : start + ASKED_AT_ONCE]
            asked = [[part.run_id, part.name, part.header.at, part.header.project] for part in parts]
            said = self._json("have", {"parts": asked})
            self.progress.hub = str(said.get("hub", ""))
            for part, ack in zip(parts, said["parts"], strict=True):
                self._outbox.note((part.run_id, part.name), Ack(**ack))

    def _send_pieces(self) -> bool:
        pieces = self._outbox.pieces(self._frame_bytes())
        if not pieces:
            return False
        body = dump_frame(pieces)
        if self._packs:
            said = self._post("parts", packed(body), {**_BYTES, "Content-Encoding": "gzip"})
        else:
            said = self._post("parts", body, _BYTES)
        for piece, raw in zip(pieces, said["parts"], strict=True):
            ack = Ack(**raw)
            self._outbox.note((piece.run, piece.name), ack)
            if ack.received >= piece.offset + len(piece.data):
                self.progress.journal_bytes += len(piece.data)
                self._outbox.sent(piece)
        return True

    def _say_alive(self) -> None:
        now = self._clock.monotonic()
        if now - self._alive_at >= ALIVE_EVERY_S:
            alive = list(self._outbox.alive())
            if alive:
                self._post("parts", dump_frame([], alive), _BYTES)
            self._alive_at = now

    # ── objects ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _send_objects(self, count: int) -> bool:
        """Send up to `count` objects that the hub lacks; return whether there were any to ask about."""
        hashes = self._outbox.objects(count)
        if not hashes:
            return False
        try:
            said = self._json("lacks", {"objects": hashes})
            lacking = {item["sha256"]: item["received"] for item in said["lacks"]}
            for sha256 in list(hashes):
                if sha256 in lacking:
                    self._send_object(sha256, lacking[sha256])
                self._outbox.delivered(sha256)
                hashes.remove(sha256)
        finally:
            self._outbox.again(hashes)
        return True

    def _send_object(self, sha256: str, received: int) -> None:
        """Send one object from where the hub's half of it ends."""
        store = self._outbox.store
        complete, size = False, 0
        while not complete:
            try:
                with store.open(sha256) as file:
                    size = store.size_bytes(sha256)
                    file.seek(received)
                    data = file.read(min(OBJECT_PIECE_BYTES, self._frame_bytes()))
            except ObjectNotFound:  # removed meanwhile: nothing refers to it any more
                return
            except OSError as error:
                raise Unreachable(f"the object `{sha256}` cannot be read: {error}") from error
            said = self._post(f"objects/{sha256}?offset={received}&size={size}", data, _BYTES, method="PUT")
            complete = bool(said["complete"])
            if not complete and said["received"] <= received:
                raise Unreachable(f"the hub does not take the object `{sha256}`")
            received = said["received"]
        self.progress.objects += 1
        self.progress.object_bytes += size
