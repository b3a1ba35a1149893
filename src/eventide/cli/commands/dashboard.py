"""`eventide dashboard`: figures and tables in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventide.cli.verb import VerbCommand

if TYPE_CHECKING:
    from eventide.cli.state import State


@click.command(cls=VerbCommand)
@click.argument("folder", metavar="[DIR|STORE]", default="")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8501, show_default=True, metavar="N", help="Where to listen."
)
@click.option("--headless", is_flag=True, help="Open no browser.")
@click.pass_obj
def dashboard(state: State, folder: str, *, port: int, headless: bool) -> None:
    """Show runs in the browser: sort, filter, draw, export.

        eventide dashboard                                this store
        eventide dashboard multirun                       a folder that Hydra wrote
        eventide dashboard /data/store --headless --port 8600

    Listens on 127.0.0.1 alone. A Hydra folder is imported into a store in the cache first; nothing is written into it.
    """
    from eventide.dashboard.serve import serve, store_of  # noqa: PLC0415 - only where it is served

    chosen = Path(folder).expanduser().absolute() if folder else state.root
    store_of(chosen, lambda path, reason: state.output.say(f"{path}: {reason}", style="yellow"))
    state.output.say(f"http://localhost:{port}  (Ctrl-C ends it)")
    code = serve(chosen, port=port, headless=headless)
    if code:
        raise click.exceptions.Exit(code)
