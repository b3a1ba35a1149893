"""WaddleML's command `waddle`: `python -m eventide.shim waddle serve`.

Both generations' arguments are taken: `--mode server|client`, and the verbs `init`, `ls`, `serve`.
Invariant: a server listens on the loopback unless told otherwise, and ends with its process.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from eventide.clock import SYSTEM_CLOCK, iso
from eventide.compat.waddle import shapes
from eventide.compat.waddle.ingest import FolderWatch, Ingester
from eventide.compat.waddle.place import HOME, store_of_database
from eventide.layout import Layout
from eventide.model import RunQuery
from eventide.store.local import LocalSource
from eventide.table.store import open_source


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--mode",
    type=click.Choice(["server", "client"]),
    default=None,
    help="The first generation's way to say what to do.",
)
@click.option("--server-port", type=int, default=8000, show_default=True)
@click.option("--server-bind", default="127.0.0.1", show_default=True)
@click.option("--server-url", default="", help="For --mode client: the server to look at.")
@click.option("--db-root", default=HOME, show_default=True, help="Where the store is.")
@click.option("--project", default=None)
@click.option("--watch-folder", "--log-root", "watch_folder", default=None, help="Folder of JSON log files to take in.")
@click.option("--keep", is_flag=True, help="Leave log files where they are once taken in.")
@click.option("--log-level", default="info", help="Accepted; makes no difference.")
@click.pass_context
def waddle(context: click.Context, /, *, mode: str | None, log_level: str, **how: Any) -> None:
    """Run WaddleML's server, or look at runs, as its own command does."""
    del log_level
    if mode == "client":
        _watch(how["server_url"] or f"http://{how['server_bind']}:{how['server_port']}", how["project"])
    elif mode == "server":
        _serve(Path(how["db_root"]), how["server_bind"], how["server_port"], how["watch_folder"], keep=how["keep"])
    elif context.invoked_subcommand is None:
        click.echo(context.get_help())


@waddle.command("init")
@click.option("--path", default=".", show_default=True)
def init(path: str) -> None:
    """Make a store below a folder."""
    root = Path(path) / HOME
    Layout(root).create(now_s=SYSTEM_CLOCK.time())
    click.echo(f"Initialized {root}")


@waddle.command("ls")
@click.option("-n", "count", default=20, show_default=True)
@click.option("--db", default=None, help="The store, or the seed's name of one.")
def ls(count: int, db: str | None) -> None:
    """List runs, the newest first."""
    source = open_source(store_of_database(db))
    try:
        runs = source.runs(RunQuery(limit=count, keys=(), details=False)).runs
    finally:
        source.close()
    for run in runs:
        click.echo(
            f"{run.id}  {run.project:<16} {run.name:<28} {shapes.STATUS_NAMES[run.status]:<10} {iso(run.started)}"
        )
    if not runs:
        click.echo("No runs.")


@waddle.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True)
@click.option("--db", default=None, help="The store, or the seed's name of one.")
@click.option("--static-dir", default=None, help="Accepted; the page is Eventide's own.")
def serve(host: str, port: int, db: str | None, static_dir: str | None) -> None:
    """Serve the runs of a store."""
    del static_dir
    _serve(store_of_database(db), host, port, None, keep=False)


def _serve(root: Path, host: str, port: int, watch_folder: str | None, *, keep: bool) -> None:
    from eventide.server.serving import check_reach  # noqa: PLC0415 - only where it is served

    check_reach(host, None, without_token=False)
    layout = Layout(root)
    layout.create(now_s=SYSTEM_CLOCK.time())
    source = LocalSource(root)
    ingester = Ingester(layout, source)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))  # so that what follows is done
    try:
        with _watching(watch_folder, ingester, stop, keep=keep):
            server = make_server(source, ingester, host, port)
            server.run(lambda: click.echo(f"{server.place.url}/  (Ctrl-C ends it)", err=True))
    finally:
        ingester.close()
        source.close()


def make_server(source: LocalSource, ingester: Ingester, host: str, port: int) -> Any:
    """Return a server of the seed's interface, both generations, with our page beside it."""
    from eventide.compat.waddle.app import newest_router, waddle_router  # noqa: PLC0415
    from eventide.server.app import make_app  # noqa: PLC0415
    from eventide.server.guard import Hosts  # noqa: PLC0415
    from eventide.server.serving import Server, bind  # noqa: PLC0415

    app = make_app(source, hosts=Hosts(host), routers=[waddle_router(ingester), newest_router()])
    return Server(app, bind(host, port))


@contextlib.contextmanager
def _watching(folder: str | None, ingester: Ingester, stop: threading.Event, *, keep: bool) -> Iterator[None]:
    """Take in what a folder holds and gets, meanwhile."""
    if folder is None:
        yield
        return
    watch = FolderWatch(Path(folder), ingester, "keep" if keep else "delete")
    pause: Callable[[float], Any] = stop.wait
    thread = threading.Thread(target=watch.follow, args=(stop.is_set, 1.0, pause), name="waddle-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        for name, why in watch.refused.items():
            click.echo(f"{name}: {why}", err=True)


def _watch(url: str, project: str | None) -> None:
    """Print the newest runs of a server, every second, until interrupted."""
    source = open_source(url)
    terminal = sys.stdout.isatty()
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            runs = source.runs(RunQuery(project=project, limit=20, details=False)).runs
            lines = [
                f"{run.name:<28} {shapes.STATUS_NAMES[run.status]:<10} {run.rows:>8} rows  {_last(run)}" for run in runs
            ]
            click.echo(("\x1b[H\x1b[J" if terminal else "") + "\n".join(lines or ["No runs."]))
            if not terminal:
                return
            time.sleep(1.0)


def _last(run: Any) -> str:
    shown = [f"{key}={stats.last:.4g}" for key, stats in run.metrics.items() if isinstance(stats.last, float)]
    return "  ".join(shown[:4])
