"""`eventide export`: logged rows at full resolution."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventide.cli.files import whole_file
from eventide.cli.output import Column, Listing, exact_cell, json_row, json_text
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting
from eventide.table import fields
from eventide.table.rows import decoded_rows, row_columns
from eventide.table.selection import ids_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from eventide.cli.state import State

SUFFIXES = (".csv", ".jsonl", ".parquet")


@click.command(cls=VerbCommand)
@click.argument("where", metavar="[FILTER]", default="")
@click.option("-o", "--output", metavar="FILE", help="x.csv, x.jsonl or x.parquet; else stdout.")
@click.option("--keys", "-k", multiple=True, metavar="KEYS", help="Only these keys, separated by commas.")
@click.option(
    "--attempts",
    default="last",
    show_default=True,
    metavar="last|all",
    help="Of repeated steps the newest try, or every row.",
)
@click.pass_obj
def export(
    state: State,
    where: str,
    *,
    output: str | None,
    keys: tuple[str, ...],
    attempts: str,
) -> None:
    """Write logged rows, every one of them: run_id, step, ts and the keys.

        eventide export -o all.parquet
        eventide export 'tag:paper' --keys train/loss,val/acc -o paper.csv
        eventide export @last --format jsonl | head

    On stdout: TSV without header when piped, CSV on a terminal, or what --format says.
    """
    if attempts not in ("last", "all"):
        raise InvalidSetting(f"`--attempts` cannot be `{attempts}`", hint="--attempts last|all")
    if output is not None and Path(output).suffix not in SUFFIXES:
        raise InvalidSetting(
            f"`{output}` is none of {', '.join(SUFFIXES)}", hint=f"-o {Path(output).stem or 'rows'}.csv"
        )
    ids = _ids(state, where)
    table = state.source.rows(ids, keys=fields.split(keys) if keys else None, attempts=attempts)  # type: ignore[arg-type]
    if output is None:
        state.output.format = "csv" if state.output.is_table else state.output.format
        listing = rows_listing(table, state.store.key_tags())
        if state.output.format == "jsonl" and not state.options.fields:
            sys.stdout.writelines(json_lines(listing))
        else:
            state.output.emit(listing)
        return
    _write(Path(output), table, state.store.key_tags())
    state.output.say(f"{table.num_rows} rows of {len(ids) if ids is not None else 'all'} runs in {output}")


def _ids(state: State, where: str) -> Sequence[str] | None:
    """Return the ids of a filter or of a selector such as @last; None for all runs."""
    if where.startswith("@"):
        return state.source.resolve(where, project=state.project)
    return ids_of(state.source, where, project=state.project) if where or state.project else None


def rows_listing(table: pa.Table, tags: dict[str, str]) -> Listing:
    """Return logged rows as a listing under the keys' own names."""
    names, values = decoded_rows(table, tags)
    columns = [Column(name, "time" if name == "ts" else "text") for name in names]
    return Listing("rows", columns, [list(row) for row in zip(*values, strict=True)])


def _write(path: Path, table: pa.Table, tags: dict[str, str]) -> None:
    with whole_file(path) as temporary:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq  # noqa: PLC0415 - only for Parquet

            pq.write_table(
                table.rename_columns([column.name for column in row_columns(table.column_names, tags)]), temporary
            )
            return
        listing = rows_listing(table, tags)
        with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            if path.suffix == ".csv":
                _write_csv(file, listing)
            else:
                file.writelines(json_lines(listing))


def json_lines(listing: Listing) -> Iterable[str]:
    """Yield one JSON object per row; keys that the row has not are left out."""
    for row in listing.rows:
        held = [(column, value) for column, value in zip(listing.columns, row, strict=True) if value is not None]
        yield json_text(json_row([column for column, _ in held], [value for _, value in held]))


def _write_csv(file: Any, listing: Listing) -> None:
    """Write a listing as CSV with a header, texts exactly as they were logged."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([column.name for column in listing.columns])
    for row in listing.rows:
        cells = zip(listing.columns, row, strict=True)
        writer.writerow([value if isinstance(value, str) else exact_cell(column, value) for column, value in cells])


def csv_text(listing: Listing) -> str:
    """Return a listing as CSV with a header."""
    buffer = io.StringIO()
    _write_csv(buffer, listing)
    return buffer.getvalue()
