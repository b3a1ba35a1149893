"""`eventide assets` and `eventide cache`: objects that rows refer to, and cached results of functions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting, ObjectNotFound

if TYPE_CHECKING:
    from eventide.cli.state import State


@click.command(cls=VerbCommand)
@click.argument("key", metavar="[KEY]", required=False)
@click.option("-o", "--output", metavar="FILE", help="Write the object's bytes there.")
@click.option("--remove", is_flag=True, help="Empty the cells that refer to it, and remove its bytes; no way back.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def assets(
    state: State,
    key: str | None,
    *,
    output: str | None,
    remove: bool,
    yes: bool,
) -> None:
    """List the objects that rows refer to; write one to a file, or remove it.

        eventide assets
        eventide assets model -o model.pkl
        eventide assets 7f3a91c2 --remove --yes

    KEY is a logged key (its newest object) or the beginning of a SHA-256, 8 digits or more.
    """
    from eventide.table.assets import Assets  # noqa: PLC0415 - Arrow

    found = Assets(lambda: state.source)
    if key is None:
        if output or remove:
            raise InvalidSetting("no object was named", hint="eventide assets KEY -o FILE")
        rows = [
            [a.ref.sha256, a.ref.format, a.ref.size_bytes, a.count, list(a.keys), a.ref.type, a.ref.repr]
            for a in found.list()
        ]
        columns = (Column("sha256"), Column("format"), Column("size", "size"), Column("cells", "number"))
        more = (Column("keys", wide=True), Column("type", wide=True), Column("text", wide=True))
        state.output.emit(Listing("assets", (*columns, *more), rows))
        return
    ref = found.find(key)
    if ref is None:
        raise ObjectNotFound(f"no row refers to an object `{key}`", hint="eventide assets")
    if output is not None:
        Path(output).write_bytes(found.read(ref))
        state.output.say(f"{ref.size_bytes} bytes written to {output}")
    if remove:
        state.confirm(f"remove {ref.sha256[:12]} for ever", yes=yes)
        found.remove(ref)
        state.output.say(f"{ref.sha256[:12]} removed")
    if output is None and not remove:
        content = {"sha256": ref.sha256, "format": ref.format, "size": ref.size_bytes, "type": ref.type}
        lines = "".join(f"{name:<8}{value}\n" for name, value in content.items())
        state.output.emit_object("asset", content, lambda: lines)


@click.command(cls=VerbCommand)
@click.argument("folder", metavar="FOLDER")
@click.option("--remove", metavar="RUN_ID", help="Remove the results that this run computed.")
@click.pass_obj
def cache(
    state: State,
    folder: str,
    *,
    remove: str | None,
) -> None:
    """List cached results of tracked functions, and which run computed each.

    eventide cache cache/
    eventide cache cache/ --remove 20261120-101502-marvellous-stork-7f3akx2m
    """
    from eventide.table.cache import Cache  # noqa: PLC0415

    results = Cache(folder)
    if remove is not None:
        count = results.delete_by_track_id(remove)
        state.output.emit_object("cache", {"removed": count}, lambda: f"{count} results removed\n")
        return
    rows = [[key, e.function, e.args, e.track_id, e.created, e.size_bytes] for key, e in results.scan()]
    columns = (Column("key"), Column("function"), Column("args", wide=True), Column("run"))
    more = (Column("created", "time"), Column("size", "size"))
    state.output.emit(Listing("results", (*columns, *more), rows))
