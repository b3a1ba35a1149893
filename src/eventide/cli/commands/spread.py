"""`eventide stats`, `hist` and `scatter`: how logged values are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.errors import MetricNotFound
from eventide.table.selection import ids_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.cli.state import State

_FIGURES = ("count", "mean", "std", "min", "25%", "50%", "75%", "max")


@click.command(cls=VerbCommand)
@click.argument("where", metavar="[FILTER]", default="")
@click.option("--key", "-k", "keys", multiple=True, metavar="KEY", help="This key only; may be repeated.")
@click.pass_obj
def stats(
    state: State,
    where: str,
    *,
    keys: tuple[str, ...],
) -> None:
    """Count, mean, spread and quartiles of the logged numbers, over all rows.

        eventide stats
        eventide stats 'tag:paper' -k val/acc -k loss

    Values that are not finite are counted apart.
    """
    import numpy as np  # noqa: PLC0415 - numbers only where they are asked for

    ids = _ids(state, where)
    wanted = keys or tuple(key.key for key in state.source.keys(project=state.project, run_ids=ids) if key.numeric)
    rows = []
    for key in dict.fromkeys(wanted):
        values = np.asarray(_values(state, ids, key), np.float64)
        finite = values[np.isfinite(values)]
        quartiles = np.quantile(finite, (0, 0.25, 0.5, 0.75, 1)).tolist() if len(finite) else [None] * 5
        spread = float(finite.std(ddof=1)) if len(finite) > 1 else None
        mean = float(finite.mean()) if len(finite) else None
        rows.append([key, len(finite), mean, spread, *quartiles, len(values) - len(finite)])
    columns = [Column("key", wide=True), *(Column(name, "number") for name in _FIGURES), Column("nonfinite", "number")]
    state.output.emit(Listing("stats", columns, rows))


@click.command(cls=VerbCommand)
@click.argument("key", metavar="KEY")
@click.argument("where", metavar="[FILTER]", default="")
@click.option("--bins", type=click.IntRange(1, 200), metavar="N", help="How many bins.")
@click.option("--width", type=click.IntRange(1, 400), default=60, metavar="N", help="Longest bar, in characters.")
@click.pass_obj
def hist(
    state: State,
    key: str,
    where: str,
    *,
    bins: int | None,
    width: int,
) -> None:
    """Draw how the values of a key are spread over all rows.

    eventide hist val/acc
    eventide hist loss 'tag:paper' --bins 20
    """
    from eventide.table.textplot import histogram  # noqa: PLC0415 - numpy

    state.output.write(histogram(_values(state, _ids(state, where), key), bins=bins, width=width))


@click.command(cls=VerbCommand)
@click.argument("x", metavar="X")
@click.argument("y", metavar="Y")
@click.argument("where", metavar="[FILTER]", default="")
@click.option("--width", type=click.IntRange(2, 400), default=60, metavar="N", help="In characters.")
@click.option("--height", type=click.IntRange(2, 200), default=20, metavar="N", help="In lines.")
@click.pass_obj
def scatter(
    state: State,
    x: str,
    y: str,
    where: str,
    *,
    width: int,
    height: int,
) -> None:
    """Draw two keys against each other, one point per row that has both.

    eventide scatter lr val/acc
    eventide scatter step loss 'tag:paper' --height 30
    """
    from eventide.table.textplot import scatter as draw  # noqa: PLC0415 - numpy

    ids = _ids(state, where)
    xs, ys = (_values(state, ids, key, keys=[x, y]) for key in (x, y))
    state.output.write(draw(xs, ys, width=width, height=height))


def _ids(state: State, where: str) -> Sequence[str] | None:
    return ids_of(state.source, where, project=state.project) if where or state.project else None


def _values(state: State, ids: Sequence[str] | None, key: str, *, keys: Sequence[str] | None = None) -> Sequence[float]:
    """Return the numbers of a key in all rows; NaN where a row has none, which one key alone leaves out. Raises MetricNotFound."""
    import pyarrow as pa  # noqa: PLC0415 - Arrow only where rows are read

    wanted = [each for each in dict.fromkeys(keys or [key]) if each not in ("step", "ts")]
    table = state.source.rows(ids, keys=wanted)
    if key not in table.column_names or not _is_number(table.column(key).type):
        raise MetricNotFound(f"no row has numbers under `{key}`", hint="eventide keys --numeric")
    column = table.column(key).cast(pa.float64())
    return list((column if keys else column.drop_null()).to_numpy().tolist())


def _is_number(kind: object) -> bool:
    return str(kind) in ("double", "int64", "int32", "float")
