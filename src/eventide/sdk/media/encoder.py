"""Encode media away from the training thread: one queue and one daemon thread per run, started with the first medium.

The thread that logs copies what it is given and goes on; when too much waits, it encodes its own. Invariant: a medium is counted as
waiting until its record is written or its failure has been counted, `drain` waits for all of them, and nothing here raises into
training but the caller's own mistakes.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.errors import InvalidValue
from eventide.names import check_key

if TYPE_CHECKING:
    from eventide.journal.writer import JournalWriter, Sifted
    from eventide.objects.base import Objects
    from eventide.sdk.media.kinds import Encoded, Media
    from eventide.sdk.values import Failure

KIND = "media"
MAX_WAITING_BYTES = 256 * 1024 * 1024
MAX_WAITING = 1000
STALL_S = 60.0
"""`drain` gives up when nothing was finished for so long."""

_PLAIN = frozenset({float, int, str, bool, type(None), dict, bytes})
"""Rows of nothing else hold no media, and cost no import."""


class Job(NamedTuple):
    """One medium on its way."""

    key: str
    media: Media
    step: int
    ts: float
    nth: int


class Encoder:
    """Takes media out of rows, and sees to it that they are encoded, stored and recorded. Safe for threads."""

    def __init__(self, objects: Callable[[], Objects], on_failure: Failure) -> None:
        self._objects = objects
        self._on_failure = on_failure
        self.writer: JournalWriter | None = None
        """Set once the writer, which needs `sift`, exists."""
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Forget what waits: it is the parent's."""
        self._changed = threading.Condition(
            threading.RLock()
        )  # a signal handler may end the run in the middle of `add`
        self._waiting: deque[Job] = deque()
        self._unfinished = 0
        self._unfinished_bytes = 0
        self._counts: dict[str, tuple[int, int]] = {}
        self._thread: threading.Thread | None = None

    # ── the thread that logs ────────────────────────────────────────────────────────────────────────────────────────

    def sift(self, data: Mapping[str, Any]) -> Sifted:
        """Return a row without its media, and what to do with them once their step is known; raises InvalidValue, InvalidKey."""
        if _PLAIN.issuperset(map(type, data.values())):
            return data, None
        from eventide.sdk.media.recognise import sift  # noqa: PLC0415 - a row of plain values needs nothing of it

        rest, found = sift(data)
        if not found:
            return data, None
        held = [
            (check_key(key), each) for key, media in found for one in media if (each := self._held(one)) is not None
        ]

        def add(step: int, ts: float) -> None:
            for key, media in held:
                self._add(key, media, step, ts)

        return rest, add

    def _held(self, media: Media) -> Media | None:
        try:
            return media.held()
        except InvalidValue:
            raise
        except Exception as error:  # noqa: BLE001 - a figure that cannot be drawn, memory that is not there
            self._on_failure(KIND, error, 1)
            return None

    def _add(self, key: str, media: Media, step: int, ts: float) -> None:
        with self._changed:
            last, count = self._counts.get(key, (-1, 0))
            nth = count if last == step else 0
            self._counts[key] = (step, nth + 1)
            job = Job(key, media, step, ts, nth)
            is_full = self._unfinished >= MAX_WAITING or (
                self._unfinished > 0 and self._unfinished_bytes + media.held_bytes > MAX_WAITING_BYTES
            )
            if not is_full:
                self._unfinished += 1
                self._unfinished_bytes += media.held_bytes
                self._waiting.append(job)
                self._changed.notify_all()
                if self._thread is None:
                    self._thread = self._start()
        if is_full:
            self._keep(job)
        elif self._thread is None:
            self._finish_one()

    def _start(self) -> threading.Thread | None:
        """Return the running thread; None where there can be none any more, at the end of the process."""
        thread = threading.Thread(target=self._work, args=(self._changed,), name="eventide-media", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return None
        return thread

    def drain(self, stall_s: float = STALL_S) -> None:
        """Return when nothing waits any more; what is stuck is counted as lost after `stall_s` without progress."""
        with self._changed:
            seen, since = self._unfinished, time.monotonic()
            while self._unfinished:
                if self._thread is None or not self._thread.is_alive():
                    self._finish_one()
                    continue
                self._changed.wait(0.5)
                if self._unfinished != seen:
                    seen, since = self._unfinished, time.monotonic()
                elif time.monotonic() - since > stall_s:
                    error = TimeoutError(f"nothing was finished for {stall_s:g} s")
                    self._on_failure(KIND, error, self._unfinished)
                    self._waiting.clear()
                    self._unfinished = self._unfinished_bytes = 0

    # ── the thread that encodes ─────────────────────────────────────────────────────────────────────────────────────

    def _work(self, mine: threading.Condition) -> None:
        while True:
            with mine:
                while not self._waiting:
                    mine.wait()
            self._finish_one()

    def _finish_one(self) -> None:
        """Encode and record the medium that has waited longest, if there is one."""
        try:
            job = self._waiting.popleft()
        except IndexError:
            return
        try:
            self._keep(job)
        finally:
            with self._changed:
                self._unfinished = max(0, self._unfinished - 1)
                self._unfinished_bytes = max(0, self._unfinished_bytes - job.media.held_bytes)
                self._changed.notify_all()

    def _keep(self, job: Job) -> None:
        """Encode, store and record one medium; failures are counted."""
        try:
            objects = self._objects()
            encoded = job.media.encode(objects.put_bytes)
            sha256, size = _stored(objects, encoded)
            reference: dict[str, Any] = {
                "kind": KIND,
                "name": job.key,
                "type": job.media.type,
                "sha256": sha256,
                "size_bytes": size,
                "format": encoded.format,
                "mime": encoded.mime,
                "index": job.nth,
                **({"caption": job.media.caption} if job.media.caption else {}),
                **encoded.fields,
            }
            if self.writer is not None:
                self.writer.file(reference, job.step, job.ts)
        except Exception as error:  # noqa: BLE001 - foreign encoders, a full disk, no memory: training goes on
            self._on_failure(KIND, error, 1)


def _stored(objects: Objects, encoded: Encoded) -> tuple[str, int]:
    """Store a medium's bytes, or the open file they are in; return their hash and size."""
    if isinstance(encoded.data, bytes):
        return objects.put_bytes(encoded.data), len(encoded.data)
    with encoded.data as file:
        sha256 = objects.put_stream(file)
        return sha256, file.tell()
