"""`eventide sql`: ask with read-only SQL."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from eventide.cli import terminal
from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidQuery
from eventide.model import SqlLimits

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.cli.state import State

SCREENFUL = 200


@click.command(cls=VerbCommand)
@click.argument("query", metavar="[QUERY]", default="-")
@click.option("--timeout", "timeout_s", type=float, metavar="SECONDS", help="Give up after so long.")
@click.option("--max-rows", type=int, metavar="N", help="Fail when there are more.")
@click.pass_obj
def sql(
    state: State,
    query: str,
    *,
    timeout_s: float | None,
    max_rows: int | None,
) -> None:
    r"""Ask with one read-only SQL statement.

        eventide sql "SELECT run_id, max(\"val/acc\") AS acc FROM db.events GROUP BY 1 ORDER BY 2 DESC"
        eventide sql "SELECT name, status FROM db.runs" --format csv
        eventide sql < query.sql

    Views: db.events (logged rows), db.runs, db.metrics, db.params, db.system, db.console. The dialect is DuckDB's.
    """
    if query == "-":
        if terminal.is_terminal(sys.stdin):
            raise InvalidQuery("there is no query", hint='eventide sql "SELECT name, status FROM db.runs"')
        query = sys.stdin.read()
    table = state.source.sql(query, limits=SqlLimits(timeout_s, max_rows))
    total = table.num_rows
    if state.output.is_table and total > SCREENFUL:
        table = table.slice(0, SCREENFUL)
        state.output.say(f"the first {SCREENFUL} of {total} rows; all of them with --format tsv", style="dim")
    state.output.emit(listing_of(table))


def listing_of(table: pa.Table) -> Listing:
    """Return an Arrow table as a listing."""
    import pyarrow as pa  # noqa: PLC0415 - the verbs that get here have loaded it

    columns = []
    for field in table.schema:
        numeric = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        columns.append(Column(field.name, "number" if numeric else "text", wide=not numeric))
    values: list[list[Any]] = [column.to_pylist() for column in table.columns]
    return Listing("rows", columns, [list(row) for row in zip(*values, strict=True)])
