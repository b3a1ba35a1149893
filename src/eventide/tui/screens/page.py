"""What all screens share: keys become actions, the top and the bottom line, questions in the background.

Invariant: a key that an action of this screen or of the program has is never typed into anything else, and the other way round: while a
field has the focus, letters belong to the field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.screen import Screen
from textual.widgets import Input

from eventide.tui.asker import Answer, Asker, Changed
from eventide.tui.lines import Bar

if TYPE_CHECKING:
    from textual import events

    from eventide.source import Source
    from eventide.tui.app import TerminalUI
    from eventide.tui.figure import Line


class Page(Screen[Any]):
    """A screen of the program."""

    SCOPES: ClassVar[tuple[str, ...]] = ()
    HINTS: ClassVar[tuple[str, ...]] = ()
    """Actions that the bottom line names."""
    TITLE = ""

    def __init__(self) -> None:
        super().__init__()
        self.asker: Asker | None = None
        self.hints = self.HINTS

    @property
    def ui(self) -> TerminalUI:
        """The program."""
        return self.app  # type: ignore[return-value]

    @property
    def source(self) -> Source:
        """Whose runs these are."""
        return self.ui.source

    def ask(self, place: str, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Ask the source in the background."""
        if self.asker is None:
            self.asker = Asker(self)
        self.asker.ask(place, work, then)

    def on_answer(self, answer: Answer) -> None:
        """Hand an answer on."""
        answer.stop()
        error = self.asker.deliver(answer) if self.asker is not None else None
        if error is not None:
            self.failed(answer.place, error)

    def failed(self, place: str, error: Exception) -> None:
        """Say that a question could not be answered."""
        del place
        self.ui.complain(error)

    def changed(self, message: Changed) -> None:
        """React to changes of the store; screens that show live data do."""

    def refresh_look(self) -> None:
        """Draw everything in the theme that now holds."""
        for widget in self.query("*"):
            widget.notify_style_update()
            widget.refresh()

    def on_unmount(self) -> None:
        """Ask nothing more."""
        if self.asker is not None:
            self.asker.close()

    def on_key(self, event: events.Key) -> None:
        """Do what the key means."""
        if self.is_typing and event.key not in ("escape", "ctrl+q"):
            return
        action = self.ui.keys.action(event.key, (*self.SCOPES, "everywhere"))
        if action is not None and self.act(action):
            event.stop()
            event.prevent_default()

    def act(self, action: str) -> bool:
        """Do an action by its id; tells whether this screen or the program knows it."""
        name = f"do_{action.replace('.', '_')}"
        method = getattr(self, name, None) or getattr(self.ui, name, None)
        if method is None:
            return False
        method()
        return True

    @property
    def is_typing(self) -> bool:
        """Whether a field has the focus."""
        return isinstance(self.focused, Input) or type(self.focused).__name__ == "TextArea"

    def show_hints(self) -> None:
        """Show in the bottom line what keys do here, help always."""
        line: Line = []
        for action in self.hints:
            key, _, word = action.partition("|")
            shown = self.ui.keys.first(key)
            if shown:
                line += [(f" {shown}", "accent"), (f" {word}  " if word else "", "dim")]
        helps = self.ui.keys.first("help.open")
        self.bar("keys").show(line, [(f" {helps}", "accent"), (" help ", "dim")] if helps else [])

    def on_bar_clicked(self, event: Bar.Clicked) -> None:
        """Do what a clicked key of the bottom line does."""
        if event.bar.id == "keys":
            for action in self.hints:
                key, _, word = action.partition("|")
                if event.text in (self.ui.keys.first(key), word):
                    self.act(key)
                    return

    def do_view_back(self) -> None:
        """Go back."""
        self.ui.back()

    def do_view_up(self) -> None:
        """Leave the field, or go back."""
        if self.is_typing:
            self.set_focus(None)
        else:
            self.ui.back()

    def do_pane_next(self) -> None:
        """Go to the next pane."""
        self.focus_next()

    def do_pane_previous(self) -> None:
        """Go to the pane before."""
        self.focus_previous()

    def bar(self, name: str) -> Bar:
        """Return one of the lines."""
        return self.query_one(f"#{name}", Bar)
