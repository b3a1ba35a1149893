"""The console of one run: folds both streams, writes whole lines into the journal at once, and stays within a rate.

Invariant: a whole line is with the kernel when `feed` returns, unless the run prints faster than `RATE` for long; then lines in between are
left out and counted, and the last ones are kept. Safe for threads and for what prints while it is printing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from eventide.sdk.console.fold import MAX_LINE_CHARS, Fold

if TYPE_CHECKING:
    from typing import Protocol

    class Journal(Protocol):
        """Where the text goes; a JournalWriter is one."""

        def console(self, text: str, stream: str = ...) -> None:
            """Record console text."""
            ...


RATE = 64 * 1024
"""Characters a second, in the long run."""
BURST = 8 * 1024 * 1024
"""Characters at once."""
TAIL = 64 * 1024
"""How much of the end is kept of what came too fast."""
STREAMS = ("stdout", "stderr")


class RunConsole:
    """Keeps the console text of one run."""

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.monotonic) -> None:
        self._journal = journal
        self._clock = clock
        self.is_closed = False
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Leave to the parent what it has not written yet."""
        self._lock = threading.RLock()
        self._is_busy = False
        self._later: deque[tuple[str, str]] = deque()
        self._folds = {stream: Fold(self._clock) for stream in STREAMS}
        self._left = float(BURST)
        self._at_s = self._clock()
        self._tail: deque[tuple[str, str]] = deque()
        self._tail_size = 0
        self._skipped = 0

    @property
    def is_waiting(self) -> bool:
        """Whether `tick` may have something to do."""
        return bool(self._skipped or self._tail) or any(fold.is_waiting for fold in self._folds.values())

    def feed(self, stream: str, text: str) -> None:
        """Take what was written to a stream."""
        with self._lock:
            if self._is_busy:  # a signal handler, or a warning about this very record
                self._later.append((stream, text))
                return
            if self.is_closed:
                return
            self._is_busy = True
            try:
                whole = self._folds[stream].feed(text)
                if whole:
                    self._write(stream, whole)
                    while self._later:
                        stream, text = self._later.popleft()
                        self._write(stream, self._folds[stream].feed(text))
            finally:
                self._is_busy = False

    def tick(self) -> None:
        """Write what has waited long enough."""
        self._flush(lambda fold: fold.tick())

    def close(self) -> None:
        """Write all that is held back, and take nothing more."""
        self._flush(lambda fold: fold.end())
        with self._lock:
            self.is_closed = True
            self._left = float(BURST)
            self._write_tail()

    def _flush(self, take: Callable[[Fold], str]) -> None:
        with self._lock:
            if self._is_busy or self.is_closed:
                return
            self._is_busy = True
            try:
                for stream, fold in self._folds.items():
                    self._write(stream, take(fold))
                if self._tail:
                    self._refill()
                    if self._left >= TAIL:
                        self._write_tail()
            finally:
                self._is_busy = False

    # ── the journal ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _write(self, stream: str, text: str) -> None:
        size = len(text)
        if not size:
            return
        if self._left < size or self._tail:
            self._refill()
            if self._tail and self._left >= TAIL:
                self._write_tail()
            if self._left < size or self._tail:
                self._hold(stream, text)
                return
        self._left -= size
        if size <= MAX_LINE_CHARS:
            self._journal.console(text, stream)
            return
        for start in range(0, len(text), MAX_LINE_CHARS):
            self._journal.console(text[start : start + MAX_LINE_CHARS], stream)

    def _refill(self) -> None:
        now = self._clock()
        self._left = min(float(BURST), self._left + (now - self._at_s) * RATE)
        self._at_s = now

    def _hold(self, stream: str, text: str) -> None:
        """Keep the end of what comes too fast, and count the lines that go."""
        if len(text) > TAIL:
            self._skipped += text.count("\n", 0, len(text) - TAIL)
            text = text[-TAIL:]
        self._tail.append((stream, text))
        self._tail_size += len(text)
        while self._tail_size > TAIL:
            _, old = self._tail.popleft()
            self._tail_size -= len(old)
            self._skipped += old.count("\n") or 1

    def _write_tail(self) -> None:
        if self._skipped:
            self._journal.console(f"… {self._skipped} lines left out, they came too fast …\n", "stderr")
        for stream, text in self._tail:
            self._journal.console(text, stream)
            self._left -= len(text)
        self._tail.clear()
        self._tail_size = self._skipped = 0
