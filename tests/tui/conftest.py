"""A store with known runs, and a driver that presses keys and reads the screen as text."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from eventide.table.store import open_source
from eventide.testing import FakeClock, make_run
from eventide.tui.app import TerminalUI
from eventide.tui.place import Options

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from eventide.source import Source
    from eventide.tui.screens.runs import RunsScreen

HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x1b]0;owned\x07\x1b[2J\u202egpj.exe[bold]x[/bold]"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a store with six runs: losses, accuracies, NaN, a hostile name."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("EVENTIDE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    clock = FakeClock()
    frozen = SimpleNamespace(time=clock.time, localtime=time.localtime, strftime=time.strftime)
    monkeypatch.setattr("eventide.tui.listing.time", frozen)
    store = tmp_path / "store"
    for place in range(6):
        clock.advance(3600)
        rows = [
            {
                "train/loss": 2 / (step + 1) + place / 10,
                "val/acc": min(0.99, step / 60 + place / 50) if place != 3 else math.nan,
            }
            for step in range(50)
        ]
        make_run(
            store,
            f"20260101-00000{place}-quiet-stork-{place:08x}",
            rows,
            name=HOSTILE if place == 4 else f"run-{place}",
            config={"lr": 10.0**-place, "seed": place % 2, "model": {"name": "mlp", "width": 64}},
            tags=("paper",) if place == 1 else (),
            status="failed" if place == 3 else "finished",
            clock=clock,
        )
    return store


Drive = Callable[..., str]


def screen_text(app: TerminalUI) -> str:
    """Return what is on the screen, without styles, trailing blanks cut."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


async def settled(app: TerminalUI, pilot: Any) -> None:
    """Wait until nothing is asked and drawn any more."""
    quiet = 0
    for _ in range(200):
        await pilot.pause(0.02)
        asker = getattr(app.screen, "asker", None)
        quiet = 0 if asker is not None and asker.is_busy else quiet + 1
        if quiet >= 4:
            return


class Heard(TerminalUI):
    """The program, with what it says for a moment kept."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.said: list[str] = []

    def notify(self, message: str, **how: Any) -> None:
        """Keep a message, and show it."""
        self.said.append(message)
        super().notify(message, **how)


@dataclass(frozen=True)
class Hand:
    """Someone at the program: presses keys, clicks, looks."""

    app: Heard
    pilot: Pilot[None]

    async def settled(self) -> None:
        """Wait until nothing is asked and drawn any more."""
        await settled(self.app, self.pilot)

    async def press(self, *keys: str) -> None:
        """Press keys, waiting for the answer to each; `=text` is typed."""
        for key in keys:
            await self.pilot.press(*(list(key[1:]) if key.startswith("=") else [key]))
            await self.settled()

    @property
    def seen(self) -> str:
        """What is on the screen."""
        return screen_text(self.app)

    async def until(self, text: str) -> None:
        """Wait until a text is on the screen, or is said."""
        for _ in range(600):
            if text in self.seen or any(text in message for message in self.app.said):
                return
            await self.pilot.pause(0.05)
        raise AssertionError(f"{text} never came:\n{self.seen}\n{self.app.said}")

    @property
    def runs(self) -> RunsScreen:
        """The table of runs."""
        found = self.app.runs_screen
        assert found is not None
        return found


Visit = Callable[..., str]
Act = Callable[[Hand], Awaitable[None]]


@pytest.fixture
def visit(root: Path) -> Visit:
    """Return what starts the program, lets a function act on it, and gives the screen back."""

    def visited(
        act: Act,
        *,
        size: tuple[int, int] = (120, 40),
        run_id: str = "",
        place: str = "",
        source: Source | None = None,
        **options: Any,
    ) -> str:
        async def main() -> str:
            asked = source or open_source(root)
            try:
                app = Heard(asked, Options(**options), place=place or "~/project", run_id=run_id, dark=True)
                async with app.run_test(size=size) as pilot:
                    await settled(app, pilot)
                    await act(Hand(app, pilot))
                    return screen_text(app)
            finally:
                asked.close()

        coroutine: Coroutine[Any, Any, str] = main()
        return asyncio.run(coroutine)

    return visited


@pytest.fixture
def drive(visit: Visit) -> Drive:
    """Return what starts the program, presses keys, and gives the screen back."""

    def driven(*keys: str, check: Callable[[TerminalUI], Any] | None = None, **how: Any) -> str:
        async def act(hand: Hand) -> None:
            await hand.press(*keys)
            if check is not None:
                check(hand.app)

        return visit(act, **how)

    return driven
