"""Print the runs of a filter again and again while other processes write them: the second process of the digits demo.

    python examples/live_runs.py STORE FILTER [RUNS EXPECTED]

On a terminal the table is redrawn in place; into a pipe or a dumb terminal it goes as one plain line per look. It ends when
its standard input is closed, and asks the store like any other reader: without a lock, without a server.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

import eventide
from eventide.errors import EventideError, NotAStore
from eventide.model import RunInfo, RunQuery, RunStatus

REDRAW_S = 0.5
LINE_S = 2.0
BAR_CELLS = 10
NARROW, WIDE = 44, 74
"""Columns of the terminal below which lines are printed instead, and from which on the whole table fits."""

_STYLES = {RunStatus.RUNNING: "cyan", RunStatus.FINISHED: "green"}


def main() -> int:
    """Show the runs until the standard input is closed."""
    root, query = sys.argv[1], RunQuery(filter=sys.argv[2], sort="name")
    expected = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    over = threading.Event()
    threading.Thread(target=_wait_for_end, args=(over,), daemon=True).start()
    console = Console(emoji=False, highlight=False, markup=False)
    try:
        with _open(root, over) as store:
            redraws = console.is_terminal and not console.is_dumb_terminal and console.width >= NARROW
            if redraws:
                _redraw(console, store, query, over)
            else:
                _print_lines(console, store, query, over, expected)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody listens; nothing to say at exit either
    return 0


def _wait_for_end(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def _open(root: str, over: threading.Event) -> Any:
    """Return the store as soon as some process has made it."""
    while True:
        try:
            return eventide.open(root)
        except NotAStore:
            if over.wait(0.1):
                raise


def _runs(store: Any, query: RunQuery) -> tuple[RunInfo, ...]:
    """Return the runs as they are now; none while the store is in somebody's hands."""
    try:
        runs: tuple[RunInfo, ...] = store.source.runs(query).runs
    except EventideError as error:
        print(f"cannot look: {error}", file=sys.stderr)
        return ()
    return runs


def _redraw(console: Console, store: Any, query: RunQuery, over: threading.Event) -> None:
    with Live(console=console, auto_refresh=False) as live:
        while True:
            last = over.is_set()
            live.update(table(_runs(store, query), console.width), refresh=True)
            if last:
                return
            over.wait(REDRAW_S)


def _print_lines(console: Console, store: Any, query: RunQuery, over: threading.Event, expected: int) -> None:
    ended = False
    while not ended:
        ended = over.wait(LINE_S)
        runs = _runs(store, query)
        if runs:
            console.print(line(runs, expected), soft_wrap=True)
            console.file.flush()


def line(runs: tuple[RunInfo, ...], expected: int = 0) -> str:
    """Return the runs in one plain line: how many, how far, and the best so far."""
    done = sum(run.status is not RunStatus.RUNNING for run in runs)
    now = [f"{_plain(run.name)} {run.rows}/{run.params.get('epochs', '?')}" for run in runs if not run.status.is_final]
    best = max(runs, key=lambda run: _best(run, "val/acc") or 0.0)
    accuracy = _number(_best(best, "val/acc"))
    return f"{done} of {max(expected, len(runs))} runs done; best {accuracy} ({_plain(best.name)}); training: {', '.join(now) or 'none'}"


def table(runs: tuple[RunInfo, ...], width: int) -> Table:
    """Return the runs as a table with as many columns as fit."""
    grid = Table(title="Runs, read while they are written", title_justify="left")
    wide = width >= WIDE
    for name in ("run", *(("status",) if wide else ()), "epoch"):
        grid.add_column(name, no_wrap=True, overflow="ellipsis")
    for name in (*(("val/loss", "val/acc") if wide else ()), "best"):
        grid.add_column(name, justify="right", no_wrap=True)
    for run in runs:
        status = Text(run.status.value, style=_STYLES.get(run.status, "red"))
        now = (_number(_last(run, "val/loss")), _number(_last(run, "val/acc")))
        cells = (Text(_plain(run.name)), *((status,) if wide else ()), Text(_progress(run)), *(now if wide else ()))
        grid.add_row(*cells, _number(_best(run, "val/acc")))
    return grid


def _progress(run: RunInfo) -> str:
    epochs = run.params.get("epochs")
    if not isinstance(epochs, int) or epochs < 1:
        return str(run.rows)
    full = min(BAR_CELLS, BAR_CELLS * run.rows // epochs)
    return f"{'█' * full}{'·' * (BAR_CELLS - full)} {run.rows}/{epochs}"


def _last(run: RunInfo, key: str) -> float | None:
    stats = run.metrics.get(key)
    return stats.last if stats is not None and isinstance(stats.last, float) else None


def _best(run: RunInfo, key: str) -> float | None:
    stats = run.metrics.get(key)
    return None if stats is None else stats.best


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _plain(text: str) -> str:
    """Return text that no terminal takes for a command."""
    return "".join(char if char.isprintable() else "?" for char in text)


if __name__ == "__main__":
    sys.exit(main())
