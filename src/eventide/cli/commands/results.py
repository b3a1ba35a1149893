"""`eventide results`: what a run has saved, as a list or as a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventide.cli.files import write_whole
from eventide.cli.output import Column, Listing
from eventide.cli.selectors import select_one
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting
from eventide.table import results as reading

if TYPE_CHECKING:
    from eventide.cli.state import State


@click.command(cls=VerbCommand)
@click.argument("run", metavar="[RUN]", default="@last")
@click.argument("name", metavar="[NAME]", default="")
@click.option("--nth", "-k", "version", type=click.IntRange(min=1), help="Which version of NAME; default the newest.")
@click.option("--output", "-o", metavar="FILE", help="Where to write NAME; - for stdout. Default its name here.")
@click.pass_obj
def results(state: State, run: str, name: str, *, version: int | None, output: str | None) -> None:
    """List what a run has saved, or write one of it to a file.

        eventide results
        eventide results @best:val/acc
        eventide results marvellous-stork predictions -o predictions.npy

    Nothing is unpickled: the file holds the bytes that were saved.
    """
    run_id = select_one(state, run)
    if name:
        _write(state, reading.find(state.source, run_id, name, version), output)
        return
    rows = [
        [found.name, found.version, found.format, found.type, found.size_bytes, found.saved.timestamp(), found.sha256]
        for found in reading.results_of(state.source, run_id)
    ]
    columns = (
        Column("name", wide=True),
        Column("version", "number"),
        Column("format"),
        Column("type"),
        Column("size_bytes", "size", title="size"),
        Column("saved", "time"),
        Column("sha256"),
    )
    state.output.emit(Listing("results", columns, rows))


def _write(state: State, found: reading.Result, output: str | None) -> None:
    data = reading.read(state.source, found)
    if output == "-":
        sys.stdout.buffer.write(data)
        return
    path = Path(output or found.file_name)
    if output is None and path.exists():
        raise InvalidSetting(f"`{path}` is there already", hint=f"-o {path} to overwrite it")
    write_whole(path, data)
    state.output.say(f"wrote {path}, version {found.version} of {found.type}")
