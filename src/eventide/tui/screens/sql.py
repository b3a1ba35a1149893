"""An editor for read-only SQL, and a grid for what it answers.

Invariant: what runs cannot write (the Source sees to it), never holds up a key, and gives at most as many rows as a grid should hold.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.widgets import TextArea

from eventide.model import SqlLimits
from eventide.tui.grid import Cell, Column, Grid
from eventide.tui.lines import Bar
from eventide.tui.safe import safe
from eventide.tui.screens.gridkeys import GridKeys

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

MOST_ROWS = 10_000
TIMEOUT_S = 60.0
_FIRST = "SELECT name, status, project\nFROM db.runs\nORDER BY started DESC"
_NUMBERS = ("int", "float", "double", "decimal")


class Editor(TextArea):
    """Where the query is typed; ctrl+r runs it."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key in ("ctrl+r", "f5", "ctrl+j"):
            event.stop()
            event.prevent_default()
            self.screen.run_query()  # type: ignore[attr-defined]
            return
        await super()._on_key(event)


class SqlScreen(GridKeys):
    """Ask with SQL."""

    SCOPES: ClassVar[tuple[str, ...]] = ("table",)
    CSS: ClassVar[str] = """
    SqlScreen Editor { height: 10; max-height: 40%; border: none; padding: 0 1; background: $panel; color: $foreground; }
    SqlScreen Grid { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._columns: list[list[Any]] = []
        self._began = 0.0

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="head")
        yield Editor(_FIRST, id="editor", soft_wrap=True, show_line_numbers=False, tab_behavior="focus")
        yield Bar(id="said")
        yield Grid(id="main", empty="")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Begin with the editor."""
        self.bar("head").show(
            [(" eventide ", "bold"), (" sql", ""), ("   db.runs  db.events  db.metrics  db.params  db.tags", "dim")]
        )
        self.bar("keys").show(
            [
                (" ctrl+r", "accent"),
                (" run   ", "dim"),
                ("tab", "accent"),
                (" editor or grid   ", "dim"),
                ("esc", "accent"),
                (" leave the editor, back", "dim"),
            ]
        )
        editor = self.query_one(Editor)
        editor.cursor_blink = False
        editor.focus()
        editor.move_cursor(editor.document.end)

    def run_query(self) -> None:
        """Run what stands in the editor."""
        text = self.query_one(Editor).text.strip().rstrip(";")
        if text:
            self._began = time.monotonic()
            self.bar("said").show([(" running …", "dim")])
            limits = SqlLimits(TIMEOUT_S, MOST_ROWS, truncate=True)
            self.ask("sql", partial(self._asked, text, limits), self._came)

    def _asked(self, text: str, limits: SqlLimits) -> tuple[list[Column], list[list[Any]]]:
        table = self.source.sql(text, limits=limits)
        columns = [
            Column(str(place), safe(field.name), right=any(word in str(field.type) for word in _NUMBERS), most=40)
            for place, field in enumerate(table.schema)
        ]
        return columns, [column.to_pylist() for column in table.columns]

    def _came(self, found: tuple[list[Column], list[list[Any]]]) -> None:
        columns, self._columns = found
        rows = len(self._columns[0]) if self._columns else 0
        said = f" {rows} rows in {(time.monotonic() - self._began) * 1000:.0f} ms" + (
            ", no more are read" if rows >= MOST_ROWS else ""
        )
        self.bar("said").show([(said, "dim")])
        self.grid.shift = 0
        self.grid.show(columns, [str(row) for row in range(rows)], self._cell)

    def _cell(self, row: str, column: str) -> Cell:
        value = self._columns[int(column)][int(row)]
        return safe(value), "dim" if value is None else ""

    def failed(self, place: str, error: Exception) -> None:
        """Say what the query lacks."""
        if place != "sql":
            super().failed(place, error)
            return
        lines = safe(getattr(error, "message", str(error)))
        self.bar("said").show([(f" {lines}", "error"), (f"   {safe(getattr(error, 'hint', ''))}", "dim")])

    def do_pane_next(self) -> None:
        """Editor or grid."""
        (self.grid if isinstance(self.focused, Editor) else self.query_one(Editor)).focus()

    def do_view_up(self) -> None:
        """Leave the editor, or go back."""
        if isinstance(self.focused, Editor):
            self.grid.focus()
        else:
            self.ui.back()
