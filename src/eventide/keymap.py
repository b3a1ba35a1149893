"""The one table of actions and keys that the page and the terminal UI share.

Invariant: an action's id never changes its meaning (settings remap keys by id), and no two actions of one front end and one
scope share a key. The page reads the same table as web/src/core/keymap.json, written by scripts/keymap.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Where = Literal["web", "tui", "both"]
Scope = Literal["everywhere", "table", "charts", "run"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a key does."""

    id: str
    """`<noun>.<verb>`; what settings remap."""
    keys: tuple[str, ...]
    """Keys as pressed: one character, or `enter`, `escape`, `space`, `tab`, `up`, `left`, with `ctrl+`, `shift+`, `alt+` before."""
    text: str
    """What it does, as help shows it."""
    scope: Scope = "everywhere"
    where: Where = "both"


KEYMAP: tuple[Action, ...] = (
    # everywhere
    Action("filter.focus", ("/",), "Filter runs"),
    Action("palette.open", ("ctrl+k",), "Find any action, run, metric or page", where="web"),
    Action("palette.open", (":", "ctrl+k"), "Type a command", where="tui"),
    Action("help.open", ("?",), "Show these keys"),
    Action("view.up", ("escape",), "Close, leave the field, or go up one level"),
    Action("edit.undo", ("u",), "Undo the last change"),
    Action("link.copy", ("y",), "Copy a link to this view"),
    Action("view.export", ("e",), "Export what is shown"),
    Action("theme.toggle", ("shift+t",), "Dark or light"),
    Action("pane.table", ("1",), "Show or hide the table"),
    Action("pane.charts", ("2",), "Show or hide the charts"),
    Action("pane.next", ("tab",), "Next pane", where="tui"),
    Action("pane.previous", ("shift+tab",), "Pane before", where="tui"),
    Action("search.open", ("ctrl+f",), "Search by name, date, state, tag", where="tui"),
    Action("sql.open", ("ctrl+e",), "Ask with SQL", where="tui"),
    Action("bin.open", ("shift+b",), "What is in the bin", where="tui"),
    Action("view.back", ("q",), "Back", where="tui"),
    Action("app.quit", ("shift+q", "ctrl+q"), "Quit", where="tui"),
    Action("web.open", ("!",), "Open the same view in the browser", where="tui"),
    # table
    Action("row.next", ("j", "down"), "Next run", "table"),
    Action("row.previous", ("k", "up"), "Previous run", "table"),
    Action("row.first", ("home",), "First run", "table"),
    Action("row.last", ("end",), "Last run", "table"),
    Action("row.page_down", ("pagedown", "ctrl+d"), "A page down", "table", "tui"),
    Action("row.page_up", ("pageup", "ctrl+u"), "A page up", "table", "tui"),
    Action("columns.left", ("<",), "Scroll the columns left", "table", "tui"),
    Action("columns.right", (">",), "Scroll the columns right", "table", "tui"),
    Action("run.open", ("enter",), "Open the run, or unfold the group", "table"),
    Action("run.select", ("x", "space"), "Select the run", "table"),
    Action("run.select_range", ("shift+x",), "Select up to this run", "table", "web"),
    Action("run.select_all", ("a",), "Select all filtered runs, or none", "table"),
    Action("run.pin", ("p",), "Pin the run: on top, drawn last, reference of differences", "table"),
    Action("run.hide", ("h",), "Hide the run from the charts", "table"),
    Action("run.diff", ("d",), "Compare the selected runs", "table"),
    Action("runs.group", ("g",), "Group runs", "table"),
    Action("runs.sort", ("s",), "Sort runs", "table"),
    Action("runs.columns", ("c",), "Choose columns", "table"),
    Action("run.actions", (".",), "Actions on the selected runs", "table"),
    Action("run.copy", ("i",), "Copy the ids of the selected runs", "table", "tui"),
    Action("run.follow", ("shift+f",), "Follow the newest run", "table", "tui"),
    # charts
    Action("chart.x", ("t",), "Next x axis: step, time, clock", "charts"),
    Action("chart.log", ("l",), "Logarithmic y axis", "charts"),
    Action("chart.smooth_less", ("[",), "Smooth less", "charts"),
    Action("chart.smooth_more", ("]",), "Smooth more", "charts"),
    Action("chart.outliers", ("o",), "Show outliers, or the bulk of the curves", "charts"),
    Action("chart.full", ("f",), "Full screen", "charts"),
    Action("chart.reset", ("r",), "Reset the zoom", "charts"),
    Action("chart.find", ("m",), "Find charts, or choose metrics", "charts"),
    Action("chart.zoom_in", ("z",), "Zoom in", "charts", "tui"),
    Action("chart.zoom_out", ("shift+z",), "Zoom out", "charts", "tui"),
    Action("chart.cursor_left", ("left",), "Move the crosshair left", "charts"),
    Action("chart.cursor_right", ("right",), "Move the crosshair right", "charts"),
    Action("chart.more", ("+",), "More charts in a row", "charts"),
    Action("chart.fewer", ("-",), "Fewer charts in a row", "charts"),
    Action("chart.write", ("w",), "Write the chart as CSV or SVG", "charts", "tui"),
    # run
    Action("run.console", ("shift+l",), "Console", "run"),
    Action("run.system", ("shift+s",), "System metrics", "run"),
)
"""Every action with its default keys, in the order in which help shows them."""

SCOPES: dict[Scope, str] = {
    "everywhere": "Everywhere",
    "table": "Runs",
    "charts": "Charts",
    "run": "One run",
}
"""Scopes with the headings help shows them under."""


def actions(front_end: Literal["web", "tui"]) -> tuple[Action, ...]:
    """Return the actions of one front end, in the table's order."""
    return tuple(action for action in KEYMAP if action.where in (front_end, "both"))
