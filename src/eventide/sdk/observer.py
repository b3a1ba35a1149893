"""Observe runs from beside: record where they come from and how the machine is used, without training waiting for it.

A thread of its own does it, begun by the pulse a moment after the first run, so that neither the start nor a hanging driver costs anything;
what a short run's end comes too early for, `finish` does itself. Invariant: nothing here raises into training; each run's provenance is
recorded once per process; a forked child observes nothing, its parent sees it among its processes.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING

from eventide.errors import RunFinished
from eventide.journal.records import ROLE_RUN
from eventide.sdk.provenance.started import Started

if TYPE_CHECKING:
    from eventide.sdk.gpu import Gpus
    from eventide.sdk.provenance.gather import Facts
    from eventide.sdk.pulse import Pulse
    from eventide.sdk.run import Run
    from eventide.sdk.system import Machine

FIRST_LOOK_S = 0.4
"""After the beginning of a run: who trains for a minute does not notice then, and who is done by then has no need of a thread."""
FIRST_SAMPLE_S = 0.9
FOREVER = float("inf")
PATIENCE_S = 2.0
"""How long `finish` waits for git."""


class Watched:
    """One run and what is yet to be done for it."""

    def __init__(self, run: Run, kinds: tuple[str, ...], interval_s: float) -> None:
        self.run = run
        self.kinds = kinds
        self.interval_s = interval_s
        self.started = Started.now()
        self.began_s = time.monotonic()
        self.due_s = self.began_s + FIRST_SAMPLE_S
        self.lock = threading.Lock()
        """Held while its provenance is recorded."""
        self.is_told = not kinds


class Observer:
    """Looks after the runs of a process. Safe for threads."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._facts: Facts | None = None
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Forget the parent's thread, runs and machine."""
        self._lock = threading.RLock()  # a signal may end the runs while this thread holds it
        self._watched: dict[int, Watched] = {}
        self._wake = threading.Event()
        self._is_started = False
        self._asleep_until_s = 0.0
        self._machine: Machine | None = None
        self._gpus: Gpus | None = None
        self._gpu_lock = threading.Lock()
        if self._facts is not None:
            self._facts.after_fork_in_child()

    def watch(self, run: Run, kinds: tuple[str, ...], interval_s: float) -> None:
        """Observe a run from now on; costs some microseconds."""
        if run.role != ROLE_RUN or run.dir is None or (kinds == ("none",) and not interval_s):
            return
        watched = Watched(run, () if kinds == ("none",) else kinds, interval_s)
        run._before_end.append(lambda: self.finish(run))  # noqa: SLF001 - part of the same package
        with self._lock:
            self._watched[id(run)] = watched
            begin, self._is_started = not self._is_started, True
        if begin:
            self._pulse.later(FIRST_LOOK_S, self._start)
        elif watched.began_s + FIRST_LOOK_S < self._asleep_until_s:
            self._wake.set()

    def finish(self, run: Run) -> None:
        """Record what is missing, at the end of a run."""
        with self._lock:
            watched = self._watched.pop(id(run), None)
        if watched is None or watched.is_told or run.status == "killed":
            return  # who is being killed has no time; and a named tuple made then costs Python its exit code for Ctrl-C
        self._tell(watched, PATIENCE_S)

    # ── the thread ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _start(self) -> None:
        try:
            threading.Thread(target=self._observe, name="eventide-observer", daemon=True).start()
        except RuntimeError:  # no more threads; `finish` records what can be
            self._is_started = False

    def _observe(self) -> None:
        wake = self._wake
        while True:
            wake.clear()
            self._asleep_until_s = FOREVER  # whoever comes during the round wakes this thread right after it
            try:
                due_s = self._round()
            except Exception:  # noqa: BLE001 - the thread goes on for the other runs
                due_s = time.monotonic() + FIRST_SAMPLE_S
            self._asleep_until_s = due_s
            wake.wait(None if due_s == FOREVER else max(0.02, due_s - time.monotonic()))

    def _round(self) -> float:
        """Do what is due, and return when something is next."""
        now = time.monotonic()
        with self._lock:
            watched = list(self._watched.values())
        sampled = [each for each in watched if each.interval_s]
        self._machine = (self._machine or self._new_machine()) if sampled else None
        for each in watched:
            if not each.is_told and now - each.began_s >= FIRST_LOOK_S * 0.9:
                self._tell(each)
        due = [each for each in sampled if each.due_s <= time.monotonic()]
        if due and self._machine is not None:
            self._record(self._machine, due)
        times = [each.due_s for each in sampled] + [each.began_s + FIRST_LOOK_S for each in watched if not each.is_told]
        return min(times, default=FOREVER)

    def _new_machine(self) -> Machine | None:
        from eventide.sdk import launch  # noqa: PLC0415 - in the thread
        from eventide.sdk.system import Machine  # noqa: PLC0415 - brings psutil

        try:
            first = launch.detect(os.environ).local_rank == 0
            return Machine(gpus=self._gpus_once() if first else None, whole=first)
        except Exception:  # noqa: BLE001 - no psutil for this system: there are no figures then
            return None

    def _record(self, machine: Machine, due: list[Watched]) -> None:
        figures = machine.sample()
        now = time.monotonic()
        for each in due:
            each.due_s = now + each.interval_s
            layout = each.run._layout  # noqa: SLF001 - part of the same package
            used = machine.disk_used_percent(str(layout.root)) if layout is not None else None
            mine = figures if used is None else {**figures, "disk/used_percent": used}
            try:
                each.run._writer.system(mine)  # noqa: SLF001
            except Exception:  # noqa: BLE001, S112 - the run has ended meanwhile
                continue

    # ── provenance ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, watched: Watched, timeout_s: float | None = None) -> None:
        """Record where a run comes from; when the thread is at it, wait for it a while."""
        if not watched.lock.acquire(timeout=-1 if timeout_s is None else timeout_s):
            return
        try:
            if not watched.is_told:
                run = watched.run
                run._guard.attempt("provenance", lambda: self._gather(watched, timeout_s))  # noqa: SLF001
        finally:
            watched.is_told = True  # also when it failed: it would fail again
            watched.lock.release()

    def _gather(self, watched: Watched, timeout_s: float | None) -> None:
        from eventide.sdk.provenance import gather  # noqa: PLC0415 - never before the first log
        from eventide.sdk.provenance.record import keeper, record  # noqa: PLC0415

        facts = self._facts
        if facts is None:
            facts = self._facts = gather.Facts()
        run, started = watched.run, watched.started
        keep = keeper(run)
        with contextlib.suppress(RunFinished):  # git took longer than the end of the run waits
            found, missing = facts.quick(gather.wanted_kinds(watched.kinds), started, keep)
            record(run, found)
            if missing:
                patience_s = gather.PATIENCE_S if timeout_s is None else timeout_s
                more = facts.slow(missing, started, keep, gpus=self._gpus_once, timeout_s=patience_s)
                found.update(more)
                record(run, more)
            record(run, {"captured": sorted(found)})

    def _gpus_once(self) -> Gpus:
        from eventide.sdk.gpu import Gpus  # noqa: PLC0415 - never before the first log

        with self._gpu_lock:
            if self._gpus is None:
                self._gpus = Gpus()
            return self._gpus
