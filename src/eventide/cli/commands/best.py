"""`eventide best` and `eventide leaderboard`: runs by a metric."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting, MetricNotFound
from eventide.model import RunQuery
from eventide.table import choose, values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.cli.state import State
    from eventide.model import RunInfo

SCREENFUL = 20


@click.command(cls=VerbCommand)
@click.argument("metric", metavar="[METRIC]", default="")
@click.argument("where", metavar="[FILTER]", default="")
@click.option("--goal", metavar="max|min", help="What is best, when the name does not say.")
@click.pass_obj
def best(
    state: State,
    metric: str,
    where: str,
    *,
    goal: str | None,
) -> None:
    """Show the run with the best value of a metric, and why it is the best.

    eventide best val/acc
    eventide best train/loss 'started>2d' --goal min
    eventide show $(eventide best val/acc --format tsv | cut -f1)
    """
    key, ranked = rank(state, metric, where, goal)
    listing = ranking(ranked[:1], ranked, key)
    state.output.emit(for_people(listing) if state.output.is_table else listing)
    if ranked and not state.output.is_json:
        for line in reasons(ranked, key):
            state.output.say(line)


@click.command(cls=VerbCommand)
@click.argument("metric", metavar="[METRIC]", default="")
@click.argument("where", metavar="[FILTER]", default="")
@click.option("--goal", metavar="max|min", help="What is best, when the name does not say.")
@click.option("--limit", "-n", type=click.IntRange(min=0), metavar="N", help="Rows at most; 0 for all.")
@click.pass_obj
def leaderboard(
    state: State,
    metric: str,
    where: str,
    *,
    goal: str | None,
    limit: int | None,
) -> None:
    """Rank runs by the best value of a metric.

    eventide leaderboard
    eventide leaderboard val/acc 'tag:paper' --limit 10
    """
    key, ranked = rank(state, metric, where, goal)
    most = SCREENFUL if limit is None and state.output.is_table else limit or None
    listing = ranking(ranked[:most], ranked, key)
    state.output.emit(for_people(listing) if state.output.is_table else listing)


def rank(state: State, metric: str, filter_text: str, goal: str | None) -> tuple[str, list[RunInfo]]:
    """Return the metric and the runs that have it, best first, ties in favour of the earlier run.

    Raises:
        MetricNotFound: no run has logged it; the hint names the nearest.
    """
    if goal is not None and goal not in ("max", "min"):
        raise InvalidSetting(f"`--goal` cannot be `{goal}`", hint="--goal max|min")
    keys = None if not metric else (metric,)
    runs = state.source.runs(RunQuery(filter=filter_text, project=state.project, limit=None, keys=keys)).runs
    key = metric or choose.goal_metric(runs)
    having = [run for run in runs if key in run.metrics and run.metrics[key].best is not None] if key else []
    if key is None or (not having and not state.options.fail_empty):
        raise not_logged(state, key or "", filter_text)
    if goal is not None:
        having = [
            replace(
                run, metrics={**run.metrics, key: replace(run.metrics[key], goal="max" if goal == "max" else "min")}
            )
            for run in having
        ]
    up = sum(run.metrics[key].goal == "max" for run in having) * 2 > len(having)
    having.sort(key=lambda run: ((-1 if up else 1) * (run.metrics[key].best or 0.0), run.started))
    return key, having


def not_logged(state: State, key: str, filter_text: str = "") -> MetricNotFound:
    """Return the error for a metric that no run has, with the nearest one that some have."""
    import difflib  # noqa: PLC0415 - only on the way to an error

    known = [info.key for info in state.source.keys(project=state.project) if info.numeric]
    if not key:
        return MetricNotFound(
            "no run has logged a number" + (f" among those of `{filter_text}`" if filter_text else ""),
            hint="eventide keys",
        )
    if key in known:
        return MetricNotFound(
            f"no run of `{filter_text}` has logged `{key}`", hint="eventide runs " + repr(filter_text)
        )
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
    return MetricNotFound(
        f"no run has logged a number as `{key}`", hint=f"did you mean `{near[0]}`?" if near else "eventide keys"
    )


def ranking(shown: Sequence[RunInfo], ranked: Sequence[RunInfo], key: str) -> Listing:
    """Return one row per run: place, value, where it was reached, distance to the first, what varies."""
    varying = choose.varying_params(ranked, limit=6) if len(ranked) > 1 else []
    first = ranked[0].metrics[key].best if ranked else None
    columns = [
        Column("id"),
        Column("rank", "number"),
        Column("name", wide=True),
        Column(f"best({key})", "number", goal=ranked[0].metrics[key].goal if ranked else ""),
        Column("at_step", "number"),
        Column("behind", "number"),
        Column("status", "status"),
        *(Column(f"config.{path}", "text", path) for path in varying),
    ]
    rows = []
    for place, run in enumerate(shown):
        stats = run.metrics[key]
        behind = abs(stats.best - first) if stats.best is not None and first is not None else None
        rows.append(
            [
                run.id,
                place + 1,
                run.name,
                stats.best,
                stats.best_step,
                behind,
                run.status.value,
                *(run.params.get(path) for path in varying),
            ]
        )
    return Listing("runs", columns, rows, len(ranked))


def for_people(listing: Listing) -> Listing:
    """Return a ranking with the id, which is long, behind everything else."""
    return replace(
        listing, columns=[*listing.columns[1:], listing.columns[0]], rows=[[*row[1:], row[0]] for row in listing.rows]
    )


def reasons(ranked: Sequence[RunInfo], key: str) -> list[str]:
    """Return why the first one is the best: among how many, ahead of whom, with which parameters, and what to doubt."""
    winner = ranked[0]
    stats = winner.metrics[key]
    said = [f"{'highest' if stats.goal == 'max' else 'lowest'} {key} of {len(ranked)} run{'s' * (len(ranked) > 1)}"]
    if len(ranked) > 1:
        second = ranked[1]
        value = second.metrics[key].best
        gap = abs(value - (stats.best or 0.0)) if value is not None else math.nan
        said[0] += f", {values.number(gap)} ahead of {second.name} ({values.text(value)})"
        different = choose.varying_params([winner, second], limit=8)
        if different:
            said.append(
                "against it: "
                + ", ".join(
                    f"{path} {values.text(winner.params.get(path))} not {values.text(second.params.get(path))}"
                    for path in different
                )
            )
    if stats.last != stats.best and isinstance(stats.last, float):
        said.append(f"reached at step {stats.best_step}; its last value is {values.number(stats.last)}")
    if stats.nonfinite:
        said.append(
            f"{stats.nonfinite} of its {stats.count} values are not finite, first at step {stats.first_nonfinite_step}"
        )
    if not winner.status.is_final:
        said.append(f"the run is {winner.status.value}")
    return said
