"""`eventide relay` and `eventide sync`: bring runs to a hub, all the time or once."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from eventide import settings
from eventide.cli import terminal
from eventide.cli.output import Column, Listing
from eventide.cli.selectors import select
from eventide.cli.verb import VerbCommand
from eventide.errors import AccessDenied, EventideError, InvalidSetting
from eventide.layout import Layout
from eventide.relay.memory import Sign, memory_path
from eventide.relay.outbox import Outbox
from eventide.relay.sender import Sender
from eventide.table import values
from eventide.transport import Http

if TYPE_CHECKING:
    from eventide.cli.state import State

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_SIGN_EVERY_S = 2.0
_INCOMPLETE = 5


class Bandwidth(click.ParamType[float]):
    """Bytes per second, such as 500k or 10M."""

    name = "bandwidth"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return bytes per second; fails for anything that is none."""
        text = str(value).strip().lower().removesuffix("/s").removesuffix("b")
        unit = text[-1:] if text[-1:] in _UNITS else ""
        try:
            found = float(text.removesuffix(unit)) * _UNITS[unit]
        except ValueError:
            found = 0.0
        if not found > 0:
            self.fail(f"`{value}` is no bandwidth; 500k and 10M are", param, ctx)
        return found


def hub_of(given: str | None) -> str:
    """Return the hub that is meant; raises InvalidSetting when none is named."""
    url: str | None = settings.get("hub", given)
    if not url:
        raise InvalidSetting("which hub?", hint="--to https://hub.example, or EVENTIDE_HUB")
    return url


_to = click.option("--to", metavar="URL", default=None, help="The hub; default EVENTIDE_HUB.")
_limit = click.option(
    "--limit", type=Bandwidth(), default=None, metavar="BYTES", help="Bandwidth per second: 500k, 10M."
)


@click.command(cls=VerbCommand)
@click.argument("action", type=click.Choice(["run", "status"]), metavar="[status]", default="run")
@_to
@_limit
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(min=0.05),
    default=0.25,
    show_default=True,
    metavar="SECONDS",
    help="How often to look.",
)
@click.pass_obj
def relay(state: State, action: str, *, to: str | None, limit: float | None, interval_s: float) -> None:
    """Follow the store and send what is new to a hub, until interrupted; `status` says how that is going.

        eventide relay --to https://hub.example
        eventide relay --to https://hub.example --limit 2M
        eventide relay status

    The journals are the buffer: whatever happens to the network, the hub or this program, it goes on where
    the hub says it is.
    """
    url = hub_of(to)
    layout = Layout(state.root)
    memory = memory_path(layout, url)
    if action == "status":
        _status(state, layout, url)
        return
    outbox = Outbox(layout, memory=memory)
    http = Http(url)
    stop = threading.Event()
    last = ""

    def pause(seconds: float) -> None:
        report()
        stop.wait(seconds)

    def report() -> None:
        nonlocal last
        progress = sender.progress
        if time.monotonic() >= report_at[0]:
            report_at[0] = time.monotonic() + _SIGN_EVERY_S
            sign.write(
                url=url,
                waiting_bytes=outbox.waiting_bytes(),
                sent_bytes=progress.journal_bytes,
                error=progress.last_error,
            )
        if progress.last_error != last:
            last = progress.last_error
            state.output.say(last or "connected again", style="yellow" if last else "green")

    report_at = [0.0]
    sign = Sign(memory)
    sender = Sender(http, outbox, limit_bytes_per_s=limit, sleep=pause, report=report)
    state.output.say(f"{layout.root} → {http.url}  (Ctrl-C ends it)")
    before = signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    try:
        with contextlib.suppress(KeyboardInterrupt):
            sender.follow(interval_s=interval_s, stopping=stop.is_set)
    finally:
        signal.signal(signal.SIGTERM, before)
        sign.write(
            url=url, waiting_bytes=outbox.waiting_bytes(), sent_bytes=sender.progress.journal_bytes, error="ended"
        )
        http.close()


def _status(state: State, layout: Layout, url: str) -> None:
    """Show what the hub has of each run, and how the relay is doing."""
    said = Sign(memory_path(layout, url)).read()
    if said is None:
        state.output.say(f"no relay to {url} has run on this machine")
    else:
        doing = said.get("error") or f"sending, {values.size(said.get('waiting_bytes') or 0)} waiting"
        state.output.say(f"relay {said['pid']}, {time.time() - said['at']:.0f} s ago: {doing}")
    outbox = Outbox(layout)
    http = Http(url)
    try:
        sender = Sender(http, outbox)
        outbox.refresh()
        sender.ask()
    finally:
        http.close()
    behind = outbox.behind()
    stopped = {key[0]: why for key, why in outbox.stopped().items()}
    columns = (
        Column("run"),
        *(Column(name, "size") for name in ("here", "received", "sealed", "waiting")),
        Column("why", wide=True),
    )
    rows = [
        [run, here, received, sealed, here - received, stopped.get(run, "")]
        for run, (here, received, sealed) in sorted(behind.items())
    ]
    state.output.emit(Listing("relay", columns, rows))


@click.command(cls=VerbCommand)
@click.argument("runs", metavar="[RUN...]", nargs=-1)
@_to
@_limit
@click.pass_obj
def sync(state: State, runs: tuple[str, ...], *, to: str | None, limit: float | None) -> None:
    """Send what a hub lacks, once: runs that were logged offline, or all that changed.

        eventide sync --to https://hub.example
        eventide sync @last vit-s-28

    Interrupted or not, the next call goes on where the hub says it is. Exit status 5 when something could not be sent.
    """
    url = hub_of(to)
    layout = Layout(state.root)
    layout.check()
    chosen = frozenset(select(state, runs).ids) if runs else None
    outbox = Outbox(layout, chosen, memory=None if chosen else memory_path(layout, url))
    http = Http(url)
    try:
        with _progress(state, outbox) as report:
            sender = Sender(http, outbox, limit_bytes_per_s=limit, report=lambda: report(sender))
            _until_done(sender)
    finally:
        http.close()
    progress = sender.progress
    state.output.say(
        f"{values.size(progress.journal_bytes)} of journals and {progress.objects} objects"
        f" ({values.size(progress.object_bytes)}) sent to {http.url}"
    )
    for (run, name), why in outbox.stopped().items():
        state.output.say(f"{run}/{name}: {why}", style="yellow")
    if outbox.stopped():
        raise click.exceptions.Exit(_INCOMPLETE)


def _until_done(sender: Sender) -> None:
    """Send until a round finds nothing new; what fails is tried a few times."""
    tries = 0
    while True:
        try:
            if not sender.round():
                return
            tries = 0
        except AccessDenied:
            raise
        except EventideError as error:
            tries += 1
            sender.failed(error)
            if tries >= 4:
                raise
            time.sleep(0.3 * 2**tries)


@contextlib.contextmanager
def _progress(state: State, outbox: Outbox) -> Iterator[Any]:
    """Yield what shows progress: a bar on a terminal, after a moment, else nothing."""
    if not terminal.is_terminal(sys.stderr) or state.output.is_json:
        yield lambda _sender: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where a bar is drawn
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn  # noqa: PLC0415

    began = time.monotonic()
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    task = bar.add_task("sending", total=None)

    def report(sender: Sender) -> None:
        if time.monotonic() - began > 0.3 and not bar.live.is_started:
            bar.start()
        sent = sender.progress.journal_bytes + sender.progress.object_bytes
        bar.update(task, completed=sent, total=sent + outbox.waiting_bytes())

    try:
        yield report
    finally:
        bar.stop()
