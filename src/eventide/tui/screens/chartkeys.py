"""What keys do to charts, on every screen that has some.

Invariant: a screen with charts has exactly one `Charts`; keys change what it shows, and it asks for what it lacks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eventide.tui.charts import Charts
from eventide.tui.screens.page import Page
from eventide.tui.screens.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Sequence


class ChartKeys(Page):
    """A screen with charts."""

    chosen_keys: tuple[str, ...] = ()

    @property
    def charts(self) -> Charts:
        """The charts."""
        return self.query_one(Charts)

    def do_chart_x(self) -> None:
        """Next x axis."""
        self.charts.change("x")

    def do_chart_log(self) -> None:
        """Logarithmic y axis."""
        self.charts.change("log")

    def do_chart_smooth_less(self) -> None:
        """Smooth less."""
        self.charts.change("rougher")

    def do_chart_smooth_more(self) -> None:
        """Smooth more."""
        self.charts.change("smoother")

    def do_chart_outliers(self) -> None:
        """Show outliers, or the bulk."""
        self.charts.change("outliers")

    def do_chart_reset(self) -> None:
        """Show the whole range."""
        self.charts.point(None)
        self.charts.change("reset")

    def do_chart_zoom_in(self) -> None:
        """Show half of the range."""
        self.charts.change("in")

    def do_chart_zoom_out(self) -> None:
        """Show twice the range."""
        self.charts.change("out")

    def do_chart_cursor_left(self) -> None:
        """Move the crosshair left."""
        self.charts.step(-1)

    def do_chart_cursor_right(self) -> None:
        """Move the crosshair right."""
        self.charts.step(1)

    def do_chart_more(self) -> None:
        """More charts in a row."""
        self.charts.lay(1)

    def do_chart_fewer(self) -> None:
        """Fewer charts in a row."""
        self.charts.lay(-1)

    def do_chart_full(self) -> None:
        """Show the current chart alone."""
        if self.charts.key:
            self.open_plot(self.charts.key)

    def open_plot(self, key: str) -> None:
        """Show one chart alone."""
        from eventide.tui.screens.plot import PlotScreen  # noqa: PLC0415 - loaded when it is wanted

        shown = replace(self.charts.shown, keys=(key,))
        self.app.push_screen(PlotScreen(shown, self.metric_keys()))

    def metric_keys(self) -> Sequence[str]:
        """Return the metrics that charts may show."""
        return self.charts.shown.keys

    def do_chart_find(self) -> None:
        """Choose metrics: several words, or none for all."""
        keys = list(self.metric_keys())

        def offer(text: str) -> list[tuple[str, str, str]]:
            last = text.rsplit(" ", 1)[-1].lower()
            return [(key, "metric", "shown" if key in self.chosen_keys else "") for key in keys if last in key.lower()]

        def chosen(text: str | None) -> None:
            if text is not None:
                words = text.split()
                exact = text in keys
                self.choose_keys((text,) if exact else tuple(key for key in keys if any(word in key for word in words)))

        self.app.push_screen(Prompt("charts of which metrics? parts of names, nothing for all", items=offer), chosen)

    def choose_keys(self, keys: tuple[str, ...]) -> None:
        """Show charts of these metrics only; none means all."""
        self.chosen_keys = keys
        self.charts.show(replace(self.charts.shown, keys=keys or tuple(self.metric_keys())))

    def cmd_metrics(self, text: str) -> None:
        """Show charts of metrics whose names hold one of these words."""
        keys = self.metric_keys()
        self.choose_keys(tuple(key for key in keys if any(word in key for word in text.split())))

    def cmd_x(self, text: str) -> None:
        """Draw over step, time, clock or a logged key."""
        name = {"clock": "ts", "relative": "time"}.get(text.strip(), text.strip()) or "step"
        self.charts.show(replace(self.charts.shown, x=name, start=None, stop=None))

    def cmd_smooth(self, text: str) -> None:
        """Smooth by an exponential mean, 0 … 0.99."""
        try:
            amount = min(0.999, max(0.0, float(text or "0")))
        except ValueError:
            self.ui.say(f"`{text}` is no number between 0 and 1", "warning")
            return
        self.charts.show(replace(self.charts.shown, smooth=amount))

    def cmd_log(self, text: str) -> None:
        """Turn the logarithmic axis on or off."""
        del text
        self.do_chart_log()

    def cmd_last(self, text: str) -> None:
        """Show the last stretch of time only."""
        from eventide.tui.place import seconds  # noqa: PLC0415

        span = seconds(text) if text.strip() else None
        self.charts.show(replace(self.charts.shown, x="ts" if span else self.charts.shown.x, last_s=span, start=None))

    def do_chart_write(self) -> None:
        """Write the current chart into a file."""
        key = self.charts.key
        if not key:
            return
        name = f"{key.replace('/', '-')}.svg"

        def chosen(text: str | None) -> None:
            if text:
                self.write(text)

        self.app.push_screen(Prompt("write the chart into a file: .svg, or .csv with every point", value=name), chosen)

    def cmd_write(self, text: str) -> None:
        """Write the current chart into a file."""
        self.write(text or f"{self.charts.key.replace('/', '-')}.svg")

    def write(self, name: str) -> None:
        """Write the current chart as SVG or CSV."""
        from eventide.tui import files  # noqa: PLC0415

        key, shown, source = self.charts.key, self.charts.shown, self.source
        self.ask(
            "write", lambda: files.write_chart(source, shown, key, name), lambda path: self.ui.say(f"written: {path}")
        )
