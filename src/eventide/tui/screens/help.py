"""The keys, as the shared table has them, those of the screen below first.

Invariant: what is shown is what is pressed: remapped keys are shown remapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from eventide.keymap import SCOPES
from eventide.tui.commands import COMMANDS
from eventide.tui.lines import Bar
from eventide.tui.safe import fit
from eventide.tui.screens.gridkeys import GridKeys
from eventide.tui.textpane import TextPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from eventide.tui.figure import Line

_KEY, _TEXT = 14, 44


class HelpScreen(GridKeys):
    """All keys and commands."""

    SCOPES: ClassVar[tuple[str, ...]] = ("table",)
    HINTS: ClassVar[tuple[str, ...]] = ("row.next|", "row.previous|scroll", "view.back|back")

    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__()
        self._scopes = scopes

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="head")
        yield TextPane(id="main")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Show the keys."""
        self.bar("head").show([(" eventide ", "bold"), (" keys and commands", "")])
        self.show_hints()
        self.query_one(TextPane).focus()
        self._fill()

    def on_resize(self) -> None:
        """Fit the columns."""
        self._fill()

    def do_help_open(self) -> None:
        """Back: these are the keys already."""
        self.ui.back()

    def _fill(self) -> None:
        columns = max(1, (self.size.width - 2) // (_KEY + _TEXT))
        wide = max(_TEXT, (self.size.width - 2) // columns - _KEY)
        lines: list[Line] = []
        here = [SCOPES[scope] for scope in self._scopes if scope in SCOPES]
        listed = sorted(self.ui.keys.listed(), key=lambda part: part[0] not in here)
        for heading, actions in listed:
            cells: list[Line] = [
                [(fit(self.ui.keys.of(action.id), _KEY), "accent"), (fit(action.text, wide), "")]
                for action in actions
                if self.ui.keys.of(action.id)
            ]
            lines += [[(heading, "bold")], *_in_columns(cells, columns), []]
        cells = [
            [(fit(f":{name} {hint}".rstrip(), 24), "accent"), (fit(text, _KEY + wide - 24), "")]
            for name, hint, text in COMMANDS
        ]
        lines += [[("Commands", "bold")], *_in_columns(cells, columns)]
        self.query_one(TextPane).show_lines(lines)


def _in_columns(cells: list[Line], columns: int) -> list[Line]:
    rows = -(-len(cells) // columns)
    return [
        [piece for column in range(columns) if row + column * rows < len(cells) for piece in cells[row + column * rows]]
        for row in range(rows)
    ]
