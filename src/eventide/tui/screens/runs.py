"""The start: the table of runs, their charts, the filter line.

Invariant: the table always shows the last good answer; a filter that does not parse is underlined and changes nothing.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Horizontal

from eventide.errors import InvalidFilter
from eventide.model import RunStatus
from eventide.table import values
from eventide.tui import listing
from eventide.tui.charts import Charts, Shown, ordered
from eventide.tui.filterline import FilterLine
from eventide.tui.grid import Grid
from eventide.tui.lines import Bar
from eventide.tui.listing import Cells, Listing, Wanted
from eventide.tui.safe import safe
from eventide.tui.screens.details import Details
from eventide.tui.screens.listed import Listed

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from eventide.model import RunInfo
    from eventide.tui.asker import Changed
    from eventide.tui.figure import Line

NARROW, WIDE = 100, 160
_LEAST_PLACE = 12
CURVES = 20
"""Runs in the charts when none is selected."""


class RunsScreen(Listed):
    """Runs, filtered, sorted, drawn."""

    SCOPES: ClassVar[tuple[str, ...]] = ("table", "charts")
    HINTS: ClassVar[tuple[str, ...]] = (
        "filter.focus|filter", "pane.next|charts", "run.open|open", "run.select|select", "run.diff|compare", "runs.sort|sort",
        "runs.group|group", "chart.full|chart", "run.actions|actions", "palette.open|command",
    )  # fmt: skip
    CSS: ClassVar[str] = """
    RunsScreen #body { height: 1fr; }
    RunsScreen #runs { width: 11fr; }
    RunsScreen #charts { width: 9fr; margin: 0 1; }
    RunsScreen #details { width: 40; margin: 0 1 0 2; display: none; }
    RunsScreen.wide #details { display: block; }
    RunsScreen.narrow #charts { display: none; }
    RunsScreen.narrow.charts #charts { display: block; width: 1fr; margin-left: 0; margin-right: 1; }
    RunsScreen.narrow.charts #runs { display: none; }
    RunsScreen.no-charts #charts { display: none; }
    RunsScreen.no-runs #runs { display: none; }
    RunsScreen #filterline { background: $panel; }
    """

    def __init__(self, wanted: Wanted, shown: Shown) -> None:
        super().__init__()
        self.wanted = wanted
        self.shown = shown
        self.following = False
        self.first_row = ""
        """Where the cursor begins."""
        self._last_s = 0.0
        self._timer_waits = False
        self._states: dict[str, RunStatus] = {}
        self._message: Line = []

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="head")
        yield FilterLine(self.wanted.filter, id="filterline")
        with Horizontal(id="body"):
            yield Grid(id="runs", empty="no runs: log some, or change the filter")
            yield Charts(id="charts")
            yield Details(id="details")
        yield Bar(id="said")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Ask for the runs."""
        self.grid.focus()
        self._head()
        self.show_hints()
        self.reload()

    def on_resize(self) -> None:
        """Show as many panes as there is room for."""
        width = self.size.width
        self.set_class(width < NARROW, "narrow")
        self.set_class(width >= WIDE, "wide")

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def reload(self) -> None:
        """Ask for the runs anew."""
        began = time.monotonic()
        self.ask("runs", partial(listing.fetch, self.source, self.wanted), partial(self._listed, began))

    def _listed(self, began: float, found: Listing) -> None:
        self._last_s = time.monotonic() - began
        self._announce(found)
        if not found.runs and self.listing is not None and not self.wanted.columns:
            found = found._replace(columns=self.listing.columns)  # a filter half typed leaves the table as it was
        self.listing = found
        self.query_one(FilterLine).refuse(None)
        self._message = []
        if found.total > len(found.runs) and len(found.runs) >= self.wanted.limit:
            self.wanted = listing.with_all(self.wanted)
            self.ask("runs", partial(listing.fetch, self.source, self.wanted), partial(self._listed, began))
        if self.following and found.runs:
            newest = max(found.runs, key=lambda run: run.started)
            self._show_table()
            self.grid.go(newest.id)
        self.redraw()
        if self.first_row:
            self.grid.go(self.first_row)
            self.first_row = ""
        self.ui.first_frame()

    def failed(self, place: str, error: Exception) -> None:
        """Underline a mistake in the filter; show other errors."""
        if place == "runs" and isinstance(error, InvalidFilter):
            text = self.query_one(FilterLine).text
            is_filter = error.text == text
            if is_filter:
                self.query_one(FilterLine).refuse(error.position)
            else:
                self.wanted = replace(self.wanted, sort="-started")
            self._message = [
                (" " + safe(error.message), "error"),
                (f"   {safe(error.hint)}" if error.hint else "", "dim"),
            ]
            self._say()
            return
        if place != "suggest":
            super().failed(place, error)

    def changed(self, message: Changed) -> None:
        """Ask anew, but never more often than answers are cheap."""
        del message
        if not self._timer_waits:
            self._timer_waits = True
            self.set_timer(max(0.05, min(3.0, 3 * self._last_s)), self._again)

    def _again(self) -> None:
        self._timer_waits = False
        self.reload()
        self._lacking()

    def on_charts_lacking(self) -> None:
        """Ask for curves."""
        self._lacking()

    def _lacking(self) -> None:
        charts = self.query_one(Charts)
        if not charts.display:
            return
        asked = charts.asked()
        if asked is not None:
            query, shown = asked
            self.ask("curves", partial(self.source.series, query), partial(self._drawn, charts, shown))

    def _drawn(self, charts: Charts, shown: Shown, found: Any) -> None:
        charts.answer(found, shown)
        self.shown = charts.shown

    # ── showing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def redraw(self) -> None:
        """Show what is known now: table, charts, lines."""
        self._show_table()
        self._show_charts()
        self._head()
        self._say()
        self.query_one(Details).show(self.current_run())

    def _show_table(self) -> None:
        found = self.listing
        if found is None:
            return
        drawn = self.drawn()
        no_color = self.ui.no_color
        self.cells = Cells(
            found,
            listing.colors(drawn, found.goal) if not no_color else {},
            listing.letters(drawn) if no_color else {},
            frozenset(self.unfolded),
            frozenset(self.hidden),
            self.ui.options.ascii,
        )
        self.grid.chosen = self.selected
        self.grid.show(found.columns, self.cells.rows(), self.cells.cell)

    def drawn(self) -> list[RunInfo]:
        """Return the runs in the charts: the selected ones, else the first of the table; the pinned one first, hidden ones left out."""
        found = self.listing
        if found is None:
            return []
        if self.selected:
            runs = [run for run in found.runs if run.id in self.selected]
        else:
            runs = [run for run in found.runs if run.id not in self.hidden][:CURVES]
        return [run for run in runs if run.id not in self.hidden]

    def _show_charts(self) -> None:
        found = self.listing
        if found is None:
            return
        runs = self.drawn()
        goal = found.goal.key if found.goal else None
        keys = tuple(key for key in self.chosen_keys if key in found.metrics) or ordered(found.metrics, goal)
        roles = listing.colors(runs, found.goal)
        charts = self.query_one(Charts)
        shown = charts.shown if charts.shown.run_ids else self.shown
        charts.show(
            replace(
                shown,
                run_ids=tuple(run.id for run in runs),
                names=tuple(run.name for run in runs),
                roles=tuple(roles[run.id] for run in runs),
                marks=tuple(listing.letters(runs).values()),
                keys=keys,
                letters=self.ui.no_color,
            )
        )

    def _head(self) -> None:
        found = self.listing
        live = sum(run.status is RunStatus.RUNNING for run in found.runs) if found else 0
        dot = [
            ("● " if not self.ui.options.ascii else "* ", "ok" if live else "line"),
            (f"{live} live" if live else "idle", "ok" if live else "dim"),
        ]
        place = safe(self.wanted.project or self.ui.place)
        follow = [("  following the newest", "accent")] if self.following else []
        right: Line = [(f"{self.ui.read_only_text}{self._sorted_by()} ", "dim")]
        room = self.size.width - sum(len(text) for text, _ in (*dot, *follow)) - len(" eventide     ")
        if room - len(right[0][0]) < min(len(place), _LEAST_PLACE):
            right = []  # the dot has to be seen
        room = max(_LEAST_PLACE, room - sum(len(text) for text, _ in right) - 2)
        place = place if len(place) <= room else f"…{place[-room + 1 :]}"  # the end of a path says more
        self.bar("head").show([(" eventide ", "bold"), (f" {place}   ", "dim"), *dot, *follow], right)

    def _sorted_by(self) -> str:
        return f"sorted by {safe(self.wanted.sort)}" if self.wanted.sort != "-started" else "newest first"

    def _say(self) -> None:
        """Show the line of details: counts, what the charts show, what all runs share."""
        if self._message:
            self.bar("said").show(self._message)
            return
        found = self.listing
        if found is None:
            self.bar("said").show([(" reading …", "dim")])
            return
        drawn = len(self.drawn())
        line: Line = [(f" {found.total} runs" if found.total != 1 else " 1 run", "bold")]
        if len(found.runs) < found.total:
            line.append((f", {len(found.runs)} listed", "dim"))
        if self.selected:
            line.append((f", {len(self.selected)} selected", "accent"))
        if drawn < found.total and self.query_one(Charts).display:
            line.append((f" · charts: {'the selected' if self.selected else 'the first'} {drawn}", "dim"))
        if found.same:
            pairs = ", ".join(f"{path}={values.text(value)}" for path, value in list(found.same.items())[:6])
            line.append((f" · same in all {len(found.same)}: {safe(pairs)}", "dim"))
        self.bar("said").show(line)

    def _announce(self, found: Listing) -> None:
        """Say which runs have ended since the last look."""
        for run in found.runs:
            before = self._states.get(run.id)
            if before is RunStatus.RUNNING and run.status is not RunStatus.RUNNING:
                self.ui.announce(run)
        self._states = {run.id: run.status for run in found.runs}

    # ── what happens ────────────────────────────────────────────────────────────────────────────────────────────────

    def on_charts_read(self, event: Charts.Read) -> None:
        """Show what the crosshair reads."""
        if event.line:
            self._message = event.line
            self._say()
        elif self._message and self._message[0][1] == "bold":
            self._message = []
            self._say()

    def on_grid_moved(self, event: Grid.Moved) -> None:
        """Show the run under the cursor."""
        del event
        self.query_one(Details).show(self.current_run())

    def on_filter_line_typed(self, event: FilterLine.Typed) -> None:
        """Filter while it is typed."""
        self.wanted = replace(self.wanted, filter=event.text, limit=200)
        self.reload()
        if self.query_one(FilterLine).field.has_focus:
            from eventide.table.suggest import suggest  # noqa: PLC0415 - the first frame needs no completion

            work = partial(suggest, self.source, event.text, event.cursor, self.wanted.project)
            self.ask("suggest", work, self.query_one(FilterLine).suggest)

    def on_filter_line_left(self, event: FilterLine.Left) -> None:
        """Go back to the table."""
        if self.wanted.filter != event.text:
            self.wanted = replace(self.wanted, filter=event.text)
            self.reload()
        self.query_one(FilterLine).refuse(None)
        self._message = []
        self.grid.focus()
        self._say()

    def on_charts_full(self, event: Charts.Full) -> None:
        """Show one chart alone."""
        self.open_plot(event.key)

    # ── panes and charts ────────────────────────────────────────────────────────────────────────────────────────────

    def do_view_up(self) -> None:
        """Leave the filter line, take away crosshair and selection, one after the other."""
        charts = self.query_one(Charts)
        if self.is_typing:
            self.query_one(FilterLine).leave(keep=False)
        elif charts.cursor is not None:
            charts.point(None)
        elif self.selected:
            self.selected.clear()
            self.redraw()

    def do_filter_focus(self) -> None:
        """Type a filter."""
        field = self.query_one(FilterLine).field
        field.focus()
        field.cursor_position = len(field.value)

    def do_pane_table(self) -> None:
        """Show or hide the table."""
        if self.has_class("narrow"):
            self.remove_class("charts")
            self.grid.focus()
        else:
            self.toggle_class("no-runs")
            self.remove_class("no-charts")
            (self.query_one(Charts) if self.has_class("no-runs") else self.grid).focus()

    def do_pane_charts(self) -> None:
        """Show or hide the charts."""
        charts = self.query_one(Charts)
        if self.has_class("narrow"):
            self.toggle_class("charts")
            (charts if self.has_class("charts") else self.grid).focus()
        else:
            self.toggle_class("no-charts")
            self.remove_class("no-runs")
            self.grid.focus()
        self.call_after_refresh(self._lacking)

    def do_pane_next(self) -> None:
        """Go to the other pane; where there is room for one only, show it."""
        charts = self.query_one(Charts)
        if self.has_class("narrow"):
            self.do_pane_charts()
        elif self.focused is charts or not charts.display:
            self.grid.focus()
        else:
            charts.focus()

    def do_pane_previous(self) -> None:
        """Go to the other pane."""
        self.do_pane_next()

    def do_run_follow(self) -> None:
        """Follow the newest run, or stop."""
        self.following = not self.following
        self.reload()
        self._head()

    def do_row_next(self) -> None:
        """Next run, or next chart."""
        self._move(1)

    def do_row_previous(self) -> None:
        """Run before, or chart before."""
        self._move(-1)

    def _move(self, by: int) -> None:
        charts = self.query_one(Charts)
        if self.focused is charts:
            charts.move(by)
        else:
            self.grid.move(by)
            self.following = False
