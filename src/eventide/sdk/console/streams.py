"""Listen to what Python writes to stdout and stderr.

The method `write` of the stream objects is replaced on the objects themselves; the objects stay, with their `isatty`, encoding, buffer and
descriptor, for everybody who holds them. The text goes to where it always went first, and is kept after that.
Invariant: the replaced method returns and raises what the original does; after the last run the streams are as they were.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eventide.sdk.console.fold import PART_S
from eventide.sdk.console.keep import STREAMS, RunConsole

if TYPE_CHECKING:
    from eventide.sdk.pulse import Pulse
    from eventide.sdk.run import Run


class Streams:
    """Gives the console text of this process to the runs that want it. One per process."""

    def __init__(self, pulse: Pulse, current: Callable[[], Run | None]) -> None:
        self._pulse = pulse
        self._current = current
        self._consoles: list[RunConsole] = []
        self._replaced: list[tuple[Any, Callable[[str], Any]]] = []
        self._is_due = False

    def attach(self, run: Run) -> None:
        """Keep what is printed while `run` is the current one, until it ends."""
        console = RunConsole(run._writer)  # noqa: SLF001 - part of the same package
        run._console = console  # noqa: SLF001
        run._before_end.append(lambda: self._detach(console))  # noqa: SLF001
        self._consoles.append(console)
        for name in STREAMS:
            stream = getattr(sys, name, None)
            if stream is not None and not any(known is stream for known, _ in self._replaced):
                self._replace(stream, name)

    def after_fork_in_child(self) -> None:
        """Go on listening: the child's lines are the child's to write."""
        self._is_due = False
        for console in self._consoles:
            console.after_fork_in_child()

    def _detach(self, console: RunConsole) -> None:
        console.close()
        if console in self._consoles:
            self._consoles.remove(console)
        if not self._consoles:
            self._restore()

    def _replace(self, stream: Any, name: str) -> None:
        original = getattr(stream, "write", None)
        if original is None:
            return
        current = self._current

        def write(text: str, /) -> Any:
            written = original(text)
            try:
                console = current()._console  # type: ignore[union-attr]  # noqa: SLF001 - no run: caught below
                if console is not None and type(text) is str:
                    console.feed(name, text)
                    if not self._is_due and console.is_waiting:
                        self._come_back()
            except Exception:  # noqa: BLE001, S110 - printing has succeeded, and that is what counts
                pass
            return written

        try:
            stream.write = write
        except (AttributeError, TypeError):  # an object that takes no attributes; its text is not kept
            return
        self._replaced.append((stream, write))

    def _restore(self) -> None:
        """Take our methods off the streams; where somebody has put theirs on top, ours only passes on from now on."""
        while self._replaced:
            stream, write = self._replaced.pop()
            with contextlib.suppress(Exception):
                if vars(stream).get("write") is write:
                    del stream.write

    def _come_back(self) -> None:
        """Look again in a while at what is held back."""
        self._is_due = True
        self._pulse.later(PART_S, self._tick)

    def _tick(self) -> None:
        self._is_due = False
        for console in list(self._consoles):
            console.tick()
        if any(console.is_waiting for console in self._consoles):
            self._come_back()
