"""The card of one run, at the right of a wide screen.

Invariant: pure text from a RunInfo; nothing is asked.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from eventide.table import values
from eventide.tui.listing import STATES, when
from eventide.tui.safe import fit, safe

if TYPE_CHECKING:
    from eventide.model import RunInfo
    from eventide.tui.figure import Line
    from eventide.tui.look import Look


class Details(Widget):
    """A run in one column."""

    DEFAULT_CSS: ClassVar[str] = "Details { height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._run: RunInfo | None = None
        self._lines: list[Line] = []

    def show(self, run: RunInfo | None) -> None:
        """Show a run."""
        if run != self._run:
            self._run = run
            self._lines = []
            self.refresh()

    def on_resize(self) -> None:
        """Break lines anew."""
        self._lines = []

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        look: Look = self.app.look  # type: ignore[attr-defined]
        if not self._lines and self._run is not None:
            self._lines = card(self._run, self.size.width)
        line = self._lines[y] if y < len(self._lines) else []
        return Strip([Segment(text, look.style(role)) for text, role in line]).adjust_cell_length(
            self.size.width, look.style("")
        )


def card(run: RunInfo, width: int) -> list[Line]:
    """Return a run as lines of pieces."""
    mark, _, role = STATES[run.status]
    lines: list[Line] = [[(fit(safe(run.name), width), "bold")], [(f"{mark} {run.status.value}", role)]]
    lines += [_pair("started", when(run.started), width), _pair("took", values.duration(run.duration_s), width)]
    lines += [
        _pair(name, safe(value), width)
        for name, value in (("project", run.project), ("group", run.group), ("host", run.host))
        if value
    ]
    if run.tags:
        lines.append([(fit("tags", 9), "dim"), (fit(safe(" ".join(run.tags)), width - 9), "accent")])
    if run.error:
        lines += [
            [],
            *([(part, "error")] for part in textwrap.wrap(safe(run.error.strip().rsplit("\n", 1)[-1]), max(8, width))),
        ]
    if run.notes:
        lines += [
            [],
            *([(part, "")] for text in run.notes.splitlines()[:8] for part in textwrap.wrap(safe(text), max(8, width))),
        ]
    for title, pairs in (("config", run.params), ("metrics", {key: stats.best for key, stats in run.metrics.items()})):
        if pairs:
            lines += [[], [(title if title == "config" else "metrics, best", "dim")]]
            lines += [_wide(safe(name), safe(value), width) for name, value in pairs.items()]
    return lines


def _pair(name: str, value: str, width: int) -> Line:
    return [(fit(name, 9), "dim"), (fit(value, max(0, width - 9)), "")]


def _wide(name: str, value: str, width: int) -> Line:
    """Return a name and a value at both ends of a line."""
    room = max(4, width - min(len(value), width // 2) - 2)
    return [(fit(f" {name}", room), "dim"), (fit(value, max(0, width - room), right=True), "")]
