"""Several charts beside and below each other, of the same runs over the same x.

Invariant: all curves come from one question per answer, on one grid, so that one crosshair means the same x in every chart.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual.containers import Container
from textual.css.query import NoMatches
from textual.message import Message

from eventide.model import Buckets, SeriesQuery, Smoothing
from eventide.table.goals import weight
from eventide.tui.chart import BrailleChart
from eventide.tui.figure import Curve, Figure, bins_for, bucket_at, reading, x_text
from eventide.tui.look import MARKS
from eventide.tui.safe import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from eventide.model import TableName
    from eventide.tui.canvas import Mode
    from eventide.tui.figure import Line

SMOOTHINGS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99)
AXES = ("step", "time", "ts")
LEAST_WIDTH, LEAST_HEIGHT = 34, 9


@dataclass(frozen=True, slots=True)
class Shown:
    """What charts show and how."""

    run_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    x: str = "step"
    smooth: float = 0.0
    log: frozenset[str] = frozenset()
    full_range: bool = False
    start: float | None = None
    stop: float | None = None
    last_s: float | None = None
    """Only so many seconds before now, on a clock axis."""
    table: TableName = "events"
    mode: Mode = "braille"
    letters: bool = False
    overlay: bool = False
    """Whether all keys share one chart."""

    def query(self, keys: tuple[str, ...], bins: int | None) -> SeriesQuery:
        """Return the question for some of the keys."""
        start = time.time() - self.last_s if self.last_s and self.x == "ts" else self.start
        smooth = Smoothing("ema", self.smooth) if self.smooth else None
        return SeriesQuery(self.run_ids, keys, self.x, start, self.stop, bins, table=self.table, smooth=smooth)

    def figure(
        self, key: str, found: Sequence[Buckets], *, cursor: float | None, legend: int = 0, note: str = ""
    ) -> Figure:
        """Return the figure of one key from an answer."""
        keys = self.keys if self.overlay else (key,)
        place = {run_id: number for number, run_id in enumerate(self.run_ids)}
        curves = [
            self._curve(each, at) for each in found if each.key in keys and (at := place.get(each.run_id)) is not None
        ]
        name = {"ts": "clock"}.get(self.x, self.x)
        x_name = self.x if self.x in ("time", "ts") else name
        return Figure(
            " + ".join(keys),
            curves,
            x_name,
            key in self.log,
            self.full_range,
            self.smooth,
            cursor,
            self.mode,
            self.letters,
            legend,
            note,
        )

    def _curve(self, buckets: Buckets, at: int) -> Curve:
        """Return one curve; where several keys share a chart, those after the first have colours of their own."""
        if not self.overlay or len(self.keys) < 2:
            return Curve(buckets, self.roles[at], self.names[at], self.marks[at])
        number = self.keys.index(buckets.key)
        role = f"run:{buckets.run_id} {buckets.key}" if number else self.roles[at]
        return Curve(
            buckets, role, f"{self.names[at]} {buckets.key}", MARKS[(at + number * len(self.run_ids)) % len(MARKS)]
        )


class Charts(Container, can_focus=True):
    """A grid of charts."""

    DEFAULT_CSS: ClassVar[str] = "Charts { layout: grid; grid-gutter: 0 1; height: 1fr; width: 1fr; overflow: hidden; }"

    class Read(Message):
        """The crosshair stands somewhere: what it reads, as pieces."""

        def __init__(self, line: Line) -> None:
            super().__init__()
            self.line = line

    class Full(Message):
        """A chart is to be seen alone."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Lacking(Message):
        """Curves have to be asked for: another size, page, axis, range."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.shown = Shown()
        self.current = 0
        self.first = 0
        self.across: int | None = None
        self.cursor: float | None = None
        self.legend = 0
        self.exact: dict[tuple[str, str], str] = {}
        """What stands under the crosshair to the last digit, by run and key, where it is known."""
        self._found: list[Buckets] = []
        self._shape = (0, 0)

    # ── what is shown ───────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, shown: Shown) -> None:
        """Show other runs, keys or axes; asks for curves when they are needed."""
        if shown == self.shown:
            return
        self.shown = shown
        self.current = max(0, min(self.current, len(shown.keys) - 1))
        self._arrange()
        self.post_message(self.Lacking())

    def asked(self) -> tuple[SeriesQuery, Shown] | None:
        """Return the question for the curves on this page; None when there is nothing to ask."""
        charts = list(self.query(BrailleChart))
        keys = self.on_page
        if not keys or not self.shown.run_ids or not charts or charts[0].size.width <= 0:
            return None
        return self.shown.query(keys, bins_for(charts[0].size.width, self.shown.mode)), self.shown

    def answer(self, found: Sequence[Any], shown: Shown) -> None:
        """Draw curves; those of an older question are thrown away."""
        if (shown.run_ids, shown.x, shown.table) == (self.shown.run_ids, self.shown.x, self.shown.table):
            self._found = [each for each in found if isinstance(each, Buckets)]
            self.draw()

    @property
    def on_page(self) -> tuple[str, ...]:
        """The keys on this page."""
        columns, rows = self._shape
        if self.shown.overlay:
            return self.shown.keys
        return self.shown.keys[self.first : self.first + columns * rows]

    @property
    def key(self) -> str:
        """The key of the current chart, "" when there is none."""
        return self.shown.keys[self.current] if self.current < len(self.shown.keys) else ""

    def draw(self) -> None:
        """Make the figures anew."""
        visible = self.on_page
        for place, chart in enumerate(self.query(BrailleChart)):
            key = visible[place] if place < len(visible) else None
            chart.show(None if key is None else self._figure(key))
            chart.mark(current=self.has_focus and self.first + place == self.current)
        self._say()

    def _figure(self, key: str) -> Figure:
        figure = self.shown.figure(key, self._found, cursor=self.cursor, legend=self.legend)
        return figure._replace(exact=self.exact) if self.cursor is not None else figure

    # ── how it is laid out ──────────────────────────────────────────────────────────────────────────────────────────

    def _arrange(self) -> None:
        width, height = self.size
        if width <= 0 or height <= 0:
            return
        count = 1 if self.shown.overlay else max(1, len(self.shown.keys))
        columns = max(1, min(self.across or max(1, width // (LEAST_WIDTH + 14)), width // LEAST_WIDTH or 1, count))
        rows = max(1, min(height // LEAST_HEIGHT, -(-count // columns)))
        per_page = columns * rows
        self.first = self.current // per_page * per_page
        if (columns, rows) != self._shape:
            self._shape = (columns, rows)
            self.styles.grid_size_columns = columns
            self.styles.grid_size_rows = rows
            have = list(self.query(BrailleChart))
            for chart in have[per_page:]:
                chart.remove()
            if len(have) < per_page:
                self.mount(*[BrailleChart() for _ in range(per_page - len(have))])
        self.call_after_refresh(self.draw)

    def on_resize(self) -> None:
        """Lay out anew, and ask for as many buckets as there is room for."""
        self._arrange()
        self.call_after_refresh(lambda: self.post_message(self.Lacking()))

    def on_focus(self) -> None:
        """Show which chart keys go to."""
        self.draw()

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self.draw()

    # ── what keys do ────────────────────────────────────────────────────────────────────────────────────────────────

    def move(self, by: int) -> None:
        """Make another chart the current one."""
        wanted = max(0, min(self.current + by, len(self.shown.keys) - 1))
        if wanted == self.current:
            return
        self.current = wanted
        before = self.first
        self._arrange()
        self.draw()
        if self.first != before:
            self.post_message(self.Lacking())

    def point(self, share: float | None) -> None:
        """Put the crosshair at a share of the width; None takes it away."""
        self.cursor = None if share is None else min(0.9999, max(0.0, share))
        self.draw()

    def step(self, by: int) -> None:
        """Move the crosshair by some cells."""
        charts = list(self.query(BrailleChart))
        cells = max(8, (charts[0].size.width if charts else 80) - 8)
        at = int((0.999 if self.cursor is None else self.cursor) * cells) + by
        self.point((at + 0.5) / cells)

    def change(self, what: Literal["x", "log", "smoother", "rougher", "outliers", "reset", "in", "out"]) -> None:
        """Show it in another way."""
        shown = self.shown
        if what == "x":
            axes = [*AXES, *([] if shown.x in AXES else [shown.x])]
            shown = replace(shown, x=axes[(axes.index(shown.x) + 1) % len(axes)], start=None, stop=None)
        elif what == "log":
            keys = {self.key} if self.has_focus else set(shown.keys)
            shown = replace(shown, log=frozenset(shown.log - keys if keys <= shown.log else shown.log | keys))
        elif what in ("smoother", "rougher"):
            place = min(range(len(SMOOTHINGS)), key=lambda number: abs(SMOOTHINGS[number] - shown.smooth))
            place = max(0, min(place + (1 if what == "smoother" else -1), len(SMOOTHINGS) - 1))
            shown = replace(shown, smooth=SMOOTHINGS[place])
        elif what == "outliers":
            shown = replace(shown, full_range=not shown.full_range)
        elif what == "reset":
            shown = replace(shown, start=None, stop=None, last_s=None)
        else:
            shown = self._zoomed(2.0 if what == "in" else 0.5)
        self.show(shown)

    def _zoomed(self, factor: float) -> Shown:
        if not self._found:
            return self.shown
        low, high = float(self._found[0].edges[0]), float(self._found[0].edges[-1])
        middle = low + (high - low) * (0.5 if self.cursor is None else self.cursor)
        half = (high - low) / factor / 2
        self.cursor = None if self.cursor is None else 0.5
        return replace(self.shown, start=middle - half, stop=middle + half, last_s=None)

    def edges(self) -> tuple[float, float] | None:
        """Return the ends of the x axis; None while nothing is drawn."""
        return (float(self._found[0].edges[0]), float(self._found[0].edges[-1])) if self._found else None

    def lay(self, by: int) -> None:
        """Put more or fewer charts into a row."""
        self.across = max(1, self._shape[0] + by)
        self._arrange()
        self.call_after_refresh(lambda: self.post_message(self.Lacking()))

    def reading(self) -> Line:
        """Return what the crosshair reads in the current chart, as pieces."""
        key = self.key
        figure = self.shown.figure(key, self._found, cursor=self.cursor)
        if self.cursor is None or not figure.curves:
            return []
        edges = figure.curves[0].buckets.edges
        x = float(edges[0] + (edges[-1] - edges[0]) * self.cursor)
        line: Line = [(f" {safe(key)}", "bold"), (f" at {x_text(x, self.shown.x)}  ", "dim")]
        for curve in figure.curves[:8]:
            place = bucket_at(figure, curve.buckets)
            if place is not None:
                mark = curve.mark if self.shown.letters else "━"
                line += [
                    (f"{mark} ", curve.role),
                    (f"{safe(curve.label)[:18]} ", "dim"),
                    (f"{reading(curve.buckets, place)}   ", ""),
                ]
        return line

    def _say(self) -> None:
        self.post_message(self.Read(self.reading()))

    # ── mouse ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_braille_chart_pointed(self, message: BrailleChart.Pointed) -> None:
        """Move the crosshair of all charts."""
        message.stop()
        self._take(message.chart)
        self.point(message.share)

    def on_braille_chart_chosen(self, message: BrailleChart.Chosen) -> None:
        """Make a chart the current one; once more shows it alone."""
        message.stop()
        was = self.key
        self._take(message.chart)
        if self.has_focus and self.key == was:
            self.post_message(self.Full(self.key))
        self.focus()

    def _take(self, chart: BrailleChart) -> None:
        try:
            place = self.first + list(self.query(BrailleChart)).index(chart)
        except (ValueError, NoMatches):
            return
        if place < len(self.shown.keys):
            self.current = place

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Next charts."""
        event.stop()
        self.move(self._shape[0] * self._shape[1])

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Charts before."""
        event.stop()
        self.move(-self._shape[0] * self._shape[1])


def ordered(keys: Sequence[str], goal: str | None, hidden: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return keys as charts show them: the goal, what says most, the rest by name; counters last."""
    shown = [key for key in keys if key not in hidden]
    return tuple(sorted(shown, key=lambda key: (key != goal, -weight(key), key)))
