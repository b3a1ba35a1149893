"""Questions to the Source, asked in the background, and what changed, watched in the background.

Invariant: the screen never waits. Of several questions for one place only the newest is answered: what was asked before it is
dropped, and an answer that comes late is thrown away. No more than `fps` updates a second, and no more than a small share of one
core is spent on looking whether something changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.message import Message

from eventide.tui.frugal import give_back

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from eventide.source import Source

IDLE_S = 1.0
"""Seconds between two looks at a store in which nothing happens."""
END_S = 1.0
"""Seconds that the end of the program waits for a look at the store, which may be far away."""
SHARE = 0.02
"""Of one core, for looking."""
QUIET_S = 1.0
"""Seconds without a question after which memory is given back."""
HELD_S = 5.0
"""Seconds after which it is given back between two questions."""


class Answer(Message):
    """An answer, or the error that came instead of it."""

    def __init__(self, place: str, serial: int, value: Any, error: Exception | None) -> None:
        super().__init__()
        self.place = place
        self.serial = serial
        self.value = value
        self.error = error


class Changed(Message):
    """Runs with new rows or facts."""

    def __init__(self, run_ids: tuple[str, ...], removed: tuple[str, ...]) -> None:
        super().__init__()
        self.run_ids = run_ids
        self.removed = removed


class Asker:
    """One thread that answers questions in the order of their places."""

    def __init__(self, target: MessagePump) -> None:
        self._target = target
        self._waiting: dict[str, tuple[int, Callable[[], Any]]] = {}
        self._then: dict[str, tuple[int, Callable[[Any], None]]] = {}
        self._serial = 0
        self._wake = threading.Condition()
        self._ended = False
        self._busy = False
        threading.Thread(target=self._run, name="eventide-tui-asker", daemon=True).start()

    def ask(self, place: str, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Have `work` done in the background and `then` called with what it returns, unless `place` is asked again before."""
        with self._wake:
            self._serial += 1
            self._waiting.pop(place, None)
            self._waiting[place] = (self._serial, work)
            self._then[place] = (self._serial, then)
            self._wake.notify()

    def deliver(self, answer: Answer) -> Exception | None:
        """Hand an answer to whoever asked, if it is still wanted; return the error that came instead."""
        serial, then = self._then.get(answer.place, (-1, None))
        if serial != answer.serial or then is None:
            return None
        if answer.error is None:
            then(answer.value)
        return answer.error

    @property
    def is_busy(self) -> bool:
        """Whether something is being asked, or waits to be."""
        return self._busy or bool(self._waiting)

    def close(self) -> None:
        """Ask nothing more."""
        with self._wake:
            self._ended = True
            self._waiting.clear()
            self._wake.notify()

    def _run(self) -> None:
        kept_since: float | None = None
        while True:
            with self._wake:
                self._busy = bool(self._waiting)
                if not self._waiting and not self._ended:
                    self._wake.wait(None if kept_since is None else QUIET_S)
            if kept_since is not None and (not self._waiting or time.monotonic() - kept_since > HELD_S):
                give_back()
                kept_since = None
            with self._wake:
                if self._ended:
                    return
                if not self._waiting:
                    continue
                place = next(iter(self._waiting))
                serial, work = self._waiting.pop(place)
                self._busy = True
            kept_since = time.monotonic() if kept_since is None else kept_since
            try:
                answer = Answer(place, serial, work(), None)
            except Exception as error:  # noqa: BLE001 - shown to the user; a thread that dies would answer nothing any more
                answer = Answer(place, serial, None, error)
            self._target.post_message(answer)


class Watch:
    """One thread that looks whether something changed."""

    def __init__(self, source: Source, target: MessagePump, *, fps: float) -> None:
        self._source = source
        self._target = target
        self._least_s = 1.0 / max(0.1, fps)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eventide-tui-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more; a look that is under way may end before the store is closed."""
        self._ended.set()
        self._thread.join(END_S)

    def _run(self) -> None:
        cursor = ""
        pause_s = self._least_s
        while not self._ended.wait(pause_s):
            began = time.thread_time()
            try:
                changes = self._source.changes(cursor)
            except Exception:  # noqa: BLE001 - a thread that dies would leave the screen as it is for ever; the store may be closed, too
                pause_s = max(self._least_s, IDLE_S)
                continue
            cost_s = time.thread_time() - began
            is_first = not cursor  # what changed between the first answer and this look is in neither
            is_new = is_first or bool(changes.run_ids or changes.removed)
            cursor = changes.cursor
            idle_s = self._least_s if is_new else min(IDLE_S, pause_s * 1.5)
            pause_s = max(self._least_s, idle_s, cost_s / SHARE)
            if is_new and not self._ended.is_set():
                self._target.post_message(Changed(() if is_first else changes.run_ids, changes.removed))
