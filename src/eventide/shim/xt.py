"""xetrack's command `xt`: `python -m eventide.shim xt head database.db`.

Invariant: answers are Markdown tables, or indented JSON records with `--json`; `--engine` is accepted and makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from eventide.compat.xetrack import Reader
from eventide.compat.xetrack import copy as copy_rows
from eventide.errors import InvalidSetting
from eventide.sdk.values import short_repr
from eventide.table import values
from eventide.table.cache import Cache
from eventide.table.textplot import histogram, scatter

Command = Callable[..., None]


def _options(command: Command) -> Command:
    """Add the options that every look at a table has."""
    for option in (
        click.option("--table", default="default", show_default=True, help="The table to look at."),
        click.option("--engine", default="sqlite", help="Accepted; makes no difference."),
        click.argument("db"),
    ):
        command = option(command)
    return command


def _as_json(command: Command) -> Command:
    return click.option("--json/--no-json", "as_json", default=False, help="Records as indented JSON.")(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def xt() -> None:
    """Look at and change the rows of trackers, as xetrack's own command does."""


@xt.command()
@_options
@click.option("--n", default=5, show_default=True, help="How many rows.")
@_as_json
def head(db: str, engine: str, table: str, n: int, as_json: bool) -> None:
    """Show the first rows."""
    _show(Reader(db, "sqlite", table).to_df(head=n), as_json=as_json)
    del engine


@xt.command()
@_options
@click.option("--n", default=5, show_default=True, help="How many rows.")
@_as_json
def tail(db: str, engine: str, table: str, n: int, as_json: bool) -> None:
    """Show the last rows."""
    _show(Reader(db, "sqlite", table).to_df(tail=n), as_json=as_json)
    del engine


@xt.command()
@_options
def columns(db: str, engine: str, table: str) -> None:
    """List the columns."""
    del engine
    click.echo("\n".join(str(name) for name in Reader(db, "sqlite", table).to_df(head=0).columns))


@xt.command()
@click.argument("db")
@click.argument("column", default="track_id")
@click.option("--unique/--no-unique", default=False, help="Every value once.")
@click.option("--track-id", help="Of one run only.")
@click.option("--engine", default="sqlite", help="Accepted; makes no difference.")
@click.option("--table", default="default", show_default=True, help="The table to look at.")
def ls(db: str, column: str, unique: bool, track_id: str | None, engine: str, table: str) -> None:  # noqa: PLR0917
    """List the values of a column, the ids of the runs by default."""
    del engine
    frame = Reader(db, "sqlite", table).to_df(track_id=track_id)
    found = _column(frame, column).to_list()
    chosen = dict.fromkeys(map(values.exact, found)) if unique or column == "track_id" else map(values.exact, found)
    click.echo(_markdown([column], [[value] for value in chosen]))


@xt.command()
@_options
@click.argument("query")
@_as_json
def sql(db: str, query: str, engine: str, table: str, as_json: bool) -> None:
    """Run one SQL statement that reads; the table is `events`, `db.events` or `db.default`."""
    del engine
    _show(Reader(db, "sqlite", table).conn.execute(query).df(), as_json=as_json)


@xt.command("set")
@_options
@click.argument("key")
@click.argument("value")
@click.option("--track-id", help="Rows of one run only.")
@click.option("--where-key", help="Rows that have --where-value under this key only.")
@click.option("--where-value", help="See --where-key.")
def set_(  # noqa: PLR0917 - a command's options
    db: str,
    key: str,
    value: str,
    engine: str,
    table: str,
    track_id: str | None,
    where_key: str | None,
    where_value: str | None,
) -> None:
    """Give rows a value."""
    del engine
    reader = Reader(db, "sqlite", table)
    if where_key is None:
        reader.set_value(key, _typed(value), track_id)
    else:
        reader.set_where(key, _typed(value), where_key, _typed(where_value or ""), track_id)


@xt.command()
@_options
@click.argument("track_id")
def delete(db: str, track_id: str, engine: str, table: str) -> None:
    """Put a run into the bin."""
    del engine
    Reader(db, "sqlite", table).delete_run(track_id)
    click.echo(f"{track_id} is in the bin; `eventide restore` takes it out")


@xt.command()
@click.argument("source")
@click.argument("target")
@click.option("--assets/--no-assets", default=True, show_default=True, help="Copy objects as well.")
@click.option("--table", "tables", multiple=True, help="Only these tables.")
def copy(source: str, target: str, assets: bool, tables: Sequence[str]) -> None:
    """Copy the rows of one database into another."""
    click.echo(f"{copy_rows(source, target, assets, list(tables) or None)} rows copied")


# ── objects and cached results ──────────────────────────────────────────────────────────────────────────────────────────


@xt.group()
def assets() -> None:
    """The objects that rows refer to."""


@assets.command("ls")
@_options
def assets_ls(db: str, engine: str, table: str) -> None:
    """List the objects by key."""
    del engine
    click.echo(_markdown(["key", "hash"], [list(pair) for pair in Reader(db, "sqlite", table).assets.keys.items()]))


@assets.command()
@_options
@click.argument("key")
@click.argument("output")
def export(db: str, key: str, output: str, engine: str, table: str) -> None:
    """Write an object's bytes, a pickle, to a file; `key` is a key or a hash."""
    del engine
    data = Reader(db, "sqlite", table).stored_objects.read(key)
    Path(output).write_bytes(data)
    click.echo(f"{len(data)} bytes written to {output}")


@assets.command("delete")
@_options
@click.argument("asset")
@click.option("--column", help="Empty the cells of this column only.")
@click.option("--remove-keys/--no-remove-keys", default=True, help="Accepted; makes no difference.")
def assets_delete(db: str, asset: str, engine: str, table: str, column: str | None, remove_keys: bool) -> None:  # noqa: PLR0917
    """Remove an object."""
    del engine, remove_keys
    removed = Reader(db, "sqlite", table).remove_asset(asset, column)
    click.echo("removed" if removed else "there is no such object")


@xt.group()
def cache() -> None:
    """Cached results of functions."""


@cache.command("ls")
@click.argument("cache_path")
def cache_ls(cache_path: str) -> None:
    """List the results, and which run computed each."""
    rows = [[entry.function, entry.args, entry.track_id, key] for key, entry in Cache(cache_path).scan()]
    click.echo(_markdown(["function", "args", "track_id", "key"], rows))


@cache.command("delete")
@click.argument("cache_path")
@click.argument("track_id")
def cache_delete(cache_path: str, track_id: str) -> None:
    """Remove the results that a run computed."""
    click.echo(f"{Cache(cache_path).delete_by_track_id(track_id)} results removed")


# ── plots and numbers ───────────────────────────────────────────────────────────────────────────────────────────────────


@xt.group()
def plot() -> None:
    """Plots in the terminal."""


@plot.command()
@_options
@click.argument("column")
@click.option("--bins", type=click.IntRange(1), help="How many bins.")
@click.option("--width", type=click.IntRange(1), default=60, help="Longest bar, in characters.")
@click.option("--title", default="", help="A line above.")
def hist(db: str, column: str, engine: str, table: str, bins: int | None, width: int, title: str) -> None:  # noqa: PLR0917
    """Show how the values of a column are spread."""
    del engine
    numbers = _numbers(Reader(db, "sqlite", table).to_df(), column)
    click.echo((f"{title}\n" if title else "") + histogram(numbers, bins=bins, width=width), nl=False)


@plot.command("scatter")
@_options
@click.argument("x")
@click.argument("y")
@click.option("--pch", default="•", help="Character for a point.")
@click.option("--size", type=click.IntRange(2), default=20, help="Height in lines.")
@click.option("--title", default="", help="A line above.")
def plot_scatter(db: str, x: str, y: str, engine: str, table: str, pch: str, size: int, title: str) -> None:  # noqa: PLR0917
    """Show two columns against each other."""
    del engine
    frame = Reader(db, "sqlite", table).to_df()
    drawn = scatter(_numbers(frame, x), _numbers(frame, y), height=size, width=3 * size, mark=pch[:1] or "•")
    click.echo((f"{title}\n" if title else "") + drawn, nl=False)


@xt.group()
def stats() -> None:
    """Numbers about columns."""


@stats.command()
@_options
@click.option("--columns", "chosen", help="Only these, separated by commas.")
def describe(db: str, engine: str, table: str, chosen: str | None) -> None:
    """Count, mean, spread and quartiles of the columns of numbers."""
    del engine
    frame = Reader(db, "sqlite", table).to_df()
    names = chosen.split(",") if chosen else [name for name in frame.columns if frame[name].dtype.kind in "fiu"]
    if not names:
        click.echo("there is no column of numbers")
        return
    for name in names:
        _column(frame, name)
    table_of = frame[names].describe()
    rows = [[str(label), *row] for label, row in zip(table_of.index, table_of.to_numpy().tolist(), strict=True)]
    click.echo(_markdown(["", *names], rows))


@stats.command()
@_options
@click.argument("column")
def top(db: str, column: str, engine: str, table: str) -> None:
    """Show the row with the largest value of a column."""
    del engine
    _extreme(Reader(db, "sqlite", table).to_df(), column, largest=True)


@stats.command()
@_options
@click.argument("column")
def bottom(db: str, column: str, engine: str, table: str) -> None:
    """Show the row with the smallest value of a column."""
    del engine
    _extreme(Reader(db, "sqlite", table).to_df(), column, largest=False)


def _extreme(frame: Any, column: str, *, largest: bool) -> None:
    numbers = _column(frame, column).dropna()
    if not len(numbers):
        click.echo("no row has a value there")
        return
    place = numbers.idxmax() if largest else numbers.idxmin()
    _show(frame.loc[[place]], as_json=False)


# ── what is written ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _show(frame: Any, *, as_json: bool) -> None:
    rows = [[_missing(value) for value in row] for row in frame.astype(object).to_numpy().tolist()]
    if as_json:
        records = [dict(zip(map(str, frame.columns), row, strict=True)) for row in rows]
        option = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
        click.echo(orjson.dumps(records, default=short_repr, option=option).decode())
    else:
        click.echo(_markdown([str(name) for name in frame.columns], rows))


def _missing(value: Any) -> Any:
    return None if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value else value  # noqa: PLR0124


def _markdown(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table, its columns aligned."""
    cells = [[_cell(name) for name in names], *([_cell(value) for value in row] for row in rows)]
    widths = [max(3, *(len(row[place]) for row in cells)) for place in range(len(names))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    return "" if value is None else values.exact(value).replace("|", "\\|")


def _column(frame: Any, name: str) -> Any:
    if name not in frame.columns:
        raise InvalidSetting(f"there is no column `{name}`", hint=f"one of {', '.join(map(str, frame.columns))}")
    return frame[name]


def _numbers(frame: Any, name: str) -> list[float]:
    import pandas as pd  # noqa: PLC0415 - the frame has loaded it

    return [float(value) for value in pd.to_numeric(_column(frame, name), errors="coerce").astype("float64").to_list()]


def _typed(text: str) -> Any:
    """Return a value as it was typed: a number, true, false, null, or the text itself."""
    try:
        return orjson.loads(text)
    except ValueError:
        return text
