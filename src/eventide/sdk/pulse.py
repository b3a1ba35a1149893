"""The one thread of a process: it says that the process lives, and syncs what was written.

Invariant: at most one thread per process, a daemon that holds no lock while it waits, so that neither exit nor `fork` waits for it;
no exception ends it. A forked child starts its own with its first record.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from eventide.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Patient(Protocol):
        """What the pulse looks after; a JournalWriter is one."""

        def heartbeat(self) -> None:
            """Show that the process lives."""
            ...

        def sync(self) -> None:
            """Bring what was written to the disk."""
            ...


class Pulse:
    """Calls `heartbeat` and `sync` of everything it watches, each at its own interval. Safe for threads."""

    def __init__(
        self, *, clock: Clock = SYSTEM_CLOCK, heartbeat_interval_s: float = 10.0, fsync_interval_s: float = 5.0
    ) -> None:
        self._clock = clock
        self.heartbeat_interval_s = heartbeat_interval_s
        self.fsync_interval_s = fsync_interval_s
        self.failures = 0
        self._watched: dict[int, Patient] = {}
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.RLock()  # a signal may end the runs while this thread holds it
        self._stopping = threading.Event()
        self._waking = threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        now = self._clock.monotonic()
        self._next_heartbeat = now + self.heartbeat_interval_s
        self._next_sync = now + self.fsync_interval_s
        self._errands: list[tuple[float, Callable[[], None]]] = []

    def watch(self, patient: Patient) -> None:
        """Look after `patient` from now on; starts the thread when there is none yet."""
        with self._lock:
            self._watched[id(patient)] = patient
            if self._thread is None:
                self._reset_times()
                self._thread = threading.Thread(target=self._beat, name="eventide-pulse", daemon=True)
                try:
                    self._thread.start()
                except (
                    RuntimeError
                ):  # the process is ending, or may not have more threads; records are written all the same
                    self._thread = None

    def forget(self, patient: Patient) -> None:
        """Look after `patient` no more; the thread goes on for those to come."""
        with self._lock:
            self._watched.pop(id(patient), None)

    def later(self, delay_s: float, errand: Callable[[], None]) -> None:
        """Call `errand`, which must be quick, once after `delay_s`; never when nothing is watched by then."""
        with self._lock:
            self._errands.append((self._clock.monotonic() + delay_s, errand))
            self._waking.set()

    def stop(self) -> None:
        """Let the thread end; it does so at once, nobody waits for it."""
        with self._lock:
            self._stopping.set()
            self._waking.set()
            self._stopping, self._waking = threading.Event(), threading.Event()
            self._thread = None

    def after_fork_in_child(self) -> None:
        """Forget the parent's thread and patients; `watch` starts anew."""
        self._watched = {}
        self._reset()

    def tick(self) -> None:
        """Do whatever is due now."""
        now = self._clock.monotonic()
        with self._lock:
            patients = list(self._watched.values())
            errands = [errand for due, errand in self._errands if due <= now]
            self._errands = [(due, errand) for due, errand in self._errands if due > now]
            beat, sync = now >= self._next_heartbeat, now >= self._next_sync
            if beat:
                self._next_heartbeat = now + self.heartbeat_interval_s
            if sync:
                self._next_sync = now + self.fsync_interval_s
        for errand in errands:
            self._attempt(errand)
        for patient in patients:
            if beat:
                self._attempt(patient.heartbeat)
            if sync:
                self._attempt(patient.sync)

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception:  # noqa: BLE001 - one failing run must not stop the others' heartbeat
            self.failures += 1

    def _reset_times(self) -> None:
        now = self._clock.monotonic()
        self._next_heartbeat = now + self.heartbeat_interval_s
        self._next_sync = now + self.fsync_interval_s

    def _beat(self) -> None:
        stopping, waking = self._stopping, self._waking
        while not stopping.is_set():
            waking.wait(max(0.005, self._soonest() - self._clock.monotonic()))
            waking.clear()
            if not stopping.is_set():
                self.tick()

    def _soonest(self) -> float:
        with self._lock:
            return min(self._next_heartbeat, self._next_sync, *(due for due, _ in self._errands))
