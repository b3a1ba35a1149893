"""Listen to everything that is written to the descriptors 1 and 2: subprocesses, C code, faulthandler.

The descriptors are led to a process of our own (`pump`), which passes everything on to where it went before and then keeps it. It lives
until the last writer is gone: when this process is killed, what was printed still reaches the terminal, and the journal. Where a
descriptor is a terminal, it becomes a pseudo-terminal of the same size: `isatty` says what it said, bars and colours stay.
Invariant: the descriptors are as they were after `stop`; where the pump cannot be started they never changed.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from eventide.sdk.run import Run

PATIENCE_S = 3.0
"""How long the end of a run waits for the last lines."""


class Descriptors:
    """Leads stdout and stderr of this process to a pump for one run."""

    def __init__(self, run: Run) -> None:
        """Start listening; raises OSError where that cannot be done here."""
        if sys.platform == "win32":
            raise OSError("descriptors cannot be listened to on Windows")
        import subprocess  # noqa: PLC0415 - only in this mode

        self._saved = {fd: os.dup(fd) for fd in (1, 2)}
        self._pid = os.getpid()
        self._pump: Any = None
        ends: list[tuple[int, int]] = []
        try:
            ends = [_pair(fd) for fd in (1, 2)]
            command = [sys.executable, "-P", "-c", _CODE, orjson.dumps(self._order(run, ends)).decode()]
            passed = [*(end for end, _ in ends), *self._saved.values()]
            self._pump = subprocess.Popen(  # noqa: S603 - ourselves
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=passed,
                start_new_session=True,
                env={**os.environ, "EVENTIDE_CONSOLE": "off"},
            )
        except BaseException:
            self._close([fd for pair in ends for fd in pair] + list(self._saved.values()))
            raise
        _flush()
        for fd, (theirs, ours) in zip((1, 2), ends, strict=True):
            os.dup2(ours, fd)
            self._close([theirs, ours])

    def _order(self, run: Run, ends: list[tuple[int, int]]) -> dict[str, Any]:
        """Return what the pump has to know."""
        identity = run._writer.identity  # type: ignore[union-attr]  # noqa: SLF001 - part of the same package
        return {
            "path": [os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))],  # noqa: PTH100, PTH120
            "root": str(run._layout.root.absolute()),  # type: ignore[union-attr]  # noqa: SLF001
            "run": identity.run,
            "project": identity.project,
            "attempt": identity.attempt,
            "rank": identity.rank,
            "world_size": identity.world_size,
            "streams": [
                {"name": name, "read": end, "write": self._saved[fd]}
                for name, fd, (end, _) in zip(("stdout", "stderr"), (1, 2), ends, strict=True)
            ],
        }

    def stop(self) -> None:
        """Give the descriptors back, and wait a while for the last lines; a child of this process leaves all to its parent."""
        if os.getpid() != self._pid or not self._saved:
            return
        _flush()
        for fd, saved in self._saved.items():
            with contextlib.suppress(OSError):
                os.dup2(saved, fd)
        self._close(list(self._saved.values()))
        self._saved = {}
        with contextlib.suppress(Exception):
            self._pump.wait(PATIENCE_S)
        self._pump.returncode = (
            self._pump.returncode or 0
        )  # a subprocess that still writes keeps it; that is no leak of ours

    @staticmethod
    def _close(fds: list[int]) -> None:
        for fd in fds:
            with contextlib.suppress(OSError):
                os.close(fd)


_CODE = """
import sys, json
order = json.loads(sys.argv[1])
sys.path[:0] = order["path"]
from eventide.sdk.console.pump import main
main(order)
"""


def _pair(fd: int) -> tuple[int, int]:
    """Return the end that the pump reads and the end that takes the place of `fd`: a pseudo-terminal for a terminal, else a pipe."""
    if sys.platform == "win32" or not os.isatty(fd):
        return os.pipe()
    import termios  # noqa: PLC0415 - not on Windows

    reading, writing = os.openpty()
    modes = termios.tcgetattr(writing)
    modes[1] &= ~termios.OPOST  # the real terminal does that
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(writing, termios.TCSANOW, modes)
    with contextlib.suppress(OSError, termios.error):
        termios.tcsetwinsize(writing, termios.tcgetwinsize(fd))
    return reading, writing


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
