"""Runs side by side: config, metrics, code, environment.

Invariant: only what differs is shown until one asks for everything; the best value of a metric is bold.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textual.containers import Horizontal

from eventide.errors import EventideError
from eventide.table import code, values
from eventide.table.side_by_side import config_lines, environment_lines, metric_lines
from eventide.tui.grid import Cell, Column, Grid
from eventide.tui.lines import Bar
from eventide.tui.runview import diff_lines
from eventide.tui.safe import safe
from eventide.tui.screens.gridkeys import GridKeys
from eventide.tui.textpane import TextPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from eventide.model import RunInfo
    from eventide.source import Source
    from eventide.tui.figure import Line

TABS = ("config", "metrics", "code", "environment")


class Row(NamedTuple):
    """One line over all runs."""

    name: str
    cells: list[Cell]
    same: bool


class Compared(NamedTuple):
    """All that is compared."""

    runs: list[RunInfo]
    config: list[Row]
    metrics: list[Row]
    environment: list[Row]
    code: list[code.FileDiff]
    code_says: str


def compare(source: Source, run_ids: Sequence[str]) -> Compared:
    """Ask for runs and put them side by side; code is compared between the first and the second."""
    runs = [source.run(run_id) for run_id in run_ids]
    try:
        files, says = code.diff(source, run_ids[0], run_ids[1]), "the code is the same"
    except EventideError as error:
        files, says = [], safe(error.message)
    config = [
        Row(safe(line.path), [_config_cell(run, line.path) for run in runs], line.same) for line in config_lines(runs)
    ]
    environment = [
        Row(safe(line.path), [_cell(value) for value in line.values], line.same) for line in environment_lines(runs)
    ]
    return Compared(runs, config, _metric_rows(runs), environment, files, says)


def _cell(value: Any) -> Cell:
    return safe(value), "dim" if value is None else ""


def _config_cell(run: RunInfo, path: str) -> Cell:
    """Return a parameter; one that is null is told from one that is not there."""
    value = run.params.get(path)
    return ("null", "") if value is None and path in run.params else _cell(value)


def _metric_rows(runs: Sequence[RunInfo]) -> list[Row]:
    rows = []
    lines = metric_lines(runs)
    columns = [values.align([values.text(line.best[place]) for line in lines]) for place in range(len(runs))]
    for number, line in enumerate(lines):
        known = [value for value in line.best if value is not None]
        top = (max(known) if line.goal == "max" else min(known)) if known else None
        texts = [column[number] for column in columns]
        cells = [
            (text, "bold" if value is not None and value == top else "")
            for text, value in zip(texts, line.best, strict=True)
        ]
        rows.append(Row(f"{safe(line.key)} {'↑' if line.goal == 'max' else '↓'}", cells, len(set(line.best)) == 1))
    return rows


class CompareScreen(GridKeys):
    """Some runs side by side."""

    HINTS: ClassVar[tuple[str, ...]] = (
        "pane.next|next tab", "chart.outliers|all or differences", "columns.right|more runs", "view.back|back",
    )  # fmt: skip
    HINTS_OF_CODE: ClassVar[tuple[str, ...]] = ("pane.next|next tab", "run.open|whole file", "view.back|back")
    SCOPES: ClassVar[tuple[str, ...]] = ("table", "charts")
    CSS: ClassVar[str] = """
    CompareScreen #body { height: 1fr; }
    CompareScreen #text { display: none; width: 3fr; margin-left: 1; }
    CompareScreen.code #text { display: block; }
    CompareScreen #main { width: 2fr; }
    """

    def __init__(self, run_ids: Sequence[str]) -> None:
        super().__init__()
        self.run_ids = list(run_ids)
        self.tab = "config"
        self.compared: Compared | None = None
        self.all_lines = False

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="head")
        yield Bar(id="tabs", ground="panel")
        with Horizontal(id="body"):
            yield Grid(id="main", empty="nothing differs")
            yield TextPane(id="text")
        yield Bar(id="said")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Ask for the runs."""
        self.show_hints()
        self.bar("said").show([(" reading …", "dim")])
        self.grid.focus()
        self.ask("compare", partial(compare, self.source, self.run_ids), self._came)

    def _came(self, found: Compared) -> None:
        self.compared = found
        self._show()

    @property
    def grid(self) -> Grid:
        """The table."""
        return self.query_one("#main", Grid)

    def _show(self) -> None:
        found = self.compared
        if found is None:
            return
        self.set_class(self.tab == "code", "code")
        here = self.HINTS_OF_CODE if self.tab == "code" else self.HINTS
        if here != self.hints:
            self.hints = here
            self.show_hints()
        names = " · ".join(safe(run.name) for run in found.runs[:4])
        self.bar("head").show([(" eventide ", "bold"), (f" {len(found.runs)} runs: ", "dim"), (names, "")])
        tabs: Line = [(" ", "")]
        for name in TABS:
            tabs.append((f" {name} ", "current" if name == self.tab else "dim"))
        self.bar("tabs").show(tabs)
        if self.tab == "code":
            self._show_code(found)
            return
        rows: list[Row] = getattr(found, self.tab)
        shown = [row for row in rows if self.all_lines or not row.same]
        cells = {row.name: row for row in shown}
        columns = [Column("name", self.tab, most=40, frozen=True)]
        columns += [
            Column(str(place), safe(run.name), right=self.tab == "metrics", most=24, role=f"run:{run.id}")
            for place, run in enumerate(found.runs)
        ]
        self.grid.show(columns, [row.name for row in shown], lambda row, column: _at(cells[row], column))
        same = sum(row.same for row in rows)
        self.bar("said").show(
            [
                (f" {len(rows) - same} differ, {same} are the same", "dim"),
                ("" if self.all_lines else " and hidden" if same else "", "dim"),
            ]
        )

    def _show_code(self, found: Compared) -> None:
        files = {file.path: file for file in found.code}
        columns = [Column("path", "file", most=60), Column("change", "")]

        def cell(row: str, column: str) -> Cell:
            file = files[row]
            return (safe(row), "") if column == "path" else (f"+{file.added} -{file.removed}", "dim")

        self.grid.show(columns, list(files), cell)
        said = f" from {found.runs[0].name} to {found.runs[1].name}" if files else f" {found.code_says}"
        self.bar("said").show([(safe(said), "dim")])
        self._show_file(self.grid.row)

    def _show_file(self, path: str) -> None:
        pane = self.query_one("#text", TextPane)
        file = next((each for each in (self.compared.code if self.compared else ()) if each.path == path), None)
        pane.lines = []
        pane.show_lines(diff_lines(file.lines) if file is not None and file.lines is not None else [])

    def on_grid_moved(self, event: Grid.Moved) -> None:
        """Show the file under the cursor."""
        if self.tab == "code" and event.grid is self.grid:
            self._show_file(event.row)

    def on_bar_clicked(self, event: Bar.Clicked) -> None:
        """Open a tab."""
        if event.text in TABS:
            self.tab = event.text
            self._show()

    def do_pane_next(self) -> None:
        """Next tab."""
        self._turn(1)

    def do_pane_previous(self) -> None:
        """Tab before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self.tab = TABS[(TABS.index(self.tab) + by) % len(TABS)]
        self.grid.shift = 0
        self.grid.focus()
        self._show()

    def do_run_open(self) -> None:
        """Read the diff of the file."""
        if self.tab == "code":
            self.query_one("#text").focus()

    def do_chart_outliers(self) -> None:
        """Show all lines, or those that differ."""
        self.all_lines = not self.all_lines
        self._show()

    def do_view_up(self) -> None:
        """Back to the table, or back."""
        if isinstance(self.focused, TextPane):
            self.grid.focus()
        else:
            self.ui.back()


def _at(row: Row, column: str) -> Cell:
    return (row.name, "dim" if row.same else "") if column == "name" else row.cells[int(column)]
