"""One chart on the whole screen, with its legend and exact values under the crosshair.

Invariant: what the legend says of the crosshair is a logged point, to the last digit, once it has been asked for.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from eventide.table import values
from eventide.tui.charts import Charts, Shown
from eventide.tui.figure import x_text
from eventide.tui.lines import Bar
from eventide.tui.safe import safe
from eventide.tui.screens.chartkeys import ChartKeys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from eventide.model import SeriesQuery
    from eventide.source import Source
    from eventide.tui.asker import Changed

_WAIT_S = 0.12


class PlotScreen(ChartKeys):
    """One chart."""

    SCOPES: ClassVar[tuple[str, ...]] = ("charts",)
    HINTS: ClassVar[tuple[str, ...]] = (
        "chart.cursor_left|", "chart.cursor_right|crosshair", "chart.zoom_in|zoom in", "chart.zoom_out|out", "chart.reset|whole",
        "chart.log|log", "chart.smooth_more|smooth", "chart.x|axis", "chart.find|metrics", "chart.write|write", "view.back|back",
    )  # fmt: skip
    CSS: ClassVar[str] = "PlotScreen #charts { height: 1fr; margin-right: 1; }"

    def __init__(self, shown: Shown, keys: Sequence[str]) -> None:
        super().__init__()
        self._first = replace(shown, overlay=True)
        self._keys_there = list(keys)
        self._waits = False
        self._point_waits = False

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="head")
        yield Charts(id="charts")
        yield Bar(id="said")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Show the chart."""
        charts = self.charts
        charts.legend = max(1, min(len(self._first.run_ids) * len(self._first.keys), 10))
        charts.show(self._first)
        charts.focus()
        self.show_hints()
        self._head()

    def _head(self) -> None:
        shown = self.charts.shown
        count = len(shown.run_ids)
        keys = safe(", ".join(shown.keys))
        self.bar("head").show(
            [(" eventide ", "bold"), (f" {keys}", ""), (f"   {count} {'run' if count == 1 else 'runs'}", "dim")]
        )

    def metric_keys(self) -> Sequence[str]:
        """Return the metrics that may be added."""
        return self._keys_there

    def choose_keys(self, keys: tuple[str, ...]) -> None:
        """Draw these metrics into the one chart."""
        if keys:
            self.charts.legend = max(1, min(len(self.charts.shown.run_ids) * len(keys), 10))
            self.charts.show(replace(self.charts.shown, keys=keys))
            self._head()

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def changed(self, message: Changed) -> None:
        """Ask anew when one of the runs has new points."""
        if set(message.run_ids) & set(self.charts.shown.run_ids) and not self._waits:
            self._waits = True
            self.set_timer(0.2, self._again)

    def _again(self) -> None:
        self._waits = False
        self.on_charts_lacking()

    def on_charts_lacking(self) -> None:
        """Ask for curves."""
        asked = self.charts.asked()
        if asked is not None:
            query, shown = asked
            self.ask("curves", partial(self.source.series, query), lambda found: self.charts.answer(found, shown))

    def on_charts_read(self, event: Charts.Read) -> None:
        """Ask for the exact values under the crosshair, once it stands still."""
        del event
        if self.charts.cursor is None:
            self.bar("said").show([])
        elif not self._point_waits:
            self._point_waits = True
            self.set_timer(_WAIT_S, self._ask_point)

    def _ask_point(self) -> None:
        self._point_waits = False
        charts = self.charts
        asked, edges, cursor = charts.asked(), charts.edges(), charts.cursor
        if asked is None or edges is None or cursor is None:
            return
        x = edges[0] + (edges[1] - edges[0]) * cursor
        self.ask(
            "point",
            partial(nearest, self.source, asked[0], x, (edges[1] - edges[0]) / 50),
            partial(self._pointed, cursor),
        )

    def _pointed(self, cursor: float, found: dict[tuple[str, str], tuple[float, float]]) -> None:
        charts = self.charts
        if charts.cursor != cursor or not found:
            return
        exact = {key: f"{values.exact(y)}  at {x_text(x, charts.shown.x)}" for key, (x, y) in found.items()}
        if exact != charts.exact:
            charts.exact = exact
            charts.draw()

    def do_view_up(self) -> None:
        """Take away the crosshair, or go back."""
        if self.charts.cursor is not None:
            self.charts.point(None)
        else:
            self.ui.back()

    def do_run_open(self) -> None:
        """Open the run, when there is one only."""
        if len(self.charts.shown.run_ids) == 1:
            self.ui.open_run(self.charts.shown.run_ids[0])

    def do_view_export(self) -> None:
        """Write the chart."""
        self.do_chart_write()


def nearest(source: Source, query: SeriesQuery, x: float, reach: float) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the logged point nearest to x of every curve, as (x, y), looking as far as `reach` to both sides."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    near: Any = source.series(replace(query, start=x - reach, stop=x + reach, bins=None, smooth=None))
    for each in near:
        if len(each.x):
            at = int(np.argmin(np.abs(each.x - x)))
            found[(each.run_id, each.key)] = (float(each.x[at]), float(each.y[at]))
    return found
