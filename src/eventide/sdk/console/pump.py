"""The process that passes on and keeps what is written to a run's descriptors.

Started by `descriptors`; it writes a part of the run's journal of its own, with the role `fork`. Passing on begins at once, before anything
of Eventide's is loaded. Invariant: everything read is passed on, before it is kept, whatever happens to the store.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import selectors
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventide.sdk.console.keep import RunConsole

BLOCK_BYTES = 64 * 1024
TICK_S = 0.5


def main(order: dict[str, Any]) -> None:
    """Pass on and keep what comes, until the last writer is gone."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGPIPE"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    streams = {
        each["read"]: (each["name"], each["write"], codecs.getincrementaldecoder("utf-8")("replace"))
        for each in order["streams"]
    }
    console: RunConsole | None = None
    close: Callable[[], None] | None = None
    waiting: list[tuple[str, str]] = []
    with selectors.DefaultSelector() as ready:
        for fd in streams:
            ready.register(fd, selectors.EVENT_READ)
        while streams:
            for key, _ in ready.select(TICK_S if console is not None else 0):
                name, target, decoder = streams[key.fd]
                data = _read(key.fd)
                _pass_on(target, data)
                waiting.append((name, decoder.decode(data, not data)))
                if not data:
                    ready.unregister(key.fd)
                    del streams[key.fd]
            if console is None:
                console, close = _open(order)
            _keep(console, waiting)
            for fd, (_, target, _) in streams.items():
                _resize(fd, target)
    if close is not None:
        close()


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, BLOCK_BYTES)
    except OSError:  # how a pseudo-terminal says that the last writer is gone
        return b""


def _pass_on(fd: int, data: bytes) -> None:
    with contextlib.suppress(OSError):  # the terminal was closed
        while data:
            data = data[os.write(fd, data) :]


def _keep(console: RunConsole, waiting: list[tuple[str, str]]) -> None:
    with contextlib.suppress(Exception):  # the disk is full: passing on goes on
        for name, text in waiting:
            if text:
                console.feed(name, text)
        console.tick()
    waiting.clear()


def _open(order: dict[str, Any]) -> tuple[RunConsole, Callable[[], None]]:
    """Return the console of the run, and what ends it."""
    from pathlib import Path  # noqa: PLC0415 - passing on has begun

    from eventide.journal.records import ROLE_FORK  # noqa: PLC0415
    from eventide.journal.writer import Identity, JournalWriter  # noqa: PLC0415
    from eventide.layout import Layout  # noqa: PLC0415
    from eventide.sdk.console.keep import RunConsole  # noqa: PLC0415

    identity = Identity(order["run"], order["project"], ROLE_FORK, order["attempt"], order["rank"], order["world_size"])
    writer = JournalWriter(Layout(Path(order["root"])), identity, on_failure=lambda *_: None)
    console = RunConsole(writer)

    def close() -> None:
        with contextlib.suppress(Exception):
            console.close()
            writer.close()

    return console, close


def _resize(fd: int, target: int) -> None:
    """Give the pseudo-terminal the size of the terminal."""
    if sys.platform == "win32" or not os.isatty(fd):
        return
    import termios  # noqa: PLC0415 - not on Windows

    with contextlib.suppress(OSError, termios.error):
        size = termios.tcgetwinsize(target)
        if size != termios.tcgetwinsize(fd):
            termios.tcsetwinsize(fd, size)
