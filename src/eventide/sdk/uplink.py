"""Send a run to a hub while it is written, from a thread of the training process.

The journal is the buffer: the thread may die, be slow or never reach the hub, and nothing is lost; `eventide sync` brings the rest.
Invariant: nothing here is waited for but at the end, for a bounded time, and nothing raises into training.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from eventide.errors import AccessDenied, EventideError

if TYPE_CHECKING:
    from eventide.layout import Layout
    from eventide.relay.outbox import Outbox
    from eventide.relay.sender import Sender
    from eventide.sdk.run import Run

INTERVAL_S = 0.2
LONGEST_PAUSE_S = 30.0


class Uplink:
    """Brings one run to one hub."""

    def __init__(self, run: Run, layout: Layout, url: str, rank: int) -> None:
        """Start sending.

        Args:
            run: what to send.
            layout: its store.
            url: the hub.
            rank: only parts of this rank are sent; each rank sends its own.
        """
        self.url = url
        self._run = run
        self._layout = layout
        self._rank = rank
        self._pid = os.getpid()
        self._ending = threading.Event()
        self._unsent_bytes = 0
        self._reached = False
        self._thread: threading.Thread | None = threading.Thread(target=self._work, name="eventide-uplink", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # the process is ending, or may not have more threads
            self._thread = None

    def _work(self) -> None:
        try:
            self._send()
        except Exception as error:  # noqa: BLE001 - a thread beside training has nobody to raise to
            self._run._guard("hub", error, 1)  # noqa: SLF001 - part of the same package

    def _send(self) -> None:
        from eventide.relay.outbox import Outbox  # noqa: PLC0415 - only runs that are sent need it, and not before their first log
        from eventide.relay.sender import Sender  # noqa: PLC0415
        from eventide.transport import Http  # noqa: PLC0415

        outbox = Outbox(self._layout, frozenset({self._run.id}), rank=self._rank)
        http = Http(self.url)
        sender = Sender(http, outbox, sleep=lambda s: self._ending.wait(s) and None)
        try:
            self._rounds(sender, outbox)
        finally:
            http.close()

    def _rounds(self, sender: Sender, outbox: Outbox) -> None:
        """Send round after round, and once more after the run's end."""
        pause_s = INTERVAL_S
        ended = False
        while not ended:
            ended = self._ending.is_set()  # whatever was written before is in this round
            try:
                sender.round()
                self._reached, pause_s = True, INTERVAL_S
            except EventideError as error:
                sender.failed(error)
                if sender.progress.failures == 1 or isinstance(error, AccessDenied):
                    self._run._guard("hub", error, 1)  # noqa: SLF001
                if isinstance(error, AccessDenied):
                    break
                pause_s = min(LONGEST_PAUSE_S, max(1.0, pause_s * 2))
            if not ended:
                self._ending.wait(pause_s)
        outbox.refresh()
        self._unsent_bytes = sum(here - there for here, there, _ in outbox.behind().values())

    def end(self, timeout_s: float) -> None:
        """Send what is left, for at most `timeout_s` seconds; called when the run's last record is written."""
        if self._thread is None or self._pid != os.getpid():
            return
        self._ending.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive() or self._unsent_bytes or not self._reached:
            self._say(
                f"eventide: not all of {self._run.name} is on {self.url} yet; later: eventide sync --to {self.url}"
            )

    @staticmethod
    def _say(text: str) -> None:
        try:
            sys.stderr.write(text + "\n")
        except (AttributeError, OSError, ValueError):  # no stderr, or a closed one
            return
