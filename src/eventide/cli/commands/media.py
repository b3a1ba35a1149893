"""`eventide media`: what runs have shown, as a list or as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventide.cli.output import Column, Listing
from eventide.cli.selectors import select_one
from eventide.cli.verb import VerbCommand
from eventide.errors import EventideError, ObjectNotFound
from eventide.table.media import media_of

if TYPE_CHECKING:
    from eventide.cli.state import State
    from eventide.table.media import Medium


class _Group(click.Group, VerbCommand):
    """A verb with verbs of its own; its help is laid out like every verb's."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, docstring, options."""
        VerbCommand.format_help(self, ctx, formatter)


@click.group(cls=_Group)
def media() -> None:
    """Pictures, sound, films, tables and other media that runs have logged.

    eventide media ls @last
    eventide media ls @last samples --step 100
    eventide media get @last samples -o pictures
    """


def _chosen(state: State, run: str, key: str, step: int | None) -> list[Medium]:
    found = media_of(state.source, run_ids=(select_one(state, run),), key=key or None)
    return [medium for medium in found if step is None or medium.step == step]


@media.command("ls", cls=VerbCommand)
@click.argument("run", metavar="[RUN]", default="@last")
@click.argument("key", metavar="[KEY]", default="")
@click.option("--step", type=click.IntRange(min=0), help="Only those of one step.")
@click.pass_obj
def list_media(state: State, run: str, key: str, *, step: int | None) -> None:
    """List the media of a run, in the order they were logged.

    eventide media ls @last
    eventide media ls @best:val/acc samples
    """
    rows = [
        [m.key, m.step, m.index, m.type, m.format, m.size_bytes, m.caption, m.logged.timestamp(), m.sha256]
        for m in _chosen(state, run, key, step)
    ]
    first = (
        Column("key", wide=True),
        Column("step", "number"),
        Column("index", "number"),
        Column("type"),
        Column("format"),
    )
    rest = (Column("size_bytes", "size", title="size"), Column("caption", wide=True), Column("logged", "time"))
    state.output.emit(Listing("media", (*first, *rest, Column("sha256")), rows))


@media.command("get", cls=VerbCommand)
@click.argument("run", metavar="RUN")
@click.argument("key", metavar="[KEY]", default="")
@click.option("--step", type=click.IntRange(min=0), help="Only those of one step.")
@click.option("--output", "-o", metavar="DIR", default=".", help="The folder to write to; default here.")
@click.pass_obj
def get(state: State, run: str, key: str, *, step: int | None, output: str) -> None:
    """Write media to files named by key, step and number.

    eventide media get @last samples -o pictures
    eventide media get marvellous-stork --step 100
    """
    found = _chosen(state, run, key, step)
    if not found:
        raise ObjectNotFound(f"the run has no media `{key or '*'}`" + ("" if step is None else f" at step {step}"))
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EventideError(f"cannot make the folder `{folder}`: {error.strerror or error}") from error
    for medium in found:
        state.output.write(f"{medium.save(folder)}\n")
