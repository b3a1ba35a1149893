"""What happens while the page is open: runs log, change, go to the bin, and the server is started again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Server, Walk, opened

import eventide

QUIET: dict[str, Any] = {"capture": "none", "system_interval_s": 0, "console": "off", "snapshot": False}
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\"'`{{7*7}}${7*7}",
    "\u202egnp.exe",
    "a" * 120,
)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """Return a server of an empty store that the test may change."""
    made = Server(tmp_path / "store", tmp_path / "own-cache")
    eventide.init(project="seed", dir=made.store, **QUIET).finish()
    with made:
        yield made


@pytest.fixture
def live(browser: Any, own: Server) -> Iterator[Any]:
    """Return a page at that server."""
    yield from opened(browser, own)


def finished(store: Path, name: str, **options: Any) -> str:
    """Log a short run, and return its id."""
    run = eventide.init(project="demo", name=name, dir=store, **{**QUIET, **options})
    for step in range(20):
        run.log({"val/acc": step / 20}, step=step)
    run.finish()
    return run.id


def test_the_first_run_appears_by_itself(live: Any, own: Server) -> None:
    """A page that waits for the first run turns into the run when it appears."""
    live.goto("/p/demo")
    expect(live.locator("text=waiting for the first run")).to_be_visible()

    finished(own.store, "first")

    expect(live.locator(".row.run")).to_have_count(1, timeout=5000)
    expect(live.locator(".chart canvas")).to_be_visible()


def test_a_run_is_watched_without_an_action(live: Any, own: Server) -> None:
    """While a script logs, its row and its curve go on; without a click, without a reload."""
    run = eventide.init(project="demo", name="watched", dir=own.store, **QUIET)
    run.log({"val/acc": 0.1}, step=0)
    live.goto("/p/demo")
    live.locator(".row.run").wait_for()
    live.evaluate("window.stayed = true")

    for step in range(1, 8):
        run.log({"val/acc": 0.1 + step / 10}, step=step)
        time.sleep(0.1)
    expect(live.locator(".row .table-cell.num").first).to_contain_text("0.8", timeout=2000)
    expect(live.locator(".live")).to_contain_text("1 live", timeout=5000)
    expect(live.locator(".plot").first).to_have_attribute(
        "aria-label", re.compile(r"best 0\.8 watched at 7"), timeout=3000
    )
    run.finish()

    expect(live.locator(".status-dot.finished")).to_be_visible(timeout=3000)
    assert live.evaluate("window.stayed") is True


def test_deleting_takes_two_actions_and_is_undone_by_one(live: Any, own: Server) -> None:
    """A run goes to the bin without a question, and comes back with the undo of the toast."""
    finished(own.store, "kept")
    finished(own.store, "gone")
    live.goto("/p/demo")
    live.locator(".row.run").nth(1).wait_for()
    live.keyboard.press("j")
    walk = Walk(live)

    walk.press(".")
    live.locator("[role=menu]").wait_for()
    walk.click("[role=menuitem]:has-text('Move to the bin')")
    expect(live.locator(".row.run")).to_have_count(1)
    assert walk.actions <= 2
    live.locator(".toast >> text=Undo").click()

    expect(live.locator(".row.run")).to_have_count(2)


def test_name_note_and_tags_are_edited_in_place(live: Any, own: Server) -> None:
    """A double click edits; Enter keeps, Escape does not; the change is in the store."""
    finished(own.store, "old name")
    live.goto("/p/demo")
    live.locator(".row.run").click(button="right")
    live.locator("[role=menuitem]:has-text('Rename')").click()
    live.locator(".cell-editor").fill("new name")
    live.keyboard.press("Enter")

    expect(live.locator(".run-name")).to_have_text("new name")
    assert eventide.open(own.store).runs("", project="demo")["name"].tolist() == ["new name"]


def test_what_was_logged_is_text_and_nothing_else(live: Any, own: Server) -> None:
    """Names, tags, notes, parameters, keys and errors that look like HTML are shown as they are; nothing of them runs."""
    for place, text in enumerate(HOSTILE):
        run = eventide.init(
            project="demo",
            name="".join(letter for letter in text if letter.isprintable() and letter not in "/\\"),
            notes=text,
            tags=[f"t{place}"],
            config={"text": text, "n": place},
            dir=own.store,
            **QUIET,
        )
        run.log({"val/acc": 0.5, f"x/{text}": 1.0}, step=1)
        run.finish("failed", error=f"ValueError: {text}")
    live.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    live.goto("/p/demo")
    live.locator(".row.run").nth(len(HOSTILE) - 1).wait_for()
    live.wait_for_timeout(500)

    shown = live.locator("#app").inner_text()
    for text in HOSTILE[:3]:
        assert text in shown  # the reason, in the name's cell
    assert live.locator("#app img").count() == 0


def test_a_server_started_again_is_found_again(live: Any, own: Server) -> None:
    """While the server is gone the last data stays and the page says of when it is; afterwards it goes on by itself."""
    finished(own.store, "before")
    live.goto("/p/demo")
    live.locator(".row.run").wait_for()

    own.stop()
    expect(live.locator(".live.lost")).to_contain_text("as of", timeout=5000)
    expect(live.locator(".row.run")).to_have_count(1)
    own.start()
    finished(own.store, "after")

    expect(live.locator(".row.run")).to_have_count(2, timeout=15_000)
    expect(live.locator(".live.lost")).to_have_count(0)
