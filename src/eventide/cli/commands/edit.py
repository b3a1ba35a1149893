"""`eventide tag`, `note`, `rename`, `archive`: change what is said about runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from eventide.cli import terminal
from eventide.cli.output import Column, Listing
from eventide.cli.selectors import EXIT_PARTLY, Selected, select, select_one
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting
from eventide.model import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.cli.state import State


def apply(state: State, selected: Selected, edit: Edit, *, dry_run: bool, done: str) -> None:
    """Apply an edit, list the runs it changed, and exit with 5 when some that were asked for are unknown."""
    if not dry_run and selected.ids:
        state.source.edit(selected.ids, edit)
    report(state, selected.ids, f"would be {done}" if dry_run else done)
    if selected.unknown:
        raise click.exceptions.Exit(EXIT_PARTLY)


def report(state: State, ids: Sequence[str], done: str) -> None:
    """Write one line per run that changed: id, name, what was done."""
    rows = [[run_id, state.source.run(run_id).name, done] for run_id in ids]
    state.output.emit(Listing("runs", (Column("id"), Column("name", wide=True), Column("done")), rows))


@click.command(cls=VerbCommand)
@click.argument("run", metavar="RUN")
@click.argument("tags", metavar="[TAG]...", nargs=-1, required=False)
@click.option("--remove", "-r", multiple=True, metavar="TAG", help="Tag to take off; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.pass_obj
def tag(
    state: State,
    run: str,
    tags: tuple[str, ...],
    *,
    remove: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Add tags to a run, or take some off.

    eventide tag @last paper final
    eventide tag @last --remove final
    eventide runs 'best(val/acc)>0.95' | eventide tag - good
    """
    if not tags and not remove:
        raise InvalidSetting("no tag was given", hint=f"eventide tag {run} paper")
    edit = Edit(add_tags=tags, remove_tags=remove)
    said = [f"tagged {', '.join(tags)}"] * bool(tags) + [f"untagged {', '.join(remove)}"] * bool(remove)
    apply(state, select(state, [run]), edit, dry_run=dry_run, done=", ".join(said))


@click.command(cls=VerbCommand)
@click.argument("run", metavar="RUN")
@click.argument("text", metavar="[TEXT]", required=False)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.pass_obj
def note(
    state: State,
    run: str,
    text: str | None,
    *,
    dry_run: bool,
) -> None:
    """Set a run's notes, or show them.

    eventide note @last "warm-up was too short"
    eventide note @last < notes.md -
    eventide note @last
    """
    if text is None:
        notes = state.source.run(select_one(state, run)).notes
        state.output.emit_object(
            "notes", {"notes": notes}, lambda: terminal.plain_console(notes) + "\n" if notes else ""
        )
        return
    if text == "-":
        text = sys.stdin.read().rstrip("\n")
    apply(state, select(state, [run]), Edit(notes=text), dry_run=dry_run, done="noted")


@click.command(cls=VerbCommand)
@click.argument("run", metavar="RUN")
@click.argument("name", metavar="NAME")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.pass_obj
def rename(
    state: State,
    run: str,
    name: str,
    *,
    dry_run: bool,
) -> None:
    """Give a run another name; its id stays.

    eventide rename @last baseline
    """
    selected = Selected([select_one(state, run)])
    apply(state, selected, Edit(name=name), dry_run=dry_run, done=f"renamed {name}")


@click.command(cls=VerbCommand)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--undo", is_flag=True, help="Show them again.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.pass_obj
def archive(
    state: State,
    runs: tuple[str, ...],
    *,
    undo: bool,
    dry_run: bool,
) -> None:
    """Hide runs from lists (runs --archived still shows them).

    eventide archive brave-otter calm-lynx
    eventide runs 'started<60d' | eventide archive -
    eventide archive brave-otter --undo
    """
    done = "taken out of the archive" if undo else "archived"
    apply(state, select(state, runs), Edit(archived=not undo), dry_run=dry_run, done=done)
