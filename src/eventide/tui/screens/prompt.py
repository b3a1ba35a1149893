"""A line to type in over the screen, with a list to choose from: questions, menus, the command palette.

Invariant: escape changes nothing; what is chosen or typed is handed back whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.screen import ModalScreen

from eventide.tui.filterline import Choices, Field
from eventide.tui.lines import Bar
from eventide.tui.safe import safe

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.widgets import Input

Item = tuple[str, str, str]
"""Text, kind, detail."""
Items = Callable[[str], Sequence[Item]]


class Prompt(ModalScreen[str | None]):
    """A question with an answer in one line."""

    CSS: ClassVar[str] = """
    Prompt { align: center top; background: $background 50%; }
    #prompt { width: 76; max-width: 96%; height: auto; margin-top: 3; background: $panel; border: round $primary; padding: 0 1; }
    #prompt Input { background: $panel; }
    """

    def __init__(
        self,
        title: str,
        *,
        value: str = "",
        items: Items | None = None,
        free: bool = True,
        goes_on: Callable[[str], bool] | None = None,
        examples: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._value = value
        self._items = items
        self._free = free
        self._goes_on = goes_on
        self._examples = examples
        self._walked = False

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(id="prompt"):
            yield Bar(id="question", ground="panel")
            yield Field(self._value, id="answer")
            yield Choices(id="items", most=14, indent=0, examples=self._examples)

    def on_mount(self) -> None:
        """Ask."""
        self.query_one("#question", Bar).show([(safe(self._title), "bold")], [("enter · esc", "dim")])
        self.query_one(Field).focus()
        self._offer(self._value)

    def _offer(self, text: str) -> None:
        self._walked = False
        self.query_one(Choices).show(self._items(text) if self._items is not None else [])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what fits."""
        event.stop()
        self._offer(event.value)

    def on_field_listed(self, event: Field.Listed) -> None:
        """Walk through the list, or take its current line into the field."""
        choices = self.query_one(Choices)
        if event.key == "tab":
            if choices.items:
                self._put(choices.items[choices.current][0])
            return
        choices.move(1 if event.key == "down" else -1)
        self._walked = True

    def on_choices_picked(self, event: Choices.Picked) -> None:
        """Take a line."""
        self._done(event.choices.items[event.place][0])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand back what was chosen or typed."""
        event.stop()
        choices = self.query_one(Choices)
        if choices.items and (self._walked or not self._free):
            self._done(choices.items[choices.current][0])
        elif self._free:
            self._done(event.value)

    def _done(self, text: str) -> None:
        if self._goes_on is not None and self._goes_on(text):
            self._put(text)
        else:
            self.dismiss(text)

    def _put(self, text: str) -> None:
        field = self.query_one(Field)
        field.value = text if self._goes_on is None or not self._goes_on(text) else f"{text.strip()} "
        field.cursor_position = len(field.value)

    def on_key(self, event: events.Key) -> None:
        """Leave with escape."""
        if event.key in ("escape", "ctrl+c"):
            event.stop()
            event.prevent_default()
            self.dismiss(None)


def matching(items: Sequence[Item]) -> Items:
    """Return what offers those items that hold all typed words, those that begin so first."""

    def offer(text: str) -> Sequence[Item]:
        words = text.lower().split()
        found = [item for item in items if all(word in " ".join(item).lower() for word in words)]
        return sorted(found, key=lambda item: not item[0].lower().startswith(text.lower())) if text else found

    return offer
