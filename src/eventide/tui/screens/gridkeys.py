"""What the keys of tables do on screens that have nothing but tables and text.

Invariant: keys go to the table that has the focus, else to the screen's main one.
"""

from __future__ import annotations

from eventide.tui.grid import Grid
from eventide.tui.screens.page import Page


class GridKeys(Page):
    """A screen of tables."""

    @property
    def grid(self) -> Grid:
        """The main table."""
        return self.query_one("#main", Grid)

    @property
    def _target(self) -> Grid:
        return self.focused if isinstance(self.focused, Grid) else self.grid

    def do_row_next(self) -> None:
        """Next row."""
        self._target.move(1)

    def do_row_previous(self) -> None:
        """Row before."""
        self._target.move(-1)

    def do_row_page_down(self) -> None:
        """A page down."""
        self._target.move(self._target.page)

    def do_row_page_up(self) -> None:
        """A page up."""
        self._target.move(-self._target.page)

    def do_row_first(self) -> None:
        """First row."""
        self._target.move_to(0)

    def do_row_last(self) -> None:
        """Last row."""
        self._target.move_to(len(self._target.rows) - 1)

    def do_columns_left(self) -> None:
        """Scroll the columns."""
        self._target.slide(-1)

    def do_columns_right(self) -> None:
        """Scroll the columns."""
        self._target.slide(1)
