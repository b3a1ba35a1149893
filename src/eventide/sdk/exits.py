"""Learn how the process ends, without standing in anybody's way.

sys.excepthook and sys.exit are chained (what was there before is still called), atexit comes last, and SIGTERM and SIGHUP are only handled
where nobody else handles them; afterwards the signal does what it would have done.
A bare `raise SystemExit(3)` outside of a `with` block passes by all of these: Python tells nobody the code, and the run counts as finished.
Invariant: no handler of anybody else is replaced or kept from running, and exit codes are what they would have been.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eventide.sdk.run import ending_of, exit_status

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from eventide.sdk.run import Status

    Finish = Callable[[Status, str], None]

_SIGNALS = ("SIGTERM", "SIGHUP")


class Exits:
    """Calls `finish(status, error)` once when the process ends, and `at_exit()` after it. One per process."""

    def __init__(self, finish: Finish, at_exit: Callable[[], None]) -> None:
        self._finish = finish
        self._at_exit = at_exit
        self._ending: tuple[Status, str] | None = None
        self._installed = False

    def install(self) -> None:
        """Chain the hooks; calling again does nothing."""
        if self._installed:
            return
        self._installed = True
        atexit.register(self._on_exit)
        self._hook_before, sys.excepthook = sys.excepthook, self._on_exception
        self._exit_before, sys.exit = sys.exit, self._on_sys_exit
        if threading.current_thread() is threading.main_thread():
            for name in _SIGNALS:
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, self._on_signal)

    def forget(self) -> None:
        """Forget how the process was about to end: in a forked child, or when an exit was caught and a new run begins."""
        self._ending = None

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> Any:
        try:
            self._ending = ending_of(error)
        finally:
            result = self._hook_before(kind, error, trace)
        return result

    def _on_sys_exit(self, code: Any = None, /) -> Any:
        if threading.current_thread() is threading.main_thread():
            self._ending = exit_status(code)
        return self._exit_before(code)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's signature
        """Record that the process is killed, then let the signal do what it does by default."""
        try:
            self._finish("killed", f"signal {signal.Signals(number).name}")
            self._at_exit()
        finally:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def _on_exit(self) -> None:
        status, error = self._ending or self._unseen_exception() or ("finished", "")
        self._finish(status, error)
        self._at_exit()

    def _unseen_exception(self) -> tuple[Status, str] | None:
        """Return how the script failed when somebody replaced sys.excepthook after us without calling it."""
        error = getattr(sys, "last_value", None)
        interactive = hasattr(sys, "ps1") or bool(sys.flags.interactive)
        if error is None or interactive or sys.excepthook == self._on_exception:
            return None
        return ending_of(error)
