"""`eventide ui` and `eventide serve`: the runs of a store in the browser, and over HTTP."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventide.cli import terminal
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Callable

    from eventide.cli.state import State

_PORT = click.option(
    "--port", type=click.IntRange(0, 65535), metavar="N", help="Where to listen; default 8642 or the next free."
)
_READ_ONLY = click.option("--read-only", is_flag=True, help="Nothing can be changed.")


@click.command(cls=VerbCommand)
@click.argument("store", metavar="[STORE]", default="")
@_PORT
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@_READ_ONLY
@click.pass_obj
def ui(state: State, store: str, *, port: int | None, no_browser: bool, read_only: bool) -> None:
    """Look at runs in the browser, live.

        eventide ui                                       this store
        eventide ui /data/store --port 9000 --no-browser
        eventide ui --read-only

    Only this machine reaches it. On a terminal the browser is opened; Ctrl-C ends it.
    """
    running = _prepared(state, store, host="127.0.0.1", port=port, read_only=read_only)
    url = running.place.url + (f"/p/{_quoted(state.project)}" if state.project else "/")
    opens = not no_browser and terminal.is_terminal(sys.stdout) and terminal.is_terminal(sys.stdin)
    _run(state, running, url, open_browser=opens)


@click.command(cls=VerbCommand)
@click.argument("store", metavar="[STORE]", default="")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Address to listen on.")
@_PORT
@click.option(
    "--token", metavar="TOKEN", help="What a client has to present; `auto` makes one. Default: EVENTIDE_TOKEN."
)
@click.option("--let-everybody-in", is_flag=True, help="No token, also for other machines.")
@click.option(
    "--allow-host", "allowed", multiple=True, metavar="NAME", help="A name it is reached by, such as a proxy's."
)
@click.option("--root-path", default="", metavar="PATH", help="Path a proxy puts in front, such as /runs.")
@_READ_ONLY
@click.pass_obj
def serve(
    state: State,
    store: str,
    *,
    host: str,
    port: int | None,
    token: str | None,
    let_everybody_in: bool,
    allowed: tuple[str, ...],
    root_path: str,
    read_only: bool,
) -> None:
    """Serve runs over HTTP, for browsers, scripts and `eventide --store http://…`.

        eventide serve
        eventide serve --host 0.0.0.0 --token auto        other machines, with the link it prints
        eventide serve --host 0.0.0.0 --let-everybody-in --read-only

    Beyond this machine it asks for a token, unless you say otherwise in so many words. `/healthz` and `/metrics` are for monitoring.
    """
    from eventide.server.serving import check_reach, new_token  # noqa: PLC0415 - only where it is served
    from eventide.transport import token_of  # noqa: PLC0415

    presented = new_token() if token == "auto" else token_of(token)  # noqa: S105 - a word
    check_reach(host, presented, without_token=let_everybody_in)
    running = _prepared(
        state, store, host=host, port=port, read_only=read_only, token=presented, allowed=allowed, root_path=root_path
    )
    url = running.place.url + (f"/?token={_quoted(presented)}" if presented else "/")
    _run(state, running, url, open_browser=False)


def _prepared(
    state: State,
    store: str,
    *,
    host: str,
    port: int | None,
    read_only: bool,
    token: str | None = None,
    allowed: tuple[str, ...] = (),
    root_path: str = "",
) -> Any:
    """Return a server over the store, not running yet; the store is closed by the state."""
    from eventide.server.app import make_app  # noqa: PLC0415
    from eventide.server.auth import EVERYTHING, READING, OpenGate, TokenGate  # noqa: PLC0415
    from eventide.server.guard import Hosts  # noqa: PLC0415
    from eventide.server.serving import Server, bind  # noqa: PLC0415

    if store:
        if state.options.store:
            raise InvalidSetting("the store is named twice", hint="eventide ui STORE")
        state.options.store = store
    listening = bind(host, port)
    access = READING if read_only else EVERYTHING
    source = state.source
    hosts = Hosts(host, allowed)
    app = make_app(
        source,
        gate=TokenGate(token, access) if token else OpenGate(access),
        hosts=hosts,
        read_only=read_only,
        preferences_dir=_preferences_dir(source),
        seal=None if read_only else getattr(source, "seal", None),
        make_demo=_demo(state) if hosts.is_loopback and not read_only else None,
    )
    return Server(app, listening, root_path=root_path)


def _preferences_dir(source: Any) -> Path | None:
    """Return where the page's settings of a store are kept: beside its index."""
    folder = getattr(source, "cache_dir", None)
    return None if folder is None else Path(folder) / "page"


def _demo(state: State) -> Callable[[], tuple[str, int]] | None:
    from eventide.cli.commands.demo import PROJECT, fill  # noqa: PLC0415
    from eventide.transport import is_url  # noqa: PLC0415

    if is_url(state.options.store):
        return None
    root = state.root
    return lambda: (PROJECT, fill(root))


def _run(state: State, running: Any, url: str, *, open_browser: bool) -> None:
    def ready() -> None:
        state.output.say(f"{url}  (Ctrl-C ends it)")
        if open_browser:
            import webbrowser  # noqa: PLC0415 - only where one is opened

            webbrowser.open(url)

    running.run(ready)


def _quoted(text: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415

    return quote(text, safe="")
