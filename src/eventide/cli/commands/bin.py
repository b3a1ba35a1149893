"""`eventide rm` and `eventide restore`: into the bin and out of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from eventide.cli.commands.edit import apply, report
from eventide.cli.selectors import EXIT_PARTLY, Selected, select
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting, RunIsLive
from eventide.model import Edit, RunQuery, RunStatus
from eventide.table import values
from eventide.table.selection import all_runs, in_bin

if TYPE_CHECKING:
    from eventide.cli.state import State
    from eventide.model import Removal


@click.command(cls=VerbCommand)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Also runs that are running.")
@click.option("--purge", is_flag=True, help="Destroy runs that are in the bin already; there is no way back.")
@click.pass_obj
def rm(
    state: State,
    runs: tuple[str, ...],
    *,
    dry_run: bool,
    yes: bool,
    force: bool,
    purge: bool,
) -> None:
    """Put runs into the bin; `eventide restore` takes them out again.

        eventide rm brave-otter
        eventide runs state:failed | eventide rm - --yes
        eventide rm --purge brave-otter --dry-run         what destroying it would free

    Asks on a terminal when it takes several runs; elsewhere it needs --yes then.
    """
    if purge:
        _purge(
            state,
            select(state, runs, resolve=lambda one: in_bin(state.source, one, project=state.project)),
            dry_run=dry_run,
            yes=yes,
        )
        return
    selected = select(state, runs)
    live = [run_id for run_id in selected.ids if state.source.run(run_id).status is RunStatus.RUNNING]
    if live and not force:
        raise RunIsLive(
            f"`{live[0]}` is still running" + (f", and {len(live) - 1} more are" if live[1:] else ""),
            hint="add --force",
        )
    if len(selected.ids) > 1 and not dry_run:
        state.confirm(f"put {len(selected.ids)} runs into the bin", yes=yes)
    apply(state, selected, Edit(deleted=True), dry_run=dry_run, done="in the bin")


def _purge(state: State, selected: Selected, *, dry_run: bool, yes: bool) -> None:
    if not dry_run and selected.ids:
        state.confirm(f"destroy {len(selected.ids)} run{'s' * (len(selected.ids) > 1)} for ever", yes=yes)
    show_removal(state, state.store.purge(selected.ids, dry_run=dry_run))
    if selected.unknown:
        raise click.exceptions.Exit(EXIT_PARTLY)


def show_removal(state: State, removal: Removal) -> None:
    """Write what was removed, or would be."""
    would = "would remove" if removal.dry_run else "removed"
    runs = f"{len(removal.runs)} run{'s' * (len(removal.runs) != 1)}, " if removal.runs else ""
    text = f"{would} {runs}{values.files(removal.files)}, {values.size(removal.size_bytes)}\n"
    state.output.emit_object("removal", asdict(removal), lambda: text)


@click.command(cls=VerbCommand)
@click.argument("runs", metavar="[RUN]...", nargs=-1, required=False)
@click.option("--all", "everything", is_flag=True, help="All runs in the bin.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.pass_obj
def restore(
    state: State,
    runs: tuple[str, ...],
    *,
    everything: bool,
    dry_run: bool,
) -> None:
    """Take runs out of the bin.

    eventide runs --bin                               what is in it
    eventide restore brave-otter
    eventide restore --all
    """
    if everything:
        binned = all_runs(
            state.source, RunQuery(project=state.project, deleted=True, archived=True, keys=(), details=False)
        )
        selected = Selected([run.id for run in binned])
    elif runs:
        selected = select(state, runs, resolve=lambda one: in_bin(state.source, one, project=state.project))
    else:
        raise InvalidSetting("no run was named", hint="eventide runs --bin, then eventide restore NAME, or --all")
    if not dry_run and selected.ids:
        state.source.edit(selected.ids, Edit(deleted=False))
    report(state, selected.ids, "would be restored" if dry_run else "restored")
    if selected.unknown:
        raise click.exceptions.Exit(EXIT_PARTLY)
