"""The line to a vendor: calls in order, in a thread of their own, so that a slow or broken SDK never holds up training.

Invariant: nothing raises out of here but in `ask`, whose caller waits for an answer; what failed or found no place is counted, the first
of its kind said at once, and all of it at the end.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
import warnings
from collections import deque
from collections.abc import Callable
from typing import Any

from eventide.errors import EventideWarning

MAX_WAITING = 10_000
"""Calls that wait at most; further ones are dropped and counted. They are in Eventide all the same."""
FINISH_TIMEOUT_S = 60.0
LOOK_EVERY_S = 0.05

Call = Callable[[], Any]


class Line:
    """Makes calls one after the other. Safe for threads."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._calls: deque[tuple[str, Call] | None] = deque()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.failures: dict[str, int] = {}

    def put(self, what: str, call: Call) -> None:
        """Have a call made soon; `what` says what it is, when it fails."""
        if self._closed:
            self.failed(what, RuntimeError("the logger is finished"))
            return
        if self._thread is None:
            self._start()
        if len(self._calls) >= MAX_WAITING:
            self.failed(what, RuntimeError(f"{MAX_WAITING} calls wait already"))
        else:
            self._calls.append((what, call))  # to wake the other thread would cost more than all the rest

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"eventide-{self._vendor}", daemon=True)
                self._thread.start()
                atexit.register(self.flush)  # before the SDK's own, which was registered earlier

    def _made(self, what: str, call: Call) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - a vendor's failure is no reason to stop training
            self.failed(what, error)

    def _work(self) -> None:
        while True:
            self._wake.wait(LOOK_EVERY_S)
            self._wake.clear()
            while self._calls:
                waiting = self._calls.popleft()
                if waiting is None:
                    return
                self._made(*waiting)

    def ask(self, call: Call) -> Any:
        """Make a call here, after those that wait, and return its answer; raises what it raises."""
        self.flush()
        return call()

    def flush(self, timeout_s: float = FINISH_TIMEOUT_S) -> bool:
        """Wait until the calls made so far are done; return whether they are."""
        if self._thread is None or not self._thread.is_alive():
            return True
        done = threading.Event()
        self._calls.append(("flush", done.set))
        self._wake.set()
        return done.wait(timeout_s)

    def close(self, last: Call, timeout_s: float = FINISH_TIMEOUT_S) -> None:
        """Make a last call, wait for it so long, and say what failed."""
        if self._closed:
            return
        done = threading.Event()

        def end() -> None:
            self._made("finish", last)
            done.set()

        self._closed = True
        if self._thread is None:
            self._start()
        atexit.unregister(self.flush)
        self._calls += [("finish", end), None]
        self._wake.set()
        if not done.wait(timeout_s):
            self.failed("finish", TimeoutError(f"not done after {timeout_s:g} s"))
        if self.failures:
            told = ", ".join(f"{count} x {what}" for what, count in self.failures.items())
            _say(f"{self._vendor}: did not take {told}; Eventide has it, where it keeps the run too")

    def failed(self, what: str, error: BaseException) -> None:
        """Count a failure, and say it when it is the first of its kind."""
        first = what not in self.failures
        self.failures[what] = self.failures.get(what, 0) + 1
        if first:
            text = f"{type(error).__name__}: {error}"
            _say(f"{self._vendor}: {what} failed: {text:.300}; training goes on")


def _say(text: str) -> None:
    with contextlib.suppress(Exception):  # warnings may be errors
        warnings.warn(text, EventideWarning, stacklevel=4)
