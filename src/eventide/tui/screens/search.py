"""A form over the filter grammar: name, dates, state, tag, parameter; it shows the text it builds.

Invariant: the text it builds is the filter: what one learns here can be typed into the filter line.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical

from eventide.errors import EventideError
from eventide.model import RunQuery
from eventide.tui.filterline import Field
from eventide.tui.grid import Column, Grid
from eventide.tui.lines import Bar
from eventide.tui.listing import STATES, when
from eventide.tui.safe import safe
from eventide.tui.screens.gridkeys import GridKeys
from eventide.tui.search import Form, build

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widgets import Input

    from eventide.model import RunPage
    from eventide.tui.grid import Cell

FIELDS = (
    ("name", "name", "part of the name, or mix*-4?"),
    ("since", "from", "2d · monday · 2026-11-20 · 3 weeks ago"),
    ("until", "to", "today · 2026-11-21, the day included"),
    ("state", "state", "running finished failed crashed killed"),
    ("tag", "tag", "paper -draft"),
    ("parameter", "parameter", "lr<1e-3 optimizer.name=adamw"),
    ("metric", "metric", "best(val/acc)>0.9"),
)
_COLUMNS = (
    Column("state", "", width=1),
    Column("name", "name", most=36),
    Column("started", "started"),
    Column("project", "project"),
)
_SHOWN = 200


class SearchScreen(GridKeys):
    """The form, and what it finds."""

    SCOPES: ClassVar[tuple[str, ...]] = ("table",)
    HINTS: ClassVar[tuple[str, ...]] = ("run.open|show these runs", "pane.next|next field", "view.up|back")
    CSS: ClassVar[str] = """
    SearchScreen .row { height: 1; }
    SearchScreen .row Bar { width: 13; }
    SearchScreen .row Input { width: 1fr; max-width: 60; }
    SearchScreen #form { height: auto; padding: 1 0; }
    SearchScreen #built { margin-top: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._page: RunPage | None = None

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="head")
        with Vertical(id="form"):
            for name, _, hint in FIELDS:
                with Horizontal(classes="row"):
                    yield Bar(id=f"label-{name}")
                    yield Field(placeholder=hint, id=f"field-{name}")
            yield Bar(id="built")
        yield Grid(id="main", empty="nothing is like that")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Begin with the name."""
        self.bar("head").show([(" eventide ", "bold"), (" search", "")])
        self.show_hints()
        for name, label, _ in FIELDS:
            self.bar(f"label-{name}").show([(f"  {label}", "dim")])
        self.query_one("#field-name").focus()
        self._search()

    def _search(self) -> None:
        form = Form(**{name: self.query_one(f"#field-{name}", Field).value for name, _, _ in FIELDS})
        try:
            self._text = build(form)
        except EventideError as error:
            self.bar("built").show(
                [("  ", ""), (safe(error.message), "error"), (f"   {safe(error.hint)}" if error.hint else "", "dim")]
            )
            return
        self.bar("built").show([("  filter     ", "dim"), (safe(self._text) or "all runs", "accent")])
        query = RunQuery(self._text, self.ui.options.project, limit=_SHOWN, keys=(), details=False, archived=True)
        self.ask("search", partial(self.source.runs, query), self._came)

    def _came(self, page: RunPage) -> None:
        self._page = page
        runs = {run.id: run for run in page.runs}

        def cell(row: str, column: str) -> Cell:
            run = runs[row]
            if column == "state":
                return STATES[run.status][0], STATES[run.status][2]
            if column == "started":
                return when(run.started), "dim"
            return safe(getattr(run, column)), "" if column == "name" else "dim"

        self.grid.show(_COLUMNS, list(runs), cell)
        self.bar("head").show([(" eventide ", "bold"), (" search", ""), (f"   {page.total} found", "dim")])

    def failed(self, place: str, error: Exception) -> None:
        """Say what is wrong with the filter."""
        if place == "search":
            self.bar("built").show([("  ", ""), (safe(getattr(error, "message", str(error))), "error")])
        else:
            super().failed(place, error)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while it is typed."""
        event.stop()
        self._search()

    def on_field_listed(self, event: Field.Listed) -> None:
        """Go from field to field."""
        if event.key == "up":
            self.focus_previous()
        else:
            self.focus_next()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Filter the runs by what was built."""
        event.stop()
        self.dismiss(self._text)

    def do_run_open(self) -> None:
        """Open the run."""
        if self.grid.row:
            self.ui.open_run(self.grid.row)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Open the run."""
        del event
        self.do_run_open()

    def do_view_up(self) -> None:
        """Back, with nothing changed."""
        self.dismiss(None)

    def do_view_back(self) -> None:
        """Back, with nothing changed."""
        self.dismiss(None)
