"""`eventide plot`: draw a metric in the terminal, or into a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventide.cli import terminal
from eventide.cli.braille import Axes, Canvas, frame
from eventide.cli.commands.best import not_logged
from eventide.cli.files import write_whole
from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting
from eventide.model import RunQuery, SeriesQuery
from eventide.table import svg, values
from eventide.table.scale import Scale, make_scale, robust_scale
from eventide.table.svg import spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.cli.state import State
    from eventide.model import Buckets, RunInfo, Series

MOST_RUNS = 8
_STYLES = ("cyan", "yellow", "magenta", "green", "red", "blue")
_MARKS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be drawn."""

    metric: str
    runs: Sequence[RunInfo]
    x: str
    start: float | None
    stop: float | None
    log: bool
    full_range: bool

    def query(self, bins: int | None) -> SeriesQuery:
        """Return the question for the curves."""
        return SeriesQuery(tuple(run.id for run in self.runs), (self.metric,), self.x, self.start, self.stop, bins)


@click.command(cls=VerbCommand)
@click.argument("metric", metavar="METRIC")
@click.argument("where", metavar="[FILTER]", default="")
@click.option("-o", "--output", metavar="FILE", help="x.svg: a drawing; x.csv: every point.")
@click.option(
    "--x",
    default="step",
    show_default=True,
    metavar="AXIS",
    help="step, time (seconds since the start), ts, or a logged key.",
)
@click.option("--from", "start", type=float, metavar="X", help="First x.")
@click.option("--to", "stop", type=float, metavar="X", help="Last x.")
@click.option("--log", is_flag=True, help="Logarithmic y axis.")
@click.option("--full-range", is_flag=True, help="Show outliers at their place, not at the edge.")
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(min=0),
    default=MOST_RUNS,
    show_default=True,
    metavar="N",
    help="Runs at most; 0 for all.",
)
@click.option(
    "--height",
    type=click.IntRange(min=3, max=200),
    default=16,
    show_default=True,
    metavar="LINES",
    help="Height of the drawing.",
)
@click.pass_obj
def plot(
    state: State,
    metric: str,
    where: str,
    *,
    output: str | None,
    x: str,
    start: float | None,
    stop: float | None,
    log: bool,
    full_range: bool,
    limit: int,
    height: int,
) -> None:
    """Draw a metric of some runs.

        eventide plot train/loss
        eventide plot val/acc 'tag:paper' --x time
        eventide plot train/loss @last --log --from 1000
        eventide plot val/acc -o acc.svg                  also .csv, with every point

    Every column is drawn from its lowest to its highest value, so no spike is lost. Piped: id, name, step, ts, x, value.
    """
    if output is not None and Path(output).suffix not in (".svg", ".csv"):
        raise InvalidSetting(
            f"`{output}` is neither .svg nor .csv, the files plot can write",
            hint=f"-o {Path(output).stem or 'plot'}.svg",
        )
    runs, total = _runs(state, metric, where, limit)
    request = Request(metric, runs, x, start, stop, log, full_range)
    if output is not None and Path(output).suffix == ".svg":
        write_whole(Path(output), _svg(state, request).encode())
    elif output is not None:
        from eventide.cli.commands.export import csv_text  # noqa: PLC0415

        write_whole(Path(output), csv_text(points_listing(state, request)).encode())
    elif state.output.is_table:
        state.output.write(_drawing(state, request, height))
    else:
        state.output.emit(points_listing(state, request))
    if total > len(runs):
        state.output.say(f"{len(runs)} of {total} runs, the newest: --limit 0 draws all", style="dim")


def _runs(state: State, metric: str, where: str, limit: int) -> tuple[Sequence[RunInfo], int]:
    """Return the runs to draw, and how many there are; raises MetricNotFound."""
    if where.startswith("@"):
        ids = state.source.resolve(where, project=state.project)
        found: Sequence[RunInfo] = [state.source.run(run_id) for run_id in ids]
    else:
        found = state.source.runs(RunQuery(where, state.project, limit=None, keys=(metric,), details=False)).runs
    having = [run for run in found if metric in run.metrics]
    if not having:
        raise not_logged(state, metric, where)
    return having[: limit or None], len(having)


def _scales(state: State, request: Request, curves: Sequence[Buckets]) -> tuple[Scale, Scale, str]:
    """Return the scales of y and x, and what is to be said about points outside."""
    extremes = [float(value) for curve in curves for part in (curve.min, curve.max) for value in part]
    full = make_scale(extremes, log=request.log)
    y = full if request.full_range else robust_scale((float(value) for curve in curves for value in curve.mean), full)
    edges = curves[0].edges if curves else (0.0, 1.0)
    x = make_scale([float(edges[0]), float(edges[-1])])
    said = _outside(state, request, y) if y != full else ""
    if request.log and any(value <= 0 for value in extremes):
        said = ", ".join(part for part in (said, "values of 0 and below are not shown") if part)
    return y, x, said


def _outside(state: State, request: Request, y: Scale) -> str:
    curves: Any = state.source.series(request.query(None))
    above = sum(int((curve.y > y.high).sum()) for curve in curves)
    below = sum(int((curve.y < y.low).sum()) for curve in curves)
    said = [
        f"{count} {'points' if count > 1 else 'point'} {where}"
        for count, where in ((above, "above ↑"), (below, "below ↓"))
        if count
    ]
    return f"{', '.join(said)}: --full-range" if said else ""


def _drawing(state: State, request: Request, height: int) -> str:
    """Return the plot as text for a terminal."""
    color = state.output.color
    width = max(20, terminal.width() - 14)
    curves: Any = state.source.series(request.query(2 * width))
    y, x, said = _scales(state, request, curves)
    canvas = Canvas(width, height)
    for owner, curve in reversed(list(enumerate(curves))):
        canvas.draw(spans(curve), y, owner)
    text = terminal.paint(values.printable(request.metric), "bold", color=color) + (f"  {said}" if said else "") + "\n"
    for line in frame(canvas, Axes(y, x, request.x)):
        text += "".join(terminal.paint(part, _style(owner), color=color) for part, owner in line).rstrip() + "\n"
    named = {run.id: run for run in request.runs}
    for owner, curve in enumerate(curves):
        text += _legend(named[curve.run_id], request.metric, owner, color=color)
    return text


def _style(owner: int) -> str:
    return "" if owner < 0 else _STYLES[owner % len(_STYLES)]


def _legend(run: RunInfo, metric: str, owner: int, *, color: bool) -> str:
    stats = run.metrics[metric]
    mark = terminal.paint("━━", _style(owner), color=color) if color else _MARKS[owner % len(_MARKS)]
    facts = f"best {values.text(stats.best)} at {stats.best_step}, last {values.text(stats.last)}"
    if stats.nonfinite:
        facts += f", {stats.nonfinite} not finite from step {stats.first_nonfinite_step}"
    return f"  {mark} {values.printable(run.name)}  {facts}\n"


def _svg(state: State, request: Request) -> str:
    curves: Any = state.source.series(request.query(svg.columns()))
    y, x, said = _scales(state, request, curves)
    named = {run.id: run.name for run in request.runs}
    title = f"{request.metric}   ({said.removesuffix(': --full-range')})" if said else request.metric
    return svg.document(title, [(named[curve.run_id], spans(curve)) for curve in curves], y, x, request.x)


def points_listing(state: State, request: Request) -> Listing:
    """Return every point: id, name, step, ts, x, value."""
    curves: list[Series] = state.source.series(request.query(None))  # type: ignore[assignment]
    named = {run.id: run.name for run in request.runs}
    rows = [
        [curve.run_id, named[curve.run_id], *point]
        for curve in curves
        for point in zip(curve.step.tolist(), curve.ts.tolist(), curve.x.tolist(), curve.y.tolist(), strict=True)
    ]
    columns = (
        Column("id"),
        Column("name"),
        Column("step", "number"),
        Column("ts", "time"),
        Column("x", "number"),
        Column("value", "number"),
    )
    return Listing("points", columns, rows, extra={"metric": request.metric, "x": request.x})
