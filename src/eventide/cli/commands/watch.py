"""`eventide watch`: follow runs while they train."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from eventide.cli.listings import choose_fields, run_listing
from eventide.cli.output import Listing, exact_cell, json_row, json_text
from eventide.cli.verb import VerbCommand
from eventide.clock import SYSTEM_CLOCK
from eventide.errors import RunNotFound
from eventide.model import RunQuery, RunStatus
from eventide.table import fields, values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.cli.state import State
    from eventide.model import RunInfo

SCREENFUL = 20
ENDED = "state!=running"


@click.command(cls=VerbCommand)
@click.argument("where", metavar="[FILTER]", default="")
@click.option("--until", metavar="FILTER", help="Stop when all of them match this.")
@click.option("--exit-status", is_flag=True, help="Wait for the end; exit with 1 unless all finished.")
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(min=0.05),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look.",
)
@click.option("--once", is_flag=True, help="Look once.")
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(min=1),
    default=SCREENFUL,
    show_default=True,
    metavar="N",
    help="Rows on a terminal.",
)
@click.pass_obj
def watch(
    state: State,
    where: str,
    *,
    until: str | None,
    exit_status: bool,
    interval_s: float,
    once: bool,
    limit: int,
) -> None:
    """Follow runs: a live table on a terminal, one line per change when piped.

        eventide watch
        eventide watch state:running --until 'state!=running'
        eventide watch @last --exit-status && make report
        eventide watch --once --json

    Piped: id, name, status, rows, last step, the metric runs are judged by.
    """
    if exit_status and until is None:
        until = ENDED
    watcher = Watcher(state, where, until)
    if once:
        state.output.emit(
            run_listing(
                watcher.runs[:limit], choose_fields(watcher.runs, people=state.output.is_table), total=len(watcher.runs)
            )
        )
    elif state.output.is_table and state.output.is_terminal:
        _live(state, watcher, interval_s, limit)
    else:
        _lines(state, watcher, interval_s)
    if exit_status and any(run.status is not RunStatus.FINISHED for run in watcher.runs):
        raise click.exceptions.Exit(1)


class Watcher:
    """The runs that are watched: those that matched at any time since the start."""

    def __init__(self, state: State, where: str, until: str | None) -> None:
        self._state, self._where, self._until = state, where, until
        self._ids: dict[str, None] = {}
        self._fixed = where.startswith("@")
        if self._fixed:
            self._ids = dict.fromkeys(state.source.resolve(where, project=state.project))
        self.runs: Sequence[RunInfo] = ()
        self.look()
        if until and where and not self.runs:
            raise RunNotFound(f"no run matches `{where}`, so there is nothing to wait for", hint="eventide runs")

    def look(self) -> None:
        """Look at the runs again."""
        source = self._state.source
        if not self._fixed:
            found = source.runs(RunQuery(self._where, self._state.project, limit=None)).runs
            known = {run.id: run for run in found}
            self._ids = dict.fromkeys((*known, *self._ids))
        else:
            known = {}
        self.runs = [known[run_id] if run_id in known else source.run(run_id) for run_id in self._ids]

    @property
    def done(self) -> bool:
        """Whether all runs match `--until`."""
        if self._until is None or not self.runs:
            return False
        query = RunQuery(self._until, self._state.project, limit=None, archived=True, keys=(), details=False)
        matching = {run.id for run in self._state.source.runs(query).runs}
        return all(run.id in matching for run in self.runs)


def _line(runs: Sequence[RunInfo]) -> Listing:
    wanted = [fields.parse(name) for name in ("id", "name", "status", "rows")]
    chosen = [field for field in choose_fields(runs, people=True) if field.kind == "metric"][:2]
    return run_listing(runs, [*wanted, *chosen], total=len(runs))


def _lines(state: State, watcher: Watcher, interval_s: float) -> None:
    """Write one line per run that changed, until all is done."""
    said: dict[str, tuple[str, int]] = {}
    while True:
        listing = _line(watcher.runs)
        for run, row in zip(watcher.runs, listing.rows, strict=True):
            if said.get(run.id) != (run.status.value, run.rows):
                said[run.id] = (run.status.value, run.rows)
                state.output.write(_row_text(state, listing, row))
        sys.stdout.flush()
        if watcher.done:
            return
        time.sleep(interval_s)
        watcher.look()


def _row_text(state: State, listing: Listing, row: list[object]) -> str:
    if state.output.is_json:
        return json_text(json_row(listing.columns, row))
    cells = zip(listing.columns, row, strict=True)
    if state.output.is_table:
        return "  ".join(values.text(value) for value in row) + "\n"
    return "\t".join(exact_cell(column, value) for column, value in cells) + "\n"


def _live(state: State, watcher: Watcher, interval_s: float, limit: int) -> None:
    """Show the table and redraw it in place, until all is done."""
    from rich.console import Group  # noqa: PLC0415 - only on a terminal
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from eventide.cli import tables, terminal  # noqa: PLC0415

    def picture() -> Group:
        runs = watcher.runs
        listing = run_listing(runs[:limit], choose_fields(runs, people=True), total=len(runs))
        table, _ = tables.build(replace(listing, name="runs"), now=SYSTEM_CLOCK.time(), room=terminal.width())
        running = sum(run.status is RunStatus.RUNNING for run in runs)
        more = f", {len(runs) - limit} more not shown" if len(runs) > limit else ""
        foot = f"{len(runs)} runs, {running} running{more}" if runs else "no run yet; waiting for the first one"
        return Group(table, Text(foot, style="dim")) if runs else Group(Text(foot, style="dim"))

    with Live(picture(), console=tables.console(state.output), auto_refresh=False, transient=False) as live:
        while not watcher.done:
            time.sleep(interval_s)
            watcher.look()
            live.update(picture(), refresh=True)
