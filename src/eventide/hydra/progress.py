"""A progress bar for people who wait. Invariant: it goes to stderr, and Rich is loaded only when one is drawn."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

SHOWN_FROM = 300
"""Runs from which on a bar is worth it."""


@contextlib.contextmanager
def show_progress(wanted: bool | None, total: int) -> Iterator[Callable[[], object]]:
    """Give a function to call once per run; it moves a bar on stderr when one is wanted, or worth it on a terminal."""
    if not (wanted if wanted is not None else total >= SHOWN_FROM and sys.stderr.isatty()):
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where a bar is drawn
    from rich.progress import MofNCompleteColumn, Progress  # noqa: PLC0415

    with Progress(
        *Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("Hydra runs", total=total)
        yield lambda: bar.advance(task)


@contextlib.contextmanager
def show_counted() -> Iterator[Callable[[int], object]]:
    """Give a function to call once per run with the number of runs; a bar appears on a terminal when there are many."""
    with contextlib.ExitStack() as stack:
        bar: list[Callable[[], object]] = []

        def advance(total: int) -> None:
            if not bar:
                bar.append(stack.enter_context(show_progress(None, total)))
            bar[0]()

        yield advance
