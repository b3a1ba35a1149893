"""`eventide tui`: the runs of a store on this terminal, live."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from eventide.cli import terminal
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting

if TYPE_CHECKING:
    from eventide.cli.state import State


@click.command(cls=VerbCommand)
@click.argument("place", metavar="[STORE|RUN|URL]", default="")
@click.option("-q", "--filter", "where", metavar="FILTER", default="", help="Only runs that match.")
@click.option("--follow", is_flag=True, help="The newest run, and the next one when it starts.")
@click.option("--last", metavar="SPAN", help="Only the last stretch of time in charts: 10m, 2h.")
@click.option(
    "--fps",
    type=click.FloatRange(0.1, 4),
    default=4.0,
    show_default=True,
    metavar="N",
    help="Updates a second at most.",
)
@click.option("--ascii", "ascii_only", is_flag=True, help="Charts in ASCII.")
@click.option("--blocks", is_flag=True, help="Charts in half blocks, for fonts without braille.")
@click.option("--restore", is_flag=True, help="As it was left the last time.")
@click.option("--bell", is_flag=True, help="Ring when a run ends.")
@click.option("--read-only", is_flag=True, help="Nothing can be changed.")
@click.pass_obj
def tui(
    state: State,
    place: str,
    *,
    where: str,
    follow: bool,
    last: str | None,
    fps: float,
    ascii_only: bool,
    blocks: bool,
    restore: bool,
    bell: bool,
    read_only: bool,
) -> None:
    """Look at runs on this terminal, live.

        eventide tui
        eventide tui @last --follow --last 10m
        eventide tui /data/store -q 'tag:paper'
        eventide tui https://hub.example.org --read-only

    No server is needed, and none is started. ? shows the keys, : takes commands, q goes back, Q quits.
    """
    if not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout)):
        raise InvalidSetting("the terminal UI needs a terminal, and this is none", hint="eventide runs, eventide plot")
    from eventide.tui.place import Options, seconds  # noqa: PLC0415 - nobody else needs Textual
    from eventide.tui.start import start  # noqa: PLC0415

    options = Options(
        where, state.project, follow, seconds(last) if last else None, fps, ascii_only, blocks, restore, read_only, bell
    )
    start(place, state.options.store, options)
