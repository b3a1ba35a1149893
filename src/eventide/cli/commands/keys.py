"""`eventide keys`: what has been logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.table.selection import ids_of

if TYPE_CHECKING:
    from eventide.cli.state import State

TYPES = {"f": "float", "i": "int", "l": "large int", "s": "text", "b": "bool", "j": "other", "n": "none"}


@click.command(cls=VerbCommand)
@click.argument("where", metavar="[FILTER]", default="")
@click.option("--numeric", is_flag=True, help="Only keys that hold numbers.")
@click.pass_obj
def keys(
    state: State,
    where: str,
    *,
    numeric: bool,
) -> None:
    """List the logged keys with their types and in how many runs they occur.

    eventide keys
    eventide keys 'tag:paper' --numeric
    """
    ids = ids_of(state.source, where, project=state.project) if where else None
    found = state.source.keys(project=state.project, run_ids=ids)
    rows = [
        [info.key, [TYPES.get(tag, tag) for tag in info.tags], info.runs, info.project]
        for info in found
        if info.numeric or not numeric
    ]
    columns = (Column("key", wide=True), Column("types"), Column("runs", "number"), Column("project"))
    state.output.emit(Listing("keys", columns, rows))
