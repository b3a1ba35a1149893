"""`eventide tail`: console text or logged rows of a run, as they come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from eventide.cli import terminal
from eventide.cli.console import Line, Lines
from eventide.cli.output import Column
from eventide.cli.selectors import select_one
from eventide.cli.verb import VerbCommand
from eventide.clock import iso
from eventide.model import RunStatus
from eventide.table import values
from eventide.table.rows import decoded_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eventide.cli.state import State

_COLUMNS = (Column("ts", "time"), Column("step", "number"), Column("key"), Column("value"))


@click.command(cls=VerbCommand)
@click.argument("run", metavar="[RUN]", default="@last")
@click.option("--follow", "-f", is_flag=True, help="Go on until the run ends.")
@click.option(
    "--lines",
    "-n",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    metavar="N",
    help="How many to begin with.",
)
@click.option("--rows", is_flag=True, help="Logged rows, also when there is console text.")
@click.option("--console", is_flag=True, help="Console text only.")
@click.option("--stream", type=click.Choice(["stdout", "stderr"]), help="Console text of this stream only.")
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(min=0.05),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look.",
)
@click.pass_obj
def tail(
    state: State,
    run: str,
    *,
    follow: bool,
    lines: int,
    rows: bool,
    console: bool,
    stream: str | None,
    interval_s: float,
) -> None:
    """Show the end of a run's console text, or of its logged rows when it printed nothing.

        eventide tail
        eventide tail @running --follow
        eventide tail @last --rows -n 5

    Console text of stderr is yellow where there is colour; --jsonl says time and stream of every line.
    Piped, rows come as ts, step, key, value, one value per line.
    """
    run_id = select_one(state, run)
    wants_rows = rows or not (console or stream or state.source.console(run_id, limit=1))
    reader = _rows(state, run_id, lines) if wants_rows else _console(state, run_id, lines, stream)
    while True:
        status = state.source.run(
            run_id
        ).status  # before reading, so that the last words of an ended run are not missed
        for text in next(reader):
            state.output.write(text)
        _flush()
        if not follow or status is not RunStatus.RUNNING:
            break
        time.sleep(interval_s)
    if follow:
        state.output.say(f"the run {status.value}" if status.is_final else f"the run is {status.value}")


def _flush() -> None:
    import sys  # noqa: PLC0415

    sys.stdout.flush()


def _console(state: State, run_id: str, count: int, stream: str | None) -> Iterator[list[str]]:
    """Yield new console text at each step, the first time the last `count` lines; a line that has not ended once it has or at the end."""
    lines = Lines()
    pieces = state.source.console(run_id)
    seen = len(pieces)
    found = _of(lines.feed(pieces), stream)
    begun = _of(lines.begun(), stream)
    yield [_line_text(state, line) for line in [*found, *begun][-count:]] if count else []
    shown = {line.stream: line.text for line in begun}
    while True:
        fresh = state.source.console(run_id, after=seen)
        seen += len(fresh)
        found = _of(lines.feed(fresh), stream)
        begun = [line for line in _of(lines.begun(), stream) if shown.get(line.stream) != line.text] if fresh else []
        shown.update((line.stream, line.text) for line in begun)
        yield [_line_text(state, line) for line in (*found, *begun)]


def _of(lines: list[Line], stream: str | None) -> list[Line]:
    return [line for line in lines if stream in (None, line.stream)]


def _line_text(state: State, line: Line) -> str:
    """Return a line as the format wants it; on a terminal with colour, stderr is marked by it."""
    if state.output.is_json:
        from eventide.cli.output import json_row, json_text  # noqa: PLC0415

        return json_text(json_row((Column("ts", "time"), Column("stream"), Column("text")), list(line)))
    style = "yellow" if line.stream == "stderr" else ""
    return terminal.paint(line.text, style, color=state.output.color and state.output.is_table) + "\n"


def _rows(state: State, run_id: str, lines: int) -> Iterator[list[str]]:
    """Yield new rows at each step, the first time the last `lines` of them."""
    seen = None
    known = -1
    while True:
        count = state.source.run(run_id).rows
        if count == known:  # nothing new: do not read the rows again
            yield []
            continue
        known = count
        table = state.source.rows([run_id], attempts="all")
        start = max(0, table.num_rows - lines) if seen is None else seen
        seen = table.num_rows
        names, columns = decoded_rows(table.slice(start), state.store.key_tags())
        yield [_row_text(state, dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]


def _row_text(state: State, row: dict[str, Any]) -> str:
    pairs = {key: value for key, value in row.items() if value is not None and key not in ("run_id", "step", "ts")}
    if not state.output.is_table:
        return _row_data(state, row, pairs)
    at = time.strftime("%H:%M:%S", time.localtime(row["ts"]))
    said = "  ".join(f"{values.printable(key)} {values.text(value)}" for key, value in pairs.items())
    return f"{terminal.paint(at, 'dim', color=state.output.color)}  step {row['step']}  {said}\n"


def _row_data(state: State, row: dict[str, Any], pairs: dict[str, Any]) -> str:
    from eventide.cli.output import json_row, json_text  # noqa: PLC0415

    if state.output.is_json:
        columns = [Column("ts", "time"), Column("step"), *(Column(key) for key in pairs)]
        return json_text(json_row(columns, [row["ts"], row["step"], *pairs.values()]))
    at = iso(row["ts"])
    return "".join(
        f"{at}\t{row['step']}\t{values.printable(key)}\t{values.exact(value)}\n" for key, value in pairs.items()
    )
