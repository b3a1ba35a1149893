"""`eventide ui` and `eventide serve`: the runs of a store in the browser, and over HTTP."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventide.cli import terminal
from eventide.cli.verb import VerbCommand
from eventide.clock import SYSTEM_CLOCK
from eventide.errors import InvalidSetting
from eventide.layout import Layout
from eventide.transport import is_url

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
@click.option("--frames", is_flag=True, help="Let pages of this machine, such as notebooks, show it in a frame.")
@_READ_ONLY
@click.pass_obj
def ui(state: State, store: str, *, port: int | None, no_browser: bool, frames: bool, read_only: bool) -> None:
    """Look at runs in the browser, live.

        eventide ui                                       this store
        eventide ui /data/store --port 9000 --no-browser
        eventide ui --read-only

    Only this machine reaches it. On a terminal the browser is opened; Ctrl-C ends it.
    """
    _name(state, store)
    running = _prepared(state, host="127.0.0.1", port=port, read_only=read_only, frames=frames)
    url = running.place.url + (f"/p/{_quoted(state.project)}" if state.project else "/")
    opens = not no_browser and terminal.is_terminal(sys.stdout) and terminal.is_terminal(sys.stdin)
    _run(state, running, url, open_browser=opens)


@click.command(cls=VerbCommand)
@click.argument("store", metavar="[STORE]", default="")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Address to listen on.")
@_PORT
@click.option("--token", metavar="TOKEN", help="What a client has to present; `auto` makes one.")
@click.option("--let-everybody-in", is_flag=True, help="No token, also for other machines.")
@click.option(
    "--allow-host", "allowed", multiple=True, metavar="NAME", help="A name it is reached by, such as a proxy's."
)
@click.option("--hub", is_flag=True, help="Take in what relays and training scripts send.")
@click.option("--data", metavar="URL", help="With --hub: tables and objects in a bucket, s3://bucket/prefix.")
@click.option("--index", metavar="URL", help="With --hub: what nodes share, postgresql://user@host/name.")
@click.option("--cert", metavar="FILE", help="Certificate, for TLS.")
@click.option("--key", metavar="FILE", help="Key of the certificate.")
@click.option("--proxy", "proxies", multiple=True, metavar="ADDRESS", help="A proxy whose forwarded headers count.")
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
    hub: bool,
    data: str | None,
    index: str | None,
    cert: str | None,
    key: str | None,
    proxies: tuple[str, ...],
    root_path: str,
    read_only: bool,
) -> None:
    """Serve runs over HTTP, for browsers, scripts and `eventide --store http://…`.

        eventide serve
        eventide serve --host 0.0.0.0 --token auto        other machines, with the link it prints
        eventide serve --host 0.0.0.0 --let-everybody-in --read-only
        eventide serve /data/hub --hub --host 0.0.0.0     with the tokens of `eventide token create`

    Beyond this machine it asks for a token, unless you say otherwise in so many words. `/healthz` and `/metrics`
    are for monitoring.
    """
    from eventide.server.guard import is_loopback  # noqa: PLC0415 - only where it is served
    from eventide.server.serving import check_reach, new_token  # noqa: PLC0415
    from eventide.transport import token_of  # noqa: PLC0415

    presented = new_token() if token == "auto" else token_of(token)  # noqa: S105 - a word
    _name(state, store)
    if (data or index) and not hub:
        raise InvalidSetting("--data and --index are for hubs", hint="eventide serve --hub --data s3://bucket/prefix")
    node = _node(state, data, index) if hub else None
    book = None if let_everybody_in else _book(state, node)
    is_ours = is_loopback(host) and not proxies and not allowed
    check_reach(
        host if is_ours else ", ".join((host, *allowed, *proxies)),
        presented or ("tokens" if book is not None and book.opens() else None),
        without_token=let_everybody_in or is_ours,
    )
    running = _prepared(
        state,
        host=host,
        port=port,
        read_only=read_only,
        token=presented,
        is_ours=is_ours,
        allowed=allowed,
        node=node,
        book=book,
        how={"root_path": root_path, "cert": cert, "key": key, "proxies": proxies},
    )
    url = running.place.url + (f"/?token={_quoted(presented)}" if presented else "/")
    if node is not None:
        signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))  # so that what a node does last is done
        node.start()
    try:
        _run(state, running, url, open_browser=False)
    finally:
        if node is not None:
            node.stop()


def _name(state: State, store: str) -> None:
    """Let an argument name the store."""
    if not store:
        return
    if state.options.store:
        raise InvalidSetting("the store is named twice", hint="eventide ui STORE")
    state.options.store = store


def _prepared(
    state: State,
    *,
    host: str,
    port: int | None,
    read_only: bool,
    frames: bool = False,
    token: str | None = None,
    is_ours: bool = True,
    allowed: tuple[str, ...] = (),
    node: Any = None,
    book: Any = None,
    how: dict[str, Any] | None = None,
) -> Any:
    """Return a server over the store, not running yet; the store is closed by the state."""
    from eventide.server.app import make_app  # noqa: PLC0415
    from eventide.server.guard import Hosts  # noqa: PLC0415
    from eventide.server.memory import prepare  # noqa: PLC0415
    from eventide.server.serving import Server, bind  # noqa: PLC0415

    prepare()
    hub = node is not None
    parts = _hub_parts(state, node) if hub else {}
    listening = bind(host, port)
    source = state.source
    hosts = Hosts(host, allowed)
    app = make_app(
        source,
        gate=_gate(token, book, read_only=read_only, is_ours=is_ours),
        hosts=hosts,
        frames=frames,
        read_only=read_only,
        hub=hub,
        preferences_dir=_preferences_dir(source),
        seal=None if read_only or hub else getattr(source, "seal", None),
        make_demo=_demo(state) if hosts.is_loopback and not read_only and not hub else None,
        **parts,
    )
    return Server(app, listening, **(how or {}))


def _book(state: State, node: Any) -> Any:
    """Return the tokens of the store, or of all its nodes; None for a store elsewhere, which has its own."""
    if is_url(state.options.store):
        return None
    from eventide.server.tokens import TokenBook  # noqa: PLC0415

    shelf = getattr(node, "token_shelf", None)
    return TokenBook.of(Layout(state.root)) if shelf is None else TokenBook(shelf)


def _gate(token: str | None, book: Any, *, read_only: bool, is_ours: bool) -> Any:
    """Return who is let in: everybody, who has the token given here, or who has one of the book's once there is any."""
    from eventide.server.auth import EVERYTHING, READING, OpenGate, TokenGate  # noqa: PLC0415
    from eventide.server.tokens import AnyGate, BookGate  # noqa: PLC0415

    access = READING if read_only else EVERYTHING
    gates: list[Any] = [TokenGate(token, access)] if token else []
    if book is not None:
        until_first = None if token or not is_ours else access
        gates.append(BookGate(book, read_only=read_only, until_first=until_first))
    return AnyGate(gates) if gates else OpenGate(access)


def _node(state: State, data: str | None, index: str | None) -> Any:
    """Return what a hub node is made of; the local store is made when it is not there."""
    from eventide.nodes.bucket import Bucket  # noqa: PLC0415
    from eventide.nodes.database import Database  # noqa: PLC0415
    from eventide.nodes.node import Node  # noqa: PLC0415
    from eventide.objects.choice import open_objects  # noqa: PLC0415

    layout = Layout(state.root)
    layout.create(now_s=SYSTEM_CLOCK.time())
    (layout.root / "access").mkdir(mode=0o700, exist_ok=True)
    if data:
        os.environ["EVENTIDE_OBJECTS"] = f"{data.rstrip('/')}/objects"
    source: Any = state.source
    objects = open_objects(layout, is_writer=True)
    bucket = Bucket(data) if data else None
    return Node(layout, source, objects, bucket=bucket, database=Database(index) if index else None)


def _hub_parts(state: State, node: Any) -> dict[str, Any]:
    """Return what a hub has beside the routes of every server: relays, and the interface of WaddleML's clients."""
    from eventide.compat.waddle.app import newest_router, waddle_router  # noqa: PLC0415
    from eventide.compat.waddle.ingest import Ingester  # noqa: PLC0415
    from eventide.server.limits import Audit, RateLimit  # noqa: PLC0415
    from eventide.server.routes.relay import BODIES, relay_router  # noqa: PLC0415

    layout = Layout(state.root)
    ingester = Ingester(layout, state.source)
    node.at_end(ingester.close)
    return {
        "routers": [
            relay_router(node.receiver, layout.check()),
            waddle_router(ingester),
            newest_router("/waddle"),
        ],
        "bodies": [BODIES],
        "rate": RateLimit(),
        "audit": Audit(layout.root / "access" / "audit.jsonl"),
    }


def _preferences_dir(source: Any) -> Path | None:
    """Return where the page's settings of a store are kept: beside its index."""
    folder = getattr(source, "cache_dir", None)
    return None if folder is None else Path(folder) / "page"


def _demo(state: State) -> Callable[[], tuple[str, int]] | None:
    from eventide.cli.commands.demo import PROJECT, fill  # noqa: PLC0415

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
