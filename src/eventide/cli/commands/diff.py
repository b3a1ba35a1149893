"""`eventide diff`: what differs between two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from eventide.cli.output import Column, Listing
from eventide.cli.selectors import select_one
from eventide.cli.verb import VerbCommand
from eventide.table import environment, fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from eventide.cli.state import State
    from eventide.model import RunInfo

_ENVIRONMENT = ("project", "group", "host", "user", "world_size")


@click.command(cls=VerbCommand)
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--config", is_flag=True, help="Only parameters.")
@click.option("--metrics", is_flag=True, help="Only metrics.")
@click.option(
    "--env", is_flag=True, help="Only where they came from: git, command, packages, host, GPUs, user, project."
)
@click.option("--all", "everything", is_flag=True, help="Also what is the same.")
@click.pass_obj
def diff(
    state: State,
    first: str,
    second: str,
    *,
    config: bool,
    metrics: bool,
    env: bool,
    everything: bool,
) -> None:
    """Show what differs between two runs; all of config, metrics and environment by default.

        eventide diff @last @best:val/acc
        eventide diff brave-otter calm-lynx --config
        eventide diff @last @best:val/acc --json

    delta is B minus A. The exit code is 0 whether they differ or not.
    """
    wanted = {"config": config, "metrics": metrics, "env": env}
    if not any(wanted.values()):
        wanted = dict.fromkeys(wanted, True)
    one, other = (state.source.run(select_one(state, selector)) for selector in (first, second))
    sections: dict[str, Callable[[RunInfo], dict[str, Any]]] = {
        "config": _config,
        "metrics": _metrics,
        "env": lambda run: _environment(state, run),
    }
    rows = [
        row
        for section, of in sections.items()
        if wanted[section]
        for row in compare(section, of(one), of(other), everything=everything)
    ]
    columns = (
        Column("section"),
        Column("field", wide=True),
        Column("a", "text", one.name, wide=True),
        Column("b", "text", other.name, wide=True),
        Column("delta", "number"),
    )
    state.output.emit(Listing("differences", columns, rows, extra={"a": one.id, "b": other.id}))


def _config(run: RunInfo) -> dict[str, Any]:
    return run.params


def _metrics(run: RunInfo) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, stats in run.metrics.items():
        found[f"best({key})"] = fields.AGGREGATES["best"](stats)
        found[f"last({key})"] = stats.last
    return found


def _environment(state: State, run: RunInfo) -> dict[str, Any]:
    """Return what is known of where a run came from, and its values for the whole run."""
    origin = environment.leaves(environment.whole(state.source, run))
    origin.pop("user", None)  # a field of its own
    return {**{name: fields.BASE[name](run) for name in _ENVIRONMENT}, **origin, **run.values}


def compare(section: str, one: dict[str, Any], other: dict[str, Any], *, everything: bool = False) -> list[list[Any]]:
    """Return (section, field, a, b, delta) of every field that differs, in the order of the first run."""
    rows = []
    for name in dict.fromkeys((*one, *other)):
        a, b = one.get(name), other.get(name)
        same = type(a) is type(b) and (a == b or (a != a and b != b)) and (name in one) == (name in other)  # noqa: PLR0124 - NaN
        if everything or not same:
            rows.append([section, name, a, b, _delta(a, b)])
    return rows


def _delta(a: Any, b: Any) -> float | None:
    numbers = [value for value in (a, b) if isinstance(value, int | float) and not isinstance(value, bool)]
    return numbers[1] - numbers[0] if len(numbers) == 2 else None
