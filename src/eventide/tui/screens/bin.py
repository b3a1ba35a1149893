"""What is in the bin, and how it gets out.

Invariant: nothing is destroyed here; `eventide rm --purge` does that, elsewhere.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from eventide.table import values
from eventide.tui import edits, listing
from eventide.tui.grid import Cell, Column, Grid
from eventide.tui.lines import Bar
from eventide.tui.listing import Listing, Wanted, when
from eventide.tui.safe import safe
from eventide.tui.screens.gridkeys import GridKeys

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from eventide.tui.asker import Changed

_COLUMNS = (
    Column("name", "name", frozen=True), Column("project", "project"), Column("deleted", "in the bin since"),
    Column("duration", "took", right=True), Column("rows", "rows", right=True), Column("tags", "tags"), Column("notes", "note"),
)  # fmt: skip


class BinScreen(GridKeys):
    """Runs in the bin."""

    SCOPES: ClassVar[tuple[str, ...]] = ("table",)
    HINTS: ClassVar[tuple[str, ...]] = (
        "run.open|take out of the bin",
        "edit.undo|undo",
        "view.back|back",
    )

    def __init__(self, project: str | None) -> None:
        super().__init__()
        self._project = project
        self._found: Listing | None = None

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="head")
        yield Grid(id="main", empty="the bin is empty")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Ask for the runs."""
        self.show_hints()
        self.grid.focus()
        self.reload()

    def reload(self) -> None:
        """Ask anew."""
        self.ask(
            "bin",
            partial(
                listing.fetch, self.source, Wanted(project=self._project, deleted=True, archived=True, limit=10_000)
            ),
            self._came,
        )

    def changed(self, message: Changed) -> None:
        """Ask anew."""
        del message
        self.reload()

    def _came(self, found: Listing) -> None:
        self._found = found
        self.bar("head").show(
            [(" eventide ", "bold"), (f" bin: {found.total} {'run' if found.total == 1 else 'runs'}", "")]
        )
        self.grid.show(_COLUMNS, [run.id for run in found.runs], self._cell)

    def _cell(self, row: str, column: str) -> Cell:
        run = self._found.by_id.get(row) if self._found is not None else None
        if run is None:
            return "", ""
        if column == "deleted":
            return when(run.deleted or 0.0), "dim"
        if column == "name":
            return safe(run.name), ""
        return values.text(listing.value_of(run, column)) if column == "rows" else safe(
            listing.value_of(run, column)
        ), "dim"

    def do_run_open(self) -> None:
        """Take the run out of the bin."""
        run = self._found.by_id.get(self.grid.row) if self._found is not None else None
        if run is not None:
            self.ui.change(partial(edits.out_of_bin, [run]))

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Take the run out of the bin."""
        del event
        self.do_run_open()
