"""The filter line: what is typed is tried at once, with completion, and a mistake keeps the last good answer.

Invariant: leaving the line without enter restores the filter that was there before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.highlighter import Highlighter
from rich.segment import Segment
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from eventide.tui.safe import fit, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text
    from textual import events
    from textual.app import ComposeResult

    from eventide.table.suggest import Suggestion, Suggestions
    from eventide.tui.look import Look

MOST_SHOWN = 8


class _Mistake(Highlighter):
    """Underlines the place where a filter stops making sense."""

    position: int | None = None

    def highlight(self, text: Text) -> None:
        """Style a text in place."""
        if self.position is not None:
            start = min(self.position, max(0, len(text) - 1))
            text.stylize("underline bold red", start, max(len(text), start + 1))


class Field(Input):
    """One line to type in that hands the keys of lists to whoever shows one."""

    class Listed(Message):
        """A key that belongs to the list below: `up`, `down` or `tab`."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002
        highlighter: Highlighter | None = None,
    ) -> None:
        super().__init__(
            value, placeholder=placeholder, id=id, highlighter=highlighter, compact=True, select_on_focus=False
        )
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        if event.key in ("up", "down", "tab"):
            event.stop()
            event.prevent_default()
            self.post_message(self.Listed(event.key))
            return
        await super()._on_key(event)


_LEAST_DETAIL = 8


class Choices(Widget):
    """The list below a field."""

    DEFAULT_CSS: ClassVar[str] = "Choices { height: auto; max-height: 8; width: 1fr; display: none; }"

    class Picked(Message):
        """A line was clicked."""

        def __init__(self, choices: Choices, place: int) -> None:
            super().__init__()
            self.choices = choices
            self.place = place

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        most: int = MOST_SHOWN,
        indent: int = 1,
        examples: bool = False,
    ) -> None:
        super().__init__(id=id)
        self.items: list[tuple[str, str, str]] = []
        self.current = 0
        self._most = most
        self._indent = indent
        self._examples = examples
        """Whether the kind is an example of what may follow the text, and stands there."""

    def show(self, items: Sequence[tuple[str, str, str]], *, current: int = 0) -> None:
        """Show (text, kind, detail) lines; none hides the list."""
        self.items = list(items)
        self.current = max(0, min(current, len(self.items) - 1))
        self.styles.height = min(self._most, len(self.items)) or 1
        self.styles.max_height = self._most
        self.display = bool(self.items)
        self.refresh()

    def move(self, by: int) -> None:
        """Choose another line."""
        if self.items:
            self.current = (self.current + by) % len(self.items)
            self.refresh()

    def get_content_height(self, *_: object) -> int:
        """Return how many lines are shown."""
        return min(self._most, len(self.items))

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        look: Look = self.app.look  # type: ignore[attr-defined]
        first = max(0, min(self.current - self._most + 1 + (self._most > 2), len(self.items) - self._most))
        place = first + y
        ground = "cursor" if place == self.current else "panel"
        width = self.size.width
        if place >= len(self.items):
            return Strip.blank(width, look.style("", "panel"))
        text, kind, detail = self.items[place]
        right = f"{safe(detail)} " if self._examples else f"{safe(detail)} {safe(kind)} "
        left = " " * self._indent + safe(text)
        spare = width - cell_len(left) - 2
        right = right if cell_len(right) <= spare else fit(right, spare) if spare >= _LEAST_DETAIL else ""
        room = max(1, width - cell_len(right))
        pieces = [(fit(left, min(room, cell_len(left))), "")]
        pieces.append((fit(f"  {safe(kind)}" if self._examples else "", room - cell_len(pieces[0][0])), "accent"))
        pieces.append((right, "dim"))
        return Strip([Segment(part, look.style(role, ground)) for part, role in pieces if part]).adjust_cell_length(
            width
        )

    def on_click(self, event: events.Click) -> None:
        """Pick a line."""
        event.stop()
        first = max(0, min(self.current - self._most + 1 + (self._most > 2), len(self.items) - self._most))
        if first + event.y < len(self.items):
            self.post_message(self.Picked(self, first + event.y))


class FilterLine(Vertical):
    """The field with its completion."""

    DEFAULT_CSS: ClassVar[str] = "FilterLine { height: auto; width: 1fr; }"

    class Typed(Message):
        """Another text stands there."""

        def __init__(self, text: str, cursor: int) -> None:
            super().__init__()
            self.text = text
            self.cursor = cursor

    class Left(Message):
        """The line was left; `text` is the filter that holds now."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, text: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._mistake = _Mistake()
        self._kept = text
        self._found: Suggestions | None = None
        self._chose = False

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Field(
            self._kept,
            placeholder="/ filter: lr<1e-3 best(val/acc)>0.9 tag:paper started>2d",
            id="filter",
            highlighter=self._mistake,
        )
        yield Choices(id="completions")

    @property
    def field(self) -> Field:
        """Where is typed."""
        return self.query_one("#filter", Field)

    @property
    def _choices(self) -> Choices:
        return self.query_one("#completions", Choices)

    @property
    def text(self) -> str:
        """What stands there."""
        return self.field.value

    def set_text(self, text: str) -> None:
        """Put another filter there, as if it had been typed and kept."""
        self._kept = text
        self.field.value = text

    def refuse(self, position: int | None) -> None:
        """Underline from a place on; None: nothing is wrong."""
        if self._mistake.position != position:
            self._mistake.position = position
            self.field.refresh()

    def suggest(self, found: Suggestions) -> None:
        """Offer continuations."""
        if not self.field.has_focus:
            return
        self._found = found
        self._chose = False
        self._choices.show([(item.text, item.kind, _count(item)) for item in found.items])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Try what is typed."""
        event.stop()
        self.post_message(self.Typed(event.value, self.field.cursor_position))

    def on_field_listed(self, event: Field.Listed) -> None:
        """Walk through the list, or take its current line."""
        event.stop()
        if event.key == "tab":
            self._accept()
        elif self._choices.items:
            self._choices.move(1 if event.key == "down" else -1)
            self._chose = True

    def on_choices_picked(self, event: Choices.Picked) -> None:
        """Take a line."""
        event.stop()
        self._choices.current = event.place
        self._accept()

    def _accept(self) -> None:
        if not self._choices.items or self._found is None:
            self.leave(keep=True)
            return
        text = self._found.items[self._choices.current].text
        value = self.field.value
        at = min(self._found.end, len(value))
        self.field.value = value[: self._found.start] + text + value[at:]
        self.field.cursor_position = self._found.start + len(text)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter, or take the line that was walked to."""
        event.stop()
        if self._chose:
            self._accept()
        else:
            self.leave(keep=True)

    def leave(self, *, keep: bool) -> None:
        """Leave the line with what is typed, or with what was there before."""
        if keep:
            self._kept = self.field.value
        else:
            self.field.value = self._kept
        self._choices.show([])
        self.post_message(self.Left(self._kept))

    def on_descendant_blur(self) -> None:
        """Hide the list when something else is done."""
        self._choices.show([])


def _count(item: Suggestion) -> str:
    return item.detail if item.runs is None else f"{item.runs}"
