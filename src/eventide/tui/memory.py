"""What `--restore` brings back: filter, order, groups, columns, charts, the run under the cursor.

Invariant: kept per store in the user's cache folder; a file that cannot be read is as good as none, and never an error.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from eventide.settings import get
from eventide.tui.look import DARK, LIGHT

if TYPE_CHECKING:
    from eventide.tui.app import TerminalUI
    from eventide.tui.screens.runs import RunsScreen


def path_of(ui: TerminalUI) -> Path:
    """Return the file of a store."""
    folder = get("cache_dir") or platformdirs.user_cache_dir("eventide")
    name = hashlib.sha256(ui.place.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Path(folder) / "tui" / f"{name}.json"


def keep(ui: TerminalUI) -> None:
    """Note what is shown."""
    runs = ui.runs_screen
    if runs is None or runs.listing is None:
        return
    wanted, shown = runs.wanted, runs.charts.shown
    content = {
        "filter": wanted.filter, "project": wanted.project, "sort": wanted.sort, "group": wanted.group, "columns": wanted.columns,
        "pinned": wanted.pinned, "x": shown.x, "smooth": shown.smooth, "log": sorted(shown.log), "full_range": shown.full_range,
        "selected": sorted(runs.selected), "hidden": sorted(runs.hidden), "keys": runs.chosen_keys, "row": runs.grid.row,
        "theme": ui.look.name, "run": getattr(ui.screen, "run_id", ""), "tab": getattr(ui.screen, "tab", ""),
    }  # fmt: skip
    with suppress(OSError):
        path = path_of(ui)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")


def restore(ui: TerminalUI, runs: RunsScreen) -> None:
    """Bring back what was shown, as far as the command line does not say otherwise."""
    try:
        content: dict[str, Any] = json.loads(path_of(ui).read_text(encoding="utf-8"))
        wanted = replace(
            runs.wanted,
            filter=runs.wanted.filter or str(content["filter"]),
            project=runs.wanted.project or content["project"],
            sort=str(content["sort"]),
            group=tuple(map(str, content["group"])),
            columns=tuple(map(str, content["columns"])),
            pinned=str(content["pinned"]),
        )
        shown = replace(
            runs.shown,
            x=str(content["x"]),
            smooth=float(content["smooth"]),
            log=frozenset(content["log"]),
            full_range=bool(content["full_range"]),
        )
        selected, hidden, keys = set(content["selected"]), set(content["hidden"]), tuple(content["keys"])
        row, theme, run, tab = (str(content[name]) for name in ("row", "theme", "run", "tab"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return
    runs.wanted = wanted
    runs.shown = shown if runs.shown.last_s is None else runs.shown
    runs.selected, runs.hidden, runs.chosen_keys = selected, hidden, keys
    runs.first_row = row
    ui.look = LIGHT if theme == LIGHT.name else DARK
    ui.theme = ui.look.name
    ui.first_run = (run, tab) if run else ui.first_run
