"""One run: overview, metrics, config, system, console, code, media, artifacts.

Invariant: a tab that has nothing to show does not exist; what comes in while one looks is added in place.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Horizontal

from eventide.model import RunStatus
from eventide.table import values
from eventide.tui import edits, runview
from eventide.tui.charts import Charts, Shown, ordered
from eventide.tui.consolelines import ConsoleLines
from eventide.tui.grid import Column, Grid
from eventide.tui.lines import Bar
from eventide.tui.listing import STATES
from eventide.tui.runview import CHANGES, METRICS, Parts, Tree
from eventide.tui.safe import safe
from eventide.tui.screens.chartkeys import ChartKeys
from eventide.tui.screens.prompt import Prompt
from eventide.tui.textpane import TextPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from eventide.model import RunInfo
    from eventide.tui.asker import Changed
    from eventide.tui.figure import Line

_CONFIG = (Column("name", "parameter", most=48, frozen=True), Column("value", "value", most=120))
_CODE = (Column("path", "file", most=60), Column("size", "size", right=True))
_MEDIA = (Column("name", "medium", most=32), Column("type", "type"), Column("step", "step", right=True))
_ARTIFACTS = (
    Column("name", "artifact", most=40),
    Column("how", ""),
    Column("size", "size", right=True),
    Column("aliases", "aliases"),
)
_ON_CHARTS = ("chart.full|chart", "chart.find|metrics", "chart.log|log", "chart.smooth_more|smooth")
_ON_TAB = {
    "metrics": ("run.open|chart", *_ON_CHARTS[1:]),
    "config": ("run.open|fold",),
    "system": _ON_CHARTS,
    "console": ("filter.focus|find",),
    "code": ("run.open|read", "filter.focus|find"),
    "media": ("run.open|look",),
    "artifacts": ("run.open|files",),
}
_EVERYWHERE = ("run.console|console", "run.system|system", "run.actions|actions", "view.back|back")


class RunScreen(ChartKeys):
    """One run."""

    SCOPES: ClassVar[tuple[str, ...]] = ("run", "table", "charts")
    CSS: ClassVar[str] = """
    RunScreen #body { height: 1fr; }
    RunScreen #main { width: 1fr; display: none; }
    RunScreen #text { width: 1fr; display: none; }
    RunScreen #charts { width: 1fr; display: none; margin-right: 1; }
    RunScreen.main #main { display: block; }
    RunScreen.text #text { display: block; }
    RunScreen.charts #charts { display: block; }
    RunScreen.main.text #main { width: 2fr; }
    RunScreen.main.text #text { width: 3fr; margin-left: 1; }
    RunScreen.main.charts #charts { margin-left: 1; }
    RunScreen.narrow.main.charts #charts { display: none; }
    RunScreen.narrow.main.text #text { display: none; }
    RunScreen.narrow.main.text.inside #text { display: block; margin-left: 0; }
    RunScreen.narrow.main.text.inside #main { display: none; }
    """

    def __init__(self, run_id: str, *, tab: str = "") -> None:
        super().__init__()
        self.run_id = run_id
        self.info: RunInfo | None = None
        self.there = Parts()
        self.tab = tab or "overview"
        self.config_tree = Tree({})
        self.console_lines = ConsoleLines()
        self._waits = False
        self._read: Line = []

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="head")
        yield Bar(id="tabs", ground="panel")
        with Horizontal(id="body"):
            yield Grid(id="main")
            yield TextPane(id="text")
            yield Charts(id="charts")
        yield Bar(id="said")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Ask for the run."""
        self.show_hints()
        self.reload()

    def on_resize(self) -> None:
        """Show one pane where there is no room for two."""
        self.set_class(self.size.width < 100, "narrow")

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def reload(self) -> None:
        """Ask for the run and for what else there is."""
        self.ask("run", lambda: self.source.run(self.run_id), self._known)

    def _known(self, info: RunInfo) -> None:
        is_first = self.info is None
        if self.info is not None and self.info.status is RunStatus.RUNNING and info.status is not RunStatus.RUNNING:
            self._ended(info)
        self.info = info
        self.config_tree.config = info.config
        self._head()
        self.ask("parts", partial(runview.parts, self.source, info), self._parts)
        if is_first:
            self._open(self.tab)
        else:
            self._fill()

    def _parts(self, there: Parts) -> None:
        is_new = self.there != there
        self.there = there
        self._tabs()
        if is_new and (self.tab in ("overview", "code", "media", "artifacts", "system")):
            self._open(self.tab if self.tab in self.tabs() else "overview")

    def changed(self, message: Changed) -> None:
        """Ask anew when it is this run."""
        if (not message.run_ids or self.run_id in message.run_ids) and not self._waits:
            self._waits = True
            self.set_timer(0.2, self._again)

    def _again(self) -> None:
        self._waits = False
        self.reload()
        self._lacking()

    def _ended(self, info: RunInfo) -> None:
        if self.ui.runs_screen is None or self.ui.screen is self:
            self.ui.announce(info)

    # ── tabs ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def tabs(self) -> list[str]:
        """Return the tabs that have something to show."""
        info, there = self.info, self.there
        found = {
            "overview": True,
            "metrics": bool(info and info.metrics),
            "config": bool(info and info.config),
            "system": bool(there.system),
            "console": there.console,
            "code": bool(there.code or there.changes),
            "media": bool(there.media),
            "artifacts": bool(there.made or there.used),
        }
        return [name for name, exists in found.items() if exists]

    def _tabs(self) -> None:
        line: Line = [(" ", "")]
        for name in self.tabs():
            line += [(f" {name} ", "current" if name == self.tab else "dim")]
        self.bar("tabs").show(line)

    def on_bar_clicked(self, event: Bar.Clicked) -> None:
        """Open a tab."""
        if event.bar.id == "tabs" and event.text in self.tabs():
            self._open(event.text)

    def _open(self, tab: str) -> None:
        self.tab = tab
        shape = {
            "overview": "text",
            "metrics": "main charts",
            "config": "main",
            "system": "charts",
            "console": "text",
        }.get(tab, "main text")
        for name in ("main", "text", "charts"):
            self.set_class(name in shape.split(), name)
        self.remove_class("inside")
        self.query_one("#text", TextPane).shift = 0
        self._read = []
        self.hints = ("pane.next|next tab", *_ON_TAB.get(tab, ()), *_EVERYWHERE)
        self.show_hints()
        self._tabs()
        self._fill()
        first = shape.split()[0]
        self.query_one("#charts" if first == "charts" else f"#{first}").focus()

    def _fill(self) -> None:
        """Show what belongs into the open tab."""
        info, text = self.info, self.query_one("#text", TextPane)
        if info is None:
            return
        if self.tab == "overview":
            text.follows_end = False
            text.show_lines(runview.overview(info, self.there))
        elif self.tab == "metrics":
            self.main.show(METRICS, sorted(info.metrics), partial(runview.metric_cell, info))
            self._chart(
                ordered([key for key, each in info.metrics.items() if each.min is not None or each.nonfinite], None),
                "events",
            )
        elif self.tab == "config":
            self._config()
        elif self.tab == "system":
            self._chart(self.there.system, "system")
        elif self.tab == "console":
            text.follows_end = True
            self.ask(
                "console", partial(self.source.console, info.id, after=self.console_lines.seen), self._console_came
            )
        else:
            self._files()
        self._say()

    @property
    def main(self) -> Grid:
        """The table of the open tab."""
        return self.query_one("#main", Grid)

    def _config(self) -> None:
        rows = self.config_tree.rows()
        cells = {}
        for path, depth, name, value in rows:
            is_branch = value is ...
            fold = ("▸ " if path in self.config_tree.folded else "▾ ") if is_branch else "  "
            shown = "" if is_branch else "null" if value is None else safe(value)
            cells[path] = {
                "name": ("  " * depth + fold + safe(name), "bold" if is_branch else ""),
                "value": (shown, ""),
            }
        self.main.show(_CONFIG, [row[0] for row in rows], lambda row, column: cells[row][column])

    def _chart(self, keys: Sequence[str], table: Any) -> None:
        info, charts = self.info, self.charts
        if info is None:
            return
        chosen = tuple(key for key in keys if not self.chosen_keys or key in self.chosen_keys)
        mode = self.ui.runs_screen.shown.mode if self.ui.runs_screen is not None else "braille"
        before = (
            charts.shown
            if charts.shown.table == table
            else Shown(table=table, x="time" if table == "system" else "step")
        )
        fields = {
            "run_ids": (info.id,),
            "names": (info.name,),
            "roles": (f"run:{info.id}",),
            "marks": ("a",),
            "keys": chosen or tuple(keys),
        }
        charts.show(Shown(**{**_fields(before), **fields, "mode": mode, "table": table}))

    def _files(self) -> None:
        cells: dict[str, dict[str, tuple[str, str]]] = {}
        columns = {"code": _CODE, "media": _MEDIA}.get(self.tab, _ARTIFACTS)
        there = self.there
        if self.tab == "code":
            if there.changes:
                cells[CHANGES] = {"path": (CHANGES, "accent"), "size": ("", "")}
            for path, file in (there.code.files if there.code else {}).items():
                cells[path] = {"path": (safe(path), ""), "size": (values.size(file.size_bytes), "dim")}
        elif self.tab == "media":
            for place, medium in enumerate(there.media):
                kind = safe(medium.record.get("type", ""))
                cells[str(place)] = {
                    "name": (safe(medium.name), ""),
                    "type": (kind, "dim"),
                    "step": (str(medium.step or 0), "dim"),
                }
        else:
            for how, versions in (("made", there.made), ("used", there.used)):
                for each in versions:
                    cells[f"{how} {each.selector}"] = {
                        "name": (safe(f"{each.name}:v{each.version}"), ""),
                        "how": (how, "dim"),
                        "size": (values.size(each.size_bytes), "dim"),
                        "aliases": (safe(" ".join(each.aliases)), "accent"),
                    }
        self.main.show(columns, list(cells), lambda row, column: cells[row][column])
        self._inside(self.main.row)

    def _inside(self, row: str) -> None:
        """Show what the row under the cursor holds."""
        source, there, width = self.source, self.there, max(20, self.query_one("#text").size.width)
        text = self.query_one("#text", TextPane)
        text.follows_end = False

        def show(lines: list[Line]) -> None:
            text.lines = []
            text.move_to(0)
            text.show_lines(lines)

        if self.tab == "code" and row:
            self.ask("inside", partial(runview.code_lines, source, there, row), show)
        elif self.tab == "media" and row.isdigit():
            self.ask("inside", partial(runview.media_lines, source, there.media[int(row)], width), show)
        elif self.tab == "artifacts" and row:
            version = next((each for each in (*there.made, *there.used) if row.endswith(f" {each.selector}")), None)
            if version is not None:
                self.ask("inside", partial(runview.artifact_lines, version), show)

    def _console_came(self, pieces: Any) -> None:
        if pieces or not self.console_lines.lines:
            self.console_lines.feed(pieces)
            if self.tab == "console":
                self.query_one("#text", TextPane).show_lines(self.console_lines.all(), at_end=True)

    # ── charts ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_charts_lacking(self) -> None:
        """Ask for curves."""
        self._lacking()

    def _lacking(self) -> None:
        charts = self.charts
        asked = charts.asked() if charts.display else None
        if asked is not None:
            query, shown = asked
            self.ask("curves", partial(self.source.series, query), lambda found: charts.answer(found, shown))

    def on_charts_full(self, event: Charts.Full) -> None:
        """Show one chart alone."""
        self.open_plot(event.key)

    def on_charts_read(self, event: Charts.Read) -> None:
        """Show what the crosshair reads."""
        self._read = event.line
        self._say()

    # ── lines ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _head(self) -> None:
        info = self.info
        if info is None:
            return
        mark, letter, role = STATES[info.status]
        shown = letter if self.ui.options.ascii else mark
        left: Line = [
            (" eventide ", "bold"),
            (f" {safe(info.project)} / ", "dim"),
            (safe(info.name), "bold"),
            (f"   {shown} {info.status.value}", role),
        ]
        self.bar("head").show(left, [(f"{self.ui.read_only_text}{values.duration(info.duration_s)} ", "dim")])

    def _say(self) -> None:
        if self._read:
            self.bar("said").show(self._read)
            return
        counts = {
            "metrics": self.info and len(self.info.metrics),
            "code": self.there.code and len(self.there.code.files),
            "console": len(self.console_lines.lines),
        }
        count = counts.get(self.tab)
        noun = {"console": "line", "code": "file"}.get(self.tab, "metric")
        said = f" {count} {noun if count == 1 else f'{noun}s'}" if count else ""
        self.bar("said").show([(said, "dim")])

    # ── what keys do ────────────────────────────────────────────────────────────────────────────────────────────────

    def metric_keys(self) -> Sequence[str]:
        """Return the metrics of the open tab."""
        return self.there.system if self.tab == "system" else sorted(self.info.metrics if self.info else ())

    def choose_keys(self, keys: tuple[str, ...]) -> None:
        """Show charts of these metrics only."""
        self.chosen_keys = keys
        self._fill()

    def do_chart_full(self) -> None:
        """Show the current chart alone; from a tab without charts, go to those first."""
        if self.has_class("charts"):
            super().do_chart_full()
        else:
            self._go("metrics")

    def do_pane_next(self) -> None:
        """Next tab."""
        self._turn(1)

    def do_pane_previous(self) -> None:
        """Tab before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        names = self.tabs()
        self._open(names[(names.index(self.tab) + by) % len(names)] if self.tab in names else names[0])

    def do_pane_table(self) -> None:
        """Go to the table of the tab."""
        self.query_one("#main" if self.has_class("main") else "#text" if self.has_class("text") else "#charts").focus()

    def do_pane_charts(self) -> None:
        """Go to the charts or the text beside the table."""
        if self.has_class("charts"):
            self.charts.focus()
        elif self.has_class("text"):
            self.query_one("#text").focus()

    def do_run_console(self) -> None:
        """Console."""
        self._go("console")

    def do_run_system(self) -> None:
        """System metrics."""
        self._go("system")

    def _go(self, tab: str) -> None:
        if tab in self.tabs():
            self._open(tab)
        else:
            self.ui.say(f"this run has no {tab}", "warning")

    def _scrolled(self) -> Grid | None:
        return self.focused if isinstance(self.focused, Grid) else None

    def do_row_next(self) -> None:
        """Next line."""
        self._move(1)

    def do_row_previous(self) -> None:
        """Line before."""
        self._move(-1)

    def _move(self, by: int) -> None:
        grid = self._scrolled()
        if grid is not None:
            grid.move(by)
        else:
            self.charts.move(by)

    def do_row_page_down(self) -> None:
        """A page down."""
        grid = self._scrolled()
        self._move(grid.page if grid is not None else 1)

    def do_row_page_up(self) -> None:
        """A page up."""
        grid = self._scrolled()
        self._move(-(grid.page if grid is not None else 1))

    def do_row_first(self) -> None:
        """First line."""
        self._move(-1 << 40)

    def do_row_last(self) -> None:
        """Last line."""
        self._move(1 << 40)

    def do_columns_left(self) -> None:
        """Scroll sideways."""
        self._slide(-1)

    def do_columns_right(self) -> None:
        """Scroll sideways."""
        self._slide(1)

    def _slide(self, by: int) -> None:
        grid = self._scrolled()
        if grid is not None:
            grid.slide(by)

    def do_run_open(self) -> None:
        """Open what is under the cursor: fold a branch, draw a metric, read a file."""
        if self.tab == "config":
            row = self.main.row
            self.config_tree.folded ^= {row}
            self._config()
        elif self.tab == "metrics" and self.focused is self.main:
            self.open_plot(self.main.row)
        elif self.focused is self.charts:
            self.do_chart_full()
        elif self.focused is self.main:
            self.add_class("inside")
            self.query_one("#text").focus()

    def on_grid_moved(self, event: Grid.Moved) -> None:
        """Show what is under the cursor."""
        if event.grid is not self.main:
            return
        if self.tab == "metrics":
            keys = self.charts.shown.keys
            if event.row in keys:
                self.charts.move(keys.index(event.row) - self.charts.current)
        elif self.tab in ("code", "media", "artifacts"):
            self._inside(event.row)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Open what was clicked twice."""
        if event.grid is self.main:
            self.do_run_open()

    def do_view_up(self) -> None:
        """Back from the text to the table, take away the crosshair, or go back."""
        if self.charts.cursor is not None:
            self.charts.point(None)
        elif self.has_class("inside") and self.focused is not self.main:
            self.remove_class("inside")
            self.main.focus()
        else:
            self.ui.back()

    # ── changes ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def do_run_actions(self) -> None:
        """Ask for a command on this run."""
        self.ui.do_palette_open()

    def do_run_copy(self) -> None:
        """Copy the id."""
        self.ui.copy(self.run_id)

    def cmd_copy(self, text: str) -> None:
        """Copy the id."""
        del text
        self.do_run_copy()

    def cmd_tag(self, text: str) -> None:
        """Add tags, take off those with a leading `-`."""
        if self.info is not None and text.strip():
            self.ui.change(partial(edits.tag, [self.info], text))

    def cmd_note(self, text: str) -> None:
        """Set the notes."""
        if self.info is not None:
            self.ui.change(partial(edits.note, [self.info], text))

    def cmd_rename(self, text: str) -> None:
        """Give the run another name."""
        if self.info is not None and text.strip():
            self.ui.change(partial(edits.rename, self.info, text.strip()))

    def cmd_archive(self, text: str) -> None:
        """Hide the run from lists, or show it again."""
        del text
        if self.info is not None:
            self.ui.change(partial(edits.archive, [self.info]))

    def cmd_bin(self, text: str) -> None:
        """Put the run into the bin."""
        del text
        if self.info is not None:
            self.ui.change(partial(edits.to_bin, [self.info]))

    def do_view_export(self) -> None:
        """Write the current chart."""
        self.do_chart_write()

    def do_filter_focus(self) -> None:
        """Look for a metric."""
        if self.tab in ("metrics", "system"):
            self.do_chart_find()
        elif self.tab in ("console", "code", "overview"):
            self.app.push_screen(Prompt("find in this text"), self._find)

    def _find(self, text: str | None) -> None:
        pane = self.query_one("#text", TextPane)
        places = [
            place
            for place, line in enumerate(pane.lines)
            if text and text.lower() in "".join(part for part, _ in line).lower()
        ]
        after = next((place for place in places if place > pane.cursor), places[0] if places else None)
        if after is None:
            self.ui.say(f"`{text}` is not here")
        else:
            pane.focus()
            pane.move_to(after)


def _fields(shown: Shown) -> dict[str, Any]:
    return {name: getattr(shown, name) for name in Shown.__dataclass_fields__}
