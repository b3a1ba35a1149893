"""A progress bar for what takes long: on a terminal's stderr, and only after 300 ms.

Invariant: nothing is printed, loaded or started where nobody looks, and a bar that fails stops nothing.
"""

from __future__ import annotations

import contextlib
import sys
import time
from importlib import import_module
from typing import Any, Self

DELAY_S = 0.3


class Progress:
    """Counts bytes towards a total; used as a context manager."""

    def __init__(self, what: str, total_bytes: int | None, *, quiet: bool = False) -> None:
        self._what = what
        self._total = total_bytes
        self._done = 0
        self._since = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        self._is_shown = not quiet and _is_terminal()

    def advance(self, size_bytes: int) -> None:
        """Count bytes that are done."""
        self._done += size_bytes
        if not self._is_shown:
            return
        with contextlib.suppress(Exception):
            if self._bar is None and time.monotonic() - self._since > DELAY_S:
                self._open()
            if self._bar is not None:
                self._bar.update(self._task, completed=self._done)

    def _open(self) -> None:
        rich = import_module("rich.progress")
        console = import_module("rich.console").Console(stderr=True)
        columns = (rich.TextColumn("{task.description}"), rich.BarColumn(), rich.DownloadColumn())
        bar = rich.Progress(
            *columns, rich.TransferSpeedColumn(), rich.TimeRemainingColumn(), console=console, transient=True
        )
        bar.start()
        self._bar, self._task = bar, bar.add_task(self._what, total=self._total)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            with contextlib.suppress(Exception):
                self._bar.stop()


def _is_terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False
