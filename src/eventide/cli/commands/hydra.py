"""`eventide hydra`: look at trees that Hydra wrote, and import them."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventide import settings
from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.clock import SYSTEM_CLOCK
from eventide.errors import EventideWarning, InvalidSetting
from eventide.layout import Layout

if TYPE_CHECKING:
    import pandas as pd

    from eventide.cli.state import State
    from eventide.hydra.importing import Importer, Report

_SHOWN = 12


class _HydraGroup(click.Group, VerbCommand):
    """A verb with verbs of its own; its help is laid out like every verb's."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, docstring, options."""
        VerbCommand.format_help(self, ctx, formatter)


@click.group(cls=_HydraGroup)
def hydra() -> None:
    """Hydra trees: look at them, or import them into the store.

        eventide hydra ls multirun                        one line a run: what differs
        eventide hydra import multirun                    into the store; again any time: only what is new
        eventide hydra import . --follow                  go on while jobs run

    New runs are tracked by themselves with
    `+hydra.callbacks.eventide._target_=eventide.hydra.callback.EventideCallback`; see docs/guides/hydra.md.
    """


@hydra.command("ls", cls=VerbCommand)
@click.argument("folder", metavar="DIR")
@click.option(
    "--files", "-f", multiple=True, metavar="PATTERN", help="Collect files, such as *.npy; runs without are out."
)
@click.option(
    "--logic",
    type=click.Choice(["auto", "multirun", "singlerun"]),
    default="auto",
    show_default=True,
    help="Which runs.",
)
@click.option("--date", metavar="DAY", help="Only experiments of a day, or last.")
@click.option("--all", "all_columns", is_flag=True, help="All of the config, not only what differs.")
@click.option("--details", is_flag=True, help="Also job, overrides and launcher.")
@click.pass_obj
def show(
    state: State,
    folder: str,
    *,
    files: tuple[str, ...],
    logic: str,
    date: str | None,
    all_columns: bool,
    details: bool,
) -> None:
    """List the runs of a tree, with the parameters that differ.

    eventide hydra ls multirun
    eventide hydra ls multirun --files '*.npy' --date last
    eventide hydra ls . --all --format csv > runs.csv
    """
    from eventide.hydra.loader import load_project  # noqa: PLC0415 - pandas only where it is needed

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", EventideWarning)
        frame = load_project(folder, list(files) or None, logic, filter_date=date, details=details)  # type: ignore[arg-type]
    for warning in caught:
        state.output.say(str(warning.message), style="yellow")
    state.output.emit(_listing(frame, all_columns=all_columns or not state.output.is_table))


def _listing(frame: pd.DataFrame, *, all_columns: bool) -> Listing:
    from eventide.hydra.analysis import differing, params  # noqa: PLC0415

    other = [name for name in frame.columns if name not in set(params(frame))]
    chosen = params(frame) if all_columns else differing(frame)[:_SHOWN]
    names = [*chosen, *other]
    columns = [Column("date"), Column("run", "number")]
    columns += [
        Column(name, "number" if frame[name].dtype.kind in "iuf" else "text", wide=name in other) for name in names
    ]
    cells = [[_cell(value) for value in frame[name].tolist()] for name in names]
    rows = [[*index, *values] for index, *values in zip(frame.index.tolist(), *cells, strict=True)]
    return Listing("runs", columns, rows)


def _cell(value: object) -> object:
    """Return a cell as listings show it; what a run has not is missing."""
    return None if value is not None and type(value).__name__ in ("NAType", "NaTType") else value


@hydra.command("import", cls=VerbCommand)
@click.argument("folder", metavar="DIR")
@click.option("--follow", is_flag=True, help="Go on until interrupted, while runs are written.")
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(min=0.05),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look.",
)
@click.option("--rules", metavar="FILE", help="Which files hold what; default DIR/eventide-hydra.toml.")
@click.pass_obj
def import_(state: State, folder: str, *, follow: bool, interval_s: float, rules: str | None) -> None:
    """Import the runs of a tree: config, tags, sweep as group, log, metrics, files.

        eventide hydra import multirun
        eventide hydra import multirun --project lstm --rules metrics.toml
        eventide hydra import . --follow

    Metrics are read from CSV, JSON, JSON lines, npy, npz, TensorBoard events and Lightning's metrics.csv. What has been
    imported is not imported again; what has grown is. The store is made when it is not there.
    """
    importer = _importer(state, folder, rules, follow=follow)
    _pass(state, importer, is_first=True)
    if follow:
        state.output.say(f"following {folder}; Ctrl-C ends it", style="dim")
        pause = threading.Event()
        while not pause.wait(interval_s):
            _pass(state, importer, is_first=False)


def _importer(state: State, folder: str, rules: str | None, *, follow: bool) -> Importer:
    from eventide.hydra.importing import Importer  # noqa: PLC0415 - numpy only where it is needed
    from eventide.hydra.rules import FILE_NAME, default_rules, read_rules  # noqa: PLC0415

    base = Path(folder).expanduser()
    if not base.is_dir():
        raise InvalidSetting(f"`{folder}` is no folder", hint="eventide hydra import multirun")
    own = base / FILE_NAME
    chosen = read_rules(rules) if rules else read_rules(own) if own.is_file() else default_rules()
    layout = Layout(state.root)
    layout.create(now_s=SYSTEM_CLOCK.time())
    return Importer(
        str(base),
        state.source,
        layout,
        chosen,
        project=settings.get("project", state.project),
        clock=SYSTEM_CLOCK,
        on_problem=lambda path, reason: state.output.say(f"{path}: {reason}", style="yellow"),
        follow=follow,
    )


def _pass(state: State, importer: Importer, *, is_first: bool) -> None:
    """Look once, and say what was new."""
    from eventide.hydra.progress import show_counted  # noqa: PLC0415

    with show_counted() as advance:
        report = importer.run_once(advance)
    if is_first or report.run_ids:
        _say(state, report)


def _say(state: State, report: Report) -> None:
    content = {
        "new": report.new,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "skipped": report.skipped,
        "rows": report.rows,
        "files": report.files,
    }
    counted = ", ".join(f"{count} {what}" for what, count in content.items() if count)
    state.output.emit_object("import", content, lambda: f"{counted or 'no runs'}\n")
