"""What the terminal UI writes beside the store: charts, tables; and links to the page.

Invariant: a file is written whole or not at all, and only where the user said.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from eventide.errors import InvalidSetting, StoreUnwritable
from eventide.table import svg, values
from eventide.table.scale import make_scale, robust_scale
from eventide.tui.listing import value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.model import RunInfo
    from eventide.source import Source
    from eventide.tui.app import TerminalUI
    from eventide.tui.charts import Shown
    from eventide.tui.listing import Listing

LOCAL = "http://127.0.0.1:8642"


def write_chart(source: Source, shown: Shown, key: str, name: str) -> Path:
    """Write a chart as SVG, or every point of it as CSV; raises InvalidSetting, StoreUnwritable."""
    path = Path(name.strip()).expanduser()
    keys = shown.keys if shown.overlay else (key,)
    if path.suffix == ".csv":
        return _written(path, _points(source, shown, keys))
    if path.suffix != ".svg":
        raise InvalidSetting(f"`{name}` is neither .svg nor .csv", hint=f"{path.stem or 'chart'}.svg")
    curves: Any = source.series(shown.query(keys, svg.columns()))
    extremes = [value for each in curves for part in (each.min, each.max) for value in part.tolist()]
    full = make_scale(extremes, log=key in shown.log)
    y = full if shown.full_range else robust_scale((value for each in curves for value in each.mean.tolist()), full)
    edges = curves[0].edges if curves else (0.0, 1.0)
    names = dict(zip(shown.run_ids, shown.names, strict=True))
    drawn = [
        (names[each.run_id] + (f" {each.key}" if len(keys) > 1 else ""), svg.spans(each, smooth=bool(shown.smooth)))
        for each in curves
    ]
    text = svg.document(" + ".join(keys), drawn, y, make_scale([float(edges[0]), float(edges[-1])]), shown.x)
    return _written(path, text)


def _points(source: Source, shown: Shown, keys: tuple[str, ...]) -> str:
    curves: Any = source.series(replace(shown.query(keys, None), smooth=None))
    names = dict(zip(shown.run_ids, shown.names, strict=True))
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(["id", "name", "key", "step", "ts", shown.x if shown.x not in ("step", "ts") else "x", "value"])
    for each in curves:
        for point in zip(each.step.tolist(), each.ts.tolist(), each.x.tolist(), each.y.tolist(), strict=True):
            rows.writerow([each.run_id, names[each.run_id], each.key, *(values.exact(value) for value in point)])
    return buffer.getvalue()


def write_runs(listing: Listing, chosen: Sequence[RunInfo] | None, name: str) -> Path:
    """Write the table of runs as CSV: the chosen ones, else all; numbers in full."""
    columns = [column.key for column in listing.columns if column.key not in ("state", "mark", "name")]
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(
        [
            "id",
            "name",
            "status",
            "started",
            *(column.removeprefix("config.") for column in columns if column != "started"),
        ]
    )
    for run in listing.runs if chosen is None else chosen:
        rest = [_exact(run, column) for column in columns if column != "started"]
        rows.writerow([run.id, values.printable(run.name), run.status.value, values.moment(run.started), *rest])
    return _written(Path(name).expanduser(), buffer.getvalue())


def _exact(run: RunInfo, column: str) -> str:
    return values.exact(run.duration_s if column == "duration" else value_of(run, column))


def _written(path: Path, text: str) -> Path:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise StoreUnwritable(f"cannot write `{path}`: {error.strerror or error}") from error
    return path.absolute()


def link_to(ui: TerminalUI) -> str:
    """Return the address of what is shown, in the page of the server or of `eventide ui`."""
    base = ui.place.rstrip("/") if ui.place.startswith(("http://", "https://")) else LOCAL
    runs = ui.runs_screen
    run_id = getattr(ui.screen, "run_id", "") or (runs.grid.row if runs is not None and ui.screen is not runs else "")
    if run_id:
        return f"{base}/r/{quote(run_id)}"
    project = runs.wanted.project if runs is not None else None
    if project is None and runs is not None and runs.listing is not None and runs.listing.runs:
        current = runs.current_run() or runs.listing.runs[0]
        project = current.project
    query = urlencode({"q": runs.wanted.filter}) if runs is not None and runs.wanted.filter else ""
    return f"{base}/p/{quote(project)}{'?' if query else ''}{query}" if project else base
