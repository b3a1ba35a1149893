"""`eventide seal`, `gc`, `verify`: keep the store small and sound."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

import click

from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.model import Removal, RunQuery
from eventide.table import values
from eventide.table.actions import keeper
from eventide.table.selection import all_runs

if TYPE_CHECKING:
    from eventide.cli.state import State

EXIT_DAMAGED = 4


@click.command(cls=VerbCommand)
@click.option("--include-open", is_flag=True, help="Also what running processes have written so far.")
@click.option("--compact", is_flag=True, help="Then merge the small files of the tables.")
@click.pass_obj
def seal(
    state: State,
    *,
    include_open: bool,
    compact: bool,
) -> None:
    """Move ended journals into Delta tables, each row exactly once; safe at any time, in any number of processes.

    eventide seal
    eventide seal --compact
    """
    report = _as_dict(keeper(state.source, "seal")(include_open=include_open))
    if compact:
        report["compaction"] = _as_dict(keeper(state.source, "compact")())
    rows, size_bytes = report.get("rows", 0), report.get("bytes_sealed", 0)
    state.output.emit_object("seal", report, lambda: f"sealed {rows} rows, {values.size(size_bytes)} of journal\n")


def _as_dict(report: Any) -> dict[str, Any]:
    if is_dataclass(report) and not isinstance(report, type):
        return asdict(report)
    return {} if report is None else {"result": report}


@click.command(cls=VerbCommand)
@click.option("--dry-run", is_flag=True, help="Only report the bytes.")
@click.option("--empty-bin", is_flag=True, help="First destroy all runs in the bin; there is no way back.")
@click.option(
    "--unsent", is_flag=True, help="Also journals that a hub does not have yet; they could not be sent later."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def gc(
    state: State,
    *,
    dry_run: bool,
    empty_bin: bool,
    unsent: bool,
    yes: bool,
) -> None:
    """Reclaim space: sealed journals past their retention time, objects and table files nothing refers to.

    eventide gc --dry-run
    eventide gc --empty-bin
    """
    removals: dict[str, Removal] = {}
    if empty_bin:
        ids = [
            run.id
            for run in all_runs(
                state.source, RunQuery(project=state.project, deleted=True, archived=True, keys=(), details=False)
            )
        ]
        if ids and not dry_run:
            state.confirm(f"destroy {len(ids)} run{'s' * (len(ids) > 1)} in the bin for ever", yes=yes)
        removals["bin"] = keeper(state.source, "purge")(ids, dry_run=dry_run) if ids else Removal(dry_run=dry_run)
    removals["journals"] = keeper(state.source, "retain")(dry_run=dry_run, unsent=unsent)
    removals["unreferenced"] = keeper(state.source, "gc")(dry_run=dry_run)
    _show(state, removals, dry_run=dry_run)


def _show(state: State, removals: dict[str, Removal], *, dry_run: bool) -> None:
    columns = (
        Column("what"),
        Column("runs", "number"),
        Column("files", "number"),
        Column("size_bytes", "size", "size"),
    )
    rows = [[what, len(found.runs), found.files, found.size_bytes] for what, found in removals.items()]
    total = sum(found.size_bytes for found in removals.values())
    state.output.emit(Listing("removals", columns, rows, extra={"dry_run": dry_run, "size_bytes": total}))
    if state.output.is_table:
        state.output.say(f"{'would free' if dry_run else 'freed'} {values.size(total)}")
    waiting = sum(found.unsent for found in removals.values())
    if waiting:
        state.output.say(
            f"{waiting} run{'s keep their' if waiting > 1 else ' keeps its'} journals until a hub has them: eventide sync, or --unsent",
            style="yellow",
        )


@click.command(cls=VerbCommand)
@click.option("--repair", is_flag=True, help="Repair what can be repaired without guessing.")
@click.option("--dry-run", is_flag=True, help="With --repair: only say what would be done.")
@click.pass_obj
def verify(
    state: State,
    *,
    repair: bool,
    dry_run: bool,
) -> None:
    """Check every byte of the store; exits with 4 when something is damaged.

    eventide verify
    eventide verify --repair --dry-run
    """
    problems = keeper(state.source, "repair")(dry_run=dry_run) if repair else keeper(state.source, "verify")()
    columns = (
        Column("path", wide=True),
        Column("offset", "number"),
        Column("what", wide=True),
        Column("lost_bytes", "number"),
        Column("repairable"),
    )
    rows = [[found.path, found.offset, found.what, found.lost_bytes, found.repairable] for found in problems]
    if rows or not state.output.is_table:
        state.output.emit(Listing("problems", columns, rows))
    else:
        state.output.write("every byte is as it should be\n")
    if any(not (found.repairable and repair and not dry_run) for found in problems):
        raise click.exceptions.Exit(EXIT_DAMAGED)
