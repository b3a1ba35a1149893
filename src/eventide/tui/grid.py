"""A table of any length that draws only what is seen.

Invariant: cursor and scroll stay on the row, not on its number: rows that come, go or move leave the cursor on the same thing and
on the same line of the screen. A repaint touches only lines that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from eventide.tui.safe import fit

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events

    from eventide.tui.look import Look

Cell = tuple[str, str]
"""Safe text and role."""
_MEASURED = 200
_GAP = 2
_LEAST = 5
"""Cells of a cut column that still say something."""


class Column(NamedTuple):
    """One column."""

    key: str
    title: str = ""
    right: bool = False
    most: int = 28
    """Cells at most."""
    width: int = 0
    """Cells; 0 fits what is shown."""
    frozen: bool = False
    """Whether it stays when the others are scrolled."""
    role: str = "dim"
    """Of its title."""


class Grid(Widget, can_focus=True):
    """Rows and columns with a cursor."""

    DEFAULT_CSS: ClassVar[str] = "Grid { height: 1fr; width: 1fr; }"

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, grid: Grid, row: str) -> None:
            super().__init__()
            self.grid = grid
            self.row = row

    class Opened(Message):
        """A row was clicked twice."""

        def __init__(self, grid: Grid, row: str) -> None:
            super().__init__()
            self.grid = grid
            self.row = row

    class Heading(Message):
        """The title of a column was clicked."""

        def __init__(self, grid: Grid, column: str) -> None:
            super().__init__()
            self.grid = grid
            self.column = column

    def __init__(self, *, id: str | None = None, header: bool = True, empty: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.header = header
        self.empty = empty
        self.columns: list[Column] = []
        self.rows: list[str] = []
        self.cursor = 0
        self.first = 0
        self.shift = 0
        self.chosen: set[str] = set()
        self.follows_end = False
        self._cell: Callable[[str, str], Cell] = lambda _row, _column: ("", "")
        self._cells: dict[str, list[Cell]] = {}
        self._widths: list[int] = []
        self._places: dict[str, int] = {}
        self._lines: dict[int, Strip] = {}

    # ── content ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, columns: Sequence[Column], rows: Sequence[str], cell: Callable[[str, str], Cell]) -> None:
        """Show rows by id; `cell(row, column)` gives what stands where."""
        here = self.row
        line = self.cursor - self.first
        was_last = self.cursor >= len(self.rows) - 1
        is_new = [column.key for column in columns] != [column.key for column in self.columns]
        self.columns, self.rows, self._cell = list(columns), list(rows), cell
        self._places = {row: place for place, row in enumerate(self.rows)}
        self._cells.clear()
        widths = self._measured()
        is_new = is_new or widths != self._widths
        self._widths = widths
        place = self._places.get(here, min(self.cursor, len(rows) - 1))
        if self.follows_end and was_last:
            place = len(rows) - 1
        self.cursor = max(0, place)
        self.first = self.cursor - line
        self._settle()
        self._repaint(everything=is_new)
        if self.row != here and self.row:
            self.post_message(self.Moved(self, self.row))

    def update(self, chosen: set[str] | None = None) -> None:
        """Draw anew what has changed."""
        if chosen is not None:
            self.chosen = chosen
        self._cells.clear()
        self._repaint()

    @property
    def row(self) -> str:
        """The row under the cursor, "" when there is none."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else ""

    def go(self, row: str) -> None:
        """Put the cursor on a row, if it is there."""
        if row in self._places:
            self.move_to(self._places[row])

    def move(self, by: int) -> None:
        """Move the cursor down by some rows."""
        self.move_to(self.cursor + by)

    def move_to(self, place: int) -> None:
        """Move the cursor to a row by its number."""
        place = max(0, min(place, len(self.rows) - 1))
        if place != self.cursor:
            self.cursor = place
            self._settle()
            self._repaint()
            self.post_message(self.Moved(self, self.row))

    def slide(self, by: int) -> None:
        """Scroll the columns that are not frozen."""
        self.shift = max(0, min(self.shift + by, len(self.columns) - 1 - sum(column.frozen for column in self.columns)))
        self._repaint(everything=True)

    @property
    def page(self) -> int:
        """How many rows are seen at once."""
        return max(1, self.size.height - self.header)

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _measured(self) -> list[int]:
        sample = self.rows[self.first : self.first + _MEASURED] or self.rows[:_MEASURED]
        widths = []
        for place, column in enumerate(self.columns):
            wide = cell_len(column.title)
            if not column.width:
                wide = max([wide, *(cell_len(self._of(row)[place][0]) for row in sample)])
            widths.append(column.width or min(column.most, wide))
        return widths

    def _of(self, row: str) -> list[Cell]:
        found = self._cells.get(row)
        if found is None:
            found = self._cells[row] = [self._cell(row, column.key) for column in self.columns]
        return found

    def _settle(self) -> None:
        """Keep the cursor in sight and the rows against the edges."""
        self.first = min(self.first, self.cursor)
        self.first = max(self.first, self.cursor - self.page + 1, 0)
        self.first = max(0, min(self.first, len(self.rows) - self.page))

    def _repaint(self, *, everything: bool = False) -> None:
        if everything or not self._lines:
            self._lines.clear()
            self.refresh()
            return
        old, self._lines = self._lines, {}
        changed = []
        for y in range(self.size.height):
            strip = self._lines[y] = self._line(y)
            if old.get(y) != strip:
                changed.append(Region(0, y, self.size.width, 1))
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        found = self._lines.get(y)
        if found is None or found.cell_length != self.size.width:
            found = self._lines[y] = self._line(y)
        return found

    def notify_style_update(self) -> None:
        """Draw everything anew in other colours."""
        self._lines.clear()
        super().notify_style_update()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._settle()
        self._repaint(everything=True)

    def on_focus(self) -> None:
        """Show the cursor as active."""
        self._repaint()

    def on_blur(self) -> None:
        """Show the cursor as waiting."""
        self._repaint()

    def _line(self, y: int) -> Strip:
        look: Look = self.app.look  # type: ignore[attr-defined]
        width = self.size.width
        if self.header and y == 0:
            cells = [(column.title, column.role) for column in self.columns]
            return self._strip(cells, "", look, width)
        place = self.first + y - self.header
        if place >= len(self.rows):
            text = self.empty if not self.rows and y == self.header + 1 else ""
            return Strip([Segment(fit(f" {text}", width), look.style("dim"))])
        row = self.rows[place]
        ground = "chosen" if row in self.chosen else ""
        if place == self.cursor:
            ground = "cursor" if self.has_focus else "blurred"
        return self._strip(self._of(row), ground, look, width, self._bar(y))

    def _bar(self, y: int) -> str:
        """Return what the scroll bar shows beside a row."""
        rows, page = len(self.rows), self.page
        if rows <= page:
            return " "
        size = max(1, page * page // rows)
        start = self.header + round(self.first / (rows - page) * (page - size))
        return "▐" if start <= y < start + size else " "

    def _strip(self, cells: Sequence[Cell], ground: str, look: Look, width: int, bar: str = " ") -> Strip:
        blank = look.style("", ground)
        pieces: list[Segment] = [Segment(" ", blank)]
        left = width - 2
        hidden = self.shift
        for column, wide, (text, role) in zip(self.columns, self._widths, cells, strict=True):
            if not column.frozen and hidden:
                hidden -= 1
                continue
            if left < min(wide, _LEAST):
                break
            shown = min(wide, left)
            pieces.append(Segment(fit(text, shown, right=column.right), look.style(role, ground)))
            left -= shown
            gap = min(_GAP, left)
            pieces.append(Segment(" " * gap, blank))
            left -= gap
        pieces.append(Segment(" " * max(0, left), blank))
        bar_style: Style = look.style("line", ground)
        pieces.append(Segment(bar, bar_style))
        return Strip(pieces).adjust_cell_length(width, blank)

    # ── mouse ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll, the cursor with it."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll, the cursor with it."""
        event.stop()
        self.move(-3)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a row; twice opens it; a title sorts."""
        if self.header and event.y == 0:
            key = self.column_at(event.x)
            if key:
                self.post_message(self.Heading(self, key))
            return
        place = self.first + event.y - self.header
        if place < len(self.rows):
            self.move_to(place)
            if event.chain > 1:
                self.post_message(self.Opened(self, self.row))

    def column_at(self, x: int) -> str:
        """Return the column at a cell of the widget, "" where there is none."""
        at, hidden = 1, self.shift
        for column, wide in zip(self.columns, self._widths, strict=True):
            if not column.frozen and hidden:
                hidden -= 1
                continue
            if at <= x < at + wide + _GAP:
                return column.key
            at += wide + _GAP
        return ""
