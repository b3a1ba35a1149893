"""`eventide init`: make a store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventide.cli.verb import VerbCommand
from eventide.clock import SYSTEM_CLOCK
from eventide.layout import STORE_DIR, Layout

if TYPE_CHECKING:
    from eventide.cli.state import State


def _place(folder: Path) -> Path:
    """Return where a store in `folder` goes: into it, unless it holds other things or is the current folder."""
    is_store = (folder / "store.json").exists()
    if is_store or folder.name == STORE_DIR or not folder.is_dir():
        return folder
    return folder / STORE_DIR if folder == Path.cwd() or any(folder.iterdir()) else folder


@click.command(cls=VerbCommand)
@click.argument("folder", metavar="[DIR]", default="")
@click.pass_obj
def init(
    state: State,
    folder: str,
) -> None:
    """Make a store; an existing one is left as it is.

        eventide init
        eventide init /data/experiments && export EVENTIDE_DIR=/data/experiments

    Training scripts make the default store by themselves; this is for choosing the place.
    In a folder that holds other things, and in the current one, the store goes into `.eventide/`.
    """
    chosen = folder or state.options.store or os.environ.get("EVENTIDE_DIR") or STORE_DIR
    root = _place(Path(chosen).expanduser().absolute())
    layout = Layout(root)
    existed = layout.store_json.exists()
    layout.create(now_s=SYSTEM_CLOCK.time())
    content = {"store": str(root), "created": not existed}
    said = "there is already a store in" if existed else "made a store in"
    state.output.emit_object("store", content, lambda: f"{said} {root}\n")
