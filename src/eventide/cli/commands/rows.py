"""`eventide head` and `eventide set`: the first rows of runs, and values for rows that are logged already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import orjson

from eventide.cli.output import Column, Listing
from eventide.cli.selectors import EXIT_PARTLY, select
from eventide.cli.verb import VerbCommand
from eventide.clock import SYSTEM_CLOCK
from eventide.errors import InvalidSetting, StoreError

if TYPE_CHECKING:
    from eventide.cli.state import State
    from eventide.layout import Layout
    from eventide.table.rowset import RowSet


@click.command(cls=VerbCommand)
@click.argument("run", metavar="RUN", default="@last")
@click.option(
    "--lines", "-n", type=click.IntRange(min=0), default=5, show_default=True, metavar="N", help="How many rows."
)
@click.pass_obj
def head(
    state: State,
    run: str,
    *,
    lines: int,
) -> None:
    """Show the first rows of a run, one column per key.

    eventide head
    eventide head brave-otter -n 20 --format md
    """
    from eventide.table.rowset import read_rows  # noqa: PLC0415 - Arrow only where rows are read

    state.output.emit(listing_of(read_rows(state.source, select(state, [run]).ids).slice(0, lines)))


def listing_of(rows: RowSet) -> Listing:
    """Return rows as a listing."""
    found = rows.dicts()
    names = list(dict.fromkeys(name for row in found for name in row))
    content = [[row.get(name) for name in names] for row in found]
    columns = [Column(name, "number" if _numeric(content, place) else "text") for place, name in enumerate(names)]
    return Listing("rows", columns, content)


def _numeric(content: list[list[Any]], place: int) -> bool:
    found = [row[place] for row in content if row[place] is not None]
    return bool(found) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in found)


@click.command(cls=VerbCommand)
@click.argument("run", metavar="RUN")
@click.argument("key", metavar="KEY")
@click.argument("value", metavar="VALUE")
@click.option("--where", metavar="KEY=VALUE", help="Only rows that have this value; others stay as they are.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.pass_obj
def set(  # noqa: A001 - the verb
    state: State,
    run: str,
    key: str,
    value: str,
    *,
    where: str | None,
    dry_run: bool,
) -> None:
    """Give all rows of a run a value, back in time.

        eventide set @last test_accuracy 0.91
        eventide set @last split '"train"' --where epoch=1

    VALUE is read as JSON (a number, true, null, "text"), and as text where it is none. With --where, only rows that are
    logged already change, and only Tracker, Reader and `eventide head` show it.
    """
    from eventide.table.edits import correction, encoded, write_edits  # noqa: PLC0415 - a verb that reads needs none

    layout = _layout(state)
    selected = select(state, [run])
    until = SYSTEM_CLOCK.time()
    records = []
    if where is not None:
        where_key, equals, text = where.partition("=")
        if not equals:
            raise InvalidSetting(f"`--where {where}` is no KEY=VALUE", hint="--where epoch=1")
        records = [correction(key, encoded(layout, typed(value)), where_key, encoded(layout, typed(text)), until)]
    for run_id in [] if dry_run else selected.ids:
        project = state.source.run(run_id).project
        write_edits(layout, project, run_id, records, None if records else {key: typed(value)})
    said = "would be set" if dry_run else "set"
    rows = [[run_id, state.source.run(run_id).name, said] for run_id in selected.ids]
    state.output.emit(Listing("runs", (Column("id"), Column("name", wide=True), Column("done")), rows))
    if selected.unknown:
        raise click.exceptions.Exit(EXIT_PARTLY)


def _layout(state: State) -> Layout:
    layout = getattr(state.source, "layout", None)
    if layout is None:
        raise StoreError("this source does not hold the files of the store itself")
    return layout  # type: ignore[no-any-return]


def typed(text: str) -> Any:
    """Return a value as it was typed: JSON, or the text itself."""
    try:
        return orjson.loads(text)
    except ValueError:
        return text
