"""`eventide merge`: rows of another store, or of a tracker's file, into this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from eventide.cli.verb import VerbCommand

if TYPE_CHECKING:
    from eventide.cli.state import State


@click.command(cls=VerbCommand)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="[TARGET]", required=False)
@click.option("--no-assets", is_flag=True, help="Leave out the objects that rows refer to.")
@click.pass_obj
def merge(
    state: State,
    source: str,
    target: str | None,
    *,
    no_assets: bool,
) -> None:
    """Copy what is new in another store, or in a file of xetrack, into this store or into TARGET.

        eventide merge other-store/
        eventide merge database.db                      a file that the real xetrack wrote
        eventide merge a.db b.db --project mnist        one project, and another target

    Can be repeated: what is there already is not copied again. The source is only read.
    """
    from eventide.table.merge import copy  # noqa: PLC0415 - Arrow

    tables = None if state.project is None else [state.project]
    copied = copy(source, state.root if target is None else target, assets=not no_assets, tables=tables)
    state.output.emit_object("merge", {"rows": copied}, lambda: f"{copied} rows copied\n")
