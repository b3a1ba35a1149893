"""`eventide config`: every setting, its value and origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from eventide import settings
from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.errors import EventideError

if TYPE_CHECKING:
    from eventide.cli.state import State


@click.command(cls=VerbCommand)
@click.argument("setting", metavar="[SETTING]", default="")
@click.pass_obj
def config(
    state: State,
    setting: str,
) -> None:
    """Show every setting: its value, where that comes from, and the variable that changes it.

    eventide config
    eventide config dir
    """
    chosen = [settings.find(setting)] if setting else list(settings.SETTINGS)
    columns = (
        Column("setting"),
        Column("value", wide=True),
        Column("origin"),
        Column("variable"),
        Column("help", wide=True),
    )
    state.output.emit(Listing("settings", columns, [_row(state, row) for row in chosen]))


def _row(state: State, row: settings.Setting) -> list[object]:
    argument = {"dir": state.options.store, "format": state.options.format, "color": state.options.color}.get(row.name)
    try:
        found = settings.resolve(row.name, argument)
    except EventideError as error:
        return [row.name, f"invalid: {error.message}", row.env, row.env, row.help]
    value = str(state.root) if row.name == "dir" else "***" if row.is_secret and found.value else found.value
    origin = (
        found.origin
        if row.name != "dir" or found.origin != "default"
        else "found"
        if state.root.exists()
        else "default"
    )
    return [row.name, list(value) if isinstance(value, tuple) else value, origin, row.env, row.help]
