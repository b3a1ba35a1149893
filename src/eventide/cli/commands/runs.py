"""`eventide runs`: list runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from eventide.cli.listings import choose_fields, for_people, group_listing, run_listing
from eventide.cli.options import HELP_FIELD
from eventide.cli.output import Listing
from eventide.cli.verb import VerbCommand
from eventide.model import RunQuery
from eventide.table import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.cli.state import State
    from eventide.model import RunInfo
    from eventide.table.fields import Field

SCREENFUL = 40
ALL_FIELDS = (*fields.BASE, *fields.WHOLE)


@click.command(cls=VerbCommand)
@click.argument("where", metavar="[FILTER]", default="")
@click.option(
    "--sort", "-s", default="-started", show_default=True, metavar="FIELDS", help="Order; - in front for descending."
)
@click.option("--columns", "-c", multiple=True, metavar="FIELDS", help="Fields to show, separated by commas.")
@click.option("--only-changed", is_flag=True, help="Leave out columns that are the same in all runs.")
@click.option("--group", "-g", metavar="FIELDS", help="One row per value, mean ± std; -seed: by all but seed.")
@click.option(
    "--limit", "-n", type=click.IntRange(min=0), metavar="N", help="Rows at most; 0 for all. A terminal gets 40."
)
@click.option("--archived", is_flag=True, help="Include archived runs.")
@click.option("--bin", "binned", is_flag=True, help="Runs in the bin instead.")
@click.pass_obj
def runs(
    state: State,
    where: str,
    *,
    sort: str,
    columns: tuple[str, ...],
    only_changed: bool,
    group: str | None,
    limit: int | None,
    archived: bool,
    binned: bool,
) -> None:
    """List runs, newest first.

        eventide runs
        eventide runs 'lr<1e-3 and best(val/acc)>0.9' --sort '-best(val/acc)'
        eventide runs --columns 'name,lr,last(train/loss)' --only-changed
        eventide runs --group -seed                       mean ± std over seeds
        eventide runs state:failed --json=id,error
        eventide runs state:crashed | eventide tag - broken

    Fields: name, status, project, started, duration, tags, ...; a parameter (lr, config.data.aug); best(m), last(m),
    min(m), max(m), mean(m), std(m), count(m) of a metric m. Piped, the first column is the id.
    """
    if state.output.is_json and state.options.fields == (HELP_FIELD,):
        state.output.write(
            "".join(
                f"{name}\n" for name in (*ALL_FIELDS, "config.<path>", "<metric>", "best.<metric>", "last.<metric>")
            )
        )
        return
    if limit is None and state.output.is_table and group is None:
        limit = SCREENFUL
    query = RunQuery(
        filter=where, project=state.project, sort=sort, limit=limit or None, archived=archived, deleted=binned
    )
    state.output.emit(_listing(state, query, columns, group, only_changed=only_changed))


def _listing(
    state: State, query: RunQuery, columns: Sequence[str], group: str | None, *, only_changed: bool
) -> Listing:
    output = state.output
    if group is not None:
        runs = state.source.runs(replace(query, limit=None)).runs
        listing = group_listing(runs, group, fields.split(columns or ()), limit=query.limit)
        return for_people(listing) if output.is_table or output.format == "md" else listing
    asked = (output.fields if output.is_json else None) or columns or (ALL_FIELDS if output.is_json else ())
    chosen = [fields.parse(name) for name in fields.split(asked)]
    if columns and not output.is_table and not output.is_json and "id" not in [field.text for field in chosen]:
        chosen.insert(0, fields.parse("id"))
    if chosen:
        details = any(field.kind not in ("base", "metric") for field in chosen)
        query = replace(query, keys=fields.metric_keys(chosen), details=details)
    page = state.source.runs(query)
    chosen = chosen or choose_fields(page.runs, people=output.is_table, deleted=query.deleted)
    listing = run_listing(page.runs, chosen, total=page.total)
    _warn_unknown(state, chosen, page.runs)
    return _changed(state, listing) if only_changed else listing


def _warn_unknown(state: State, chosen: Sequence[Field], runs: Sequence[RunInfo]) -> None:
    """Say which fields no run has, with the nearest name that some have."""
    unknown = [field for field in chosen if field.kind != "base" and all(field.of(run) is None for run in runs)]
    if not unknown or not runs:
        return
    import difflib  # noqa: PLC0415 - only for what may be a typing mistake

    known = {name: None for run in runs for name in (*run.params, *run.metrics, *run.summary)}
    known.update(dict.fromkeys((*ALL_FIELDS, *(info.key for info in state.source.keys(project=state.project)))))
    for field in unknown:
        near = difflib.get_close_matches(field.path, list(known), n=1, cutoff=0.5)
        is_known = near and near[0] == field.path
        guess = f"; did you mean `{near[0]}`?" if near and not is_known else ""
        state.output.say(f"none of these runs has `{field.text}`{guess}", style="yellow")


def _changed(state: State, listing: Listing) -> Listing:
    """Leave out columns that hold one value, and say which."""
    if len(listing.rows) < 2:
        return listing
    keep: list[int] = []
    same: list[int] = []
    for place, column in enumerate(listing.columns):
        distinct = {repr(row[place]) for row in listing.rows}
        (keep if len(distinct) > 1 or column.name in ("id", "name") else same).append(place)
    if same:
        shown = ", ".join(listing.columns[place].title or listing.columns[place].name for place in same)
        state.output.say(f"same in all {len(listing.rows)}: {shown}", style="dim")
    return Listing(
        listing.name,
        [listing.columns[place] for place in keep],
        [[row[place] for place in keep] for row in listing.rows],
        listing.total,
    )
