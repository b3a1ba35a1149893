"""Runs as HTML for notebooks: a card for one run, a short table for many.

Invariant: no script, no external file, nothing logged reaches the page unescaped, at most `MAX_BYTES`; colours are
the surrounding page's own (`currentColor`, transparency), so dark and light notebooks and saved files read alike.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eventide.table import choose, fields, values
from eventide.table.spark import sparkline

if TYPE_CHECKING:
    from eventide.model import RunInfo

MAX_ROWS = 20
MAX_COLUMNS = 14
MAX_CELL_CHARS = 60
MAX_BYTES = 50_000

STATE_MARKS = {"running": "●", "finished": "✓", "failed": "✗", "killed": "■", "crashed": "!"}
_STATE_COLOURS = {
    "running": "#2f9e44",
    "finished": "inherit",
    "failed": "#e03131",
    "killed": "#e8590c",
    "crashed": "#e03131",
}
_CELL = "padding:2px 10px;text-align:{align};border-bottom:1px solid rgba(128,128,128,.25);white-space:nowrap"
_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums;background:transparent;color:inherit"
_FAINT = "opacity:.65"


def safe(value: Any, most: int = MAX_CELL_CHARS) -> str:
    """Return a value as escaped text of at most `most` characters."""
    shown = values.text(value)
    return html.escape(shown if len(shown) <= most else shown[: most - 1] + "…")


def cells_html(names: Sequence[Any], columns: Sequence[Sequence[Any]], total: int, *, what: str = "rows") -> str:
    """Return a table of the first rows of some columns, and how many more there are of `total`."""
    most = MAX_CELL_CHARS
    while len((page := _table(names, columns, total, what, most)).encode()) > MAX_BYTES:
        most //= 2
    return page


def _table(names: Sequence[Any], columns: Sequence[Sequence[Any]], total: int, what: str, most: int) -> str:
    shown = min(MAX_ROWS, max((len(column) for column in columns), default=0))
    hidden = len(names) - MAX_COLUMNS
    names, columns = names[:MAX_COLUMNS], columns[:MAX_COLUMNS]
    right = [
        any(isinstance(value, int | float) and not isinstance(value, bool) for value in column) for column in columns
    ]
    styles = [_CELL.format(align="right" if flag else "left") for flag in right]
    head = "".join(
        f'<th style="{style}">{safe(_label(name), most)}</th>' for name, style in zip(names, styles, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{style}">{safe(column[row], most)}</td>' for column, style in zip(columns, styles, strict=True)
        )
        + "</tr>"
        for row in range(shown)
    )
    more = [f"{total - shown} more {what}"] if total > shown else []
    more += [f"{hidden} more columns"] if hidden > 0 else []
    foot = f'<div style="{_FAINT}">{", ".join(more)}</div>' if more else ""
    return f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{foot}'


def _label(name: Any) -> str:
    return name if isinstance(name, str) else ".".join(str(part) for part in name if part)


def runs_html(runs: Sequence[RunInfo], total: int) -> str:
    """Return the table of runs that a store shows: state, name, goal metric, what varies, duration, start."""
    shown = list(runs[:MAX_ROWS])
    if not shown:
        return f'<div style="{_FAINT}">no runs</div>'
    goal = choose.goal_metric(runs)
    columns: list[tuple[str, list[Any]]] = [
        ("status", [f"{STATE_MARKS[run.status.value]} {run.status.value}" for run in shown]),
        ("name", [run.name for run in shown]),
    ]
    wanted = [f"best({goal})"] if goal else []
    wanted += [f"last({key})" for key in choose.common_metrics(runs, limit=3, without=goal)]
    wanted += [f"config.{path}" for path in choose.varying_params(runs, limit=5)]
    for name in wanted:
        field = fields.parse(name)
        columns.append((name.removeprefix("config."), [field.of(run) for run in shown]))
    columns.append(("duration", [values.duration(run.duration_s) for run in shown]))
    columns.append(("started", [values.moment(run.started)[:16].replace("T", " ") for run in shown]))
    return cells_html([name for name, _ in columns], [column for _, column in columns], total, what="runs")


def frame_html(frame: Any) -> str:
    """Return a pandas frame of runs as a short table; columns that say nothing in the shown rows are left out."""
    head = frame.iloc[:MAX_ROWS]
    names, columns = ["run_id"], [[str(run_id) for run_id in head.index]]
    for place, name in enumerate(frame.columns):
        cells = [_cell(value) for value in head.iloc[:, place].tolist()]
        if any(cell not in (None, [], "") for cell in cells):
            names.append(name)
            columns.append(cells)
    total = max(int(frame.attrs.get("total", 0)), len(frame))
    return cells_html(names, columns, total, what="runs")


def _cell(value: Any) -> Any:
    import pandas as pd  # noqa: PLC0415 - called with a pandas frame, so it is loaded

    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, pd.Timedelta):
        return values.duration(value.total_seconds())
    return value


def run_html(run: RunInfo, curves: Sequence[Any] = ()) -> str:
    """Return the card of one run: state and reason, goal metric, parameters, sparklines of `curves` (Buckets or Series)."""
    colour = _STATE_COLOURS[run.status.value]
    state = f'<span style="color:{colour}">{STATE_MARKS[run.status.value]} {run.status.value}</span>'
    goal = choose.goal_metric([run])
    facts = [f"{values.duration(run.duration_s)}", f"{run.rows} rows"]
    if goal is not None:
        facts.insert(
            0, f"<b>{safe(goal)} {safe(run.metrics[goal].best)}</b> at step {safe(run.metrics[goal].best_step)}"
        )
    parts = [
        f'<div><b>{safe(run.name)}</b> <span style="{_FAINT}">{safe(run.project)} · {safe(run.id)}</span></div>',
        f"<div>{state} · {' · '.join(facts)}</div>",
    ]
    if run.error:
        parts.append(f'<div style="color:#e03131">{safe(run.error.strip().splitlines()[-1])}</div>')
    if run.tags:
        parts.append(f'<div style="{_FAINT}">{" ".join("#" + safe(tag) for tag in run.tags[:20])}</div>')
    parts.append(_params(run))
    parts.append(_curves(run, curves))
    return f'<div style="color:inherit;background:transparent;line-height:1.6">{"".join(parts)}</div>'


def _params(run: RunInfo) -> str:
    shown = list(run.params.items())[:16]
    cells = "".join(
        f'<tr><td style="padding:0 10px 0 0;text-align:left;{_FAINT}">{safe(path)}</td>'
        f'<td style="padding:0;text-align:left">{safe(value)}</td></tr>'
        for path, value in shown
    )
    more = len(run.params) - len(shown)
    foot = f'<div style="{_FAINT}">{more} more parameters</div>' if more > 0 else ""
    return f'<table style="{_TABLE}"><tbody>{cells}</tbody></table>{foot}' if shown else ""


def _curves(run: RunInfo, curves: Sequence[Any]) -> str:
    cells = "".join(
        f'<tr><td style="padding:0 10px 0 0;text-align:left;{_FAINT}">{safe(curve.key)}</td>'
        f'<td style="padding:0 10px 0 0">{sparkline(curve)}</td>'
        f'<td style="padding:0;text-align:right">{safe(run.metrics[curve.key].last)}</td></tr>'
        for curve in curves[:6]
        if curve.key in run.metrics
    )
    return f'<table style="{_TABLE}"><tbody>{cells}</tbody></table>' if cells else ""
