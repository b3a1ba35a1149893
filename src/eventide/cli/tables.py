"""Listings as tables that people read: aligned numbers, relative times, cut to the terminal's width.

Invariant: no line is wider than the terminal; what is shortened ends with an ellipsis, and what does not fit at all is named.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eventide.cli import terminal
from eventide.table import values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.cli.output import Column, Listing, Output

GAP = 2
SHORTEST = 10
MAX_TEXT = 60
STATUS = {
    "running": ("●", "green"),
    "finished": ("✓", ""),
    "failed": ("✗", "red"),
    "killed": ("■", "yellow"),
    "crashed": ("!", "red"),
}


def shown_cells(column: Column, cells: Sequence[Any], now: float | None) -> list[str]:
    """Return the cells of one column as people read them; times are relative to `now` unless it is None."""
    if column.kind == "time":
        return [_time(value, now) for value in cells]
    if column.kind == "duration":
        return [values.text(value) if value is None else values.duration(value) for value in cells]
    if column.kind == "size":
        return [values.text(value) if value is None else values.size(value) for value in cells]
    if column.kind == "status":
        return [f"{STATUS.get(value, ('', ''))[0]} {value}".strip() for value in cells]
    shown = [values.text(value) for value in cells]
    return values.align(shown) if column.kind == "number" else shown


def _time(value: Any, now: float | None) -> str:
    if not isinstance(value, int | float):
        return values.text(value)
    return values.moment(value)[:19] + "Z" if now is None else values.age(value, now)


def _style(column: Column, value: Any, best: float | None) -> str:
    if column.kind == "status":
        return STATUS.get(value, ("", ""))[1]
    if value is None:
        return "dim"
    if isinstance(value, float) and not math.isfinite(value):
        return "red"
    return "bold" if best is not None and value == best else ""


def _best(column: Column, cells: Sequence[Any]) -> float | None:
    finite = [value for value in cells if isinstance(value, int | float) and math.isfinite(value)]
    if not column.goal or len(finite) < 2:
        return None
    return max(finite) if column.goal == "max" else min(finite)


def fit(widths: Sequence[int], wide: Sequence[bool], room: int) -> list[int]:
    """Return the width of each column so that all fit into `room`; 0 for those left out, from the right.

    Wide columns may shrink to `SHORTEST`; a column is left out only when that is not enough, and the first one never is.
    """
    least = [min(width, SHORTEST) if flexible else width for width, flexible in zip(widths, wide, strict=True)]
    kept = len(least)
    while kept > 1 and sum(least[:kept]) + GAP * (kept - 1) > room:
        kept -= 1
    fitted = [*widths[:kept], *[0] * (len(widths) - kept)]
    over = sum(fitted) + GAP * (kept - 1) - room
    while over > 0 and any(fitted[place] > least[place] for place in range(kept)):
        widest = max((place for place in range(kept) if fitted[place] > least[place]), key=lambda place: fitted[place])
        fitted[widest] -= 1
        over -= 1
    fitted[0] = min(fitted[0], max(1, room))
    return fitted


def build(listing: Listing, *, now: float, room: int) -> tuple[Table, list[str]]:
    """Return the table of a listing and the names of the columns that do not fit."""
    texts, styles = [], []
    for place, column in enumerate(listing.columns):
        cells = [row[place] for row in listing.rows]
        best = _best(column, cells)
        texts.append(shown_cells(column, cells, now))
        styles.append([_style(column, value, best) for value in cells])
    titles = [values.printable(column.title or column.name) for column in listing.columns]
    natural = [
        max((cell_len(cell) for cell in (title, *cells)), default=1) for title, cells in zip(titles, texts, strict=True)
    ]
    wide = [column.wide or column.kind == "tree" for column in listing.columns]
    capped = [min(width, MAX_TEXT) if flexible else width for width, flexible in zip(natural, wide, strict=True)]
    widths = fit(capped if sum(natural) + GAP * len(natural) > room else natural, wide, room)
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim", collapse_padding=True)
    kept = [place for place, width in enumerate(widths) if width]
    for place in kept:
        right = listing.columns[place].kind in ("number", "size", "duration")
        table.add_column(
            Text(_cut(titles[place], widths[place])),
            justify="right" if right else "left",
            no_wrap=True,
            width=widths[place],
        )
    for row in range(len(listing.rows)):
        table.add_row(*(Text(_cut(texts[place][row], widths[place]), style=styles[place][row]) for place in kept))
    return table, [titles[place] for place, width in enumerate(widths) if not width]


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)).rstrip() + "…"


def console(output: Output) -> Console:
    """Return a rich console on stdout that obeys the colour rule."""
    return Console(
        file=sys.stdout,
        width=terminal.width(),
        force_terminal=output.color,
        no_color=not output.color,
        color_system="standard" if output.color else None,
        highlight=False,
        emoji=False,
        markup=False,
        soft_wrap=False,
        legacy_windows=False,
    )


def write_table(output: Output, listing: Listing) -> None:
    """Write a listing as a table to stdout, and what is not shown to stderr."""
    if not listing.rows:
        output.say(f"no {listing.name}")
        return
    table, hidden = build(listing, now=output.now, room=terminal.width())
    console(output).print(table, crop=True, overflow="ignore")
    talk = []
    if listing.total is not None and listing.total > len(listing.rows):
        talk.append(f"{listing.total - len(listing.rows)} more {listing.name}: --limit 0")
    if hidden:
        named = ", ".join(hidden[:3]) + (f" and {len(hidden) - 3} more" if len(hidden) > 3 else "")
        talk.append(f"no room for {named}: --columns, --format tsv")
    if talk:
        output.say(" · ".join(talk), style="dim")
