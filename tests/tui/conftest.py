"""A store with known runs, and a driver that presses keys and reads the screen as text."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from eventide.table.store import open_source
from eventide.testing import FakeClock, make_run
from eventide.tui.app import TerminalUI
from eventide.tui.place import Options

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


@pytest.fixture
def drive(root: Path) -> Drive:
    """Return what starts the program, presses keys, and gives the screen back."""
    import asyncio

    def driven(
        *keys: str,
        size: tuple[int, int] = (120, 40),
        run_id: str = "",
        check: Callable[[TerminalUI], Any] | None = None,
        **options: Any,
    ) -> str:
        async def main() -> str:
            source = open_source(root)
            try:
                app = TerminalUI(source, Options(**options), place="~/project", run_id=run_id, dark=True)
                async with app.run_test(size=size) as pilot:
                    await settled(app, pilot)
                    for key in keys:
                        await pilot.press(*(list(key[1:]) if key.startswith("=") else [key]))
                        await settled(app, pilot)
                    if check is not None:
                        check(app)
                    return screen_text(app)
            finally:
                source.close()

        coroutine: Coroutine[Any, Any, str] = main()
        return asyncio.run(coroutine)

    return driven
