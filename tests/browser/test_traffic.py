"""What the page asks for while it is open: nothing when nobody looks or nothing changes, and on by itself after any break."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from tests.browser.between import Between
from tests.browser.conftest import Server, opened

import eventide

QUIET: dict[str, Any] = {"capture": "none", "system_interval_s": 0, "console": "off", "snapshot": False}
WAITS = {"timeout": 20_000}

# A tab in the background, as the browser tells a page of it.
_LOOKED_AT = """(looked) => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => !looked });
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (looked ? 'visible' : 'hidden') });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
# When signs of a lost server came and went, in milliseconds.
_SIGNS = """
window.signs = { lost: 0, banner: 0 };
new MutationObserver(() => {
  if (!signs.lost && document.querySelector('.live.lost')) signs.lost = performance.now();
  if (!signs.banner && document.querySelector('.lost-banner')) signs.banner = performance.now();
}).observe(document, { childList: true, subtree: true });
"""


class Traffic:
    """Everything a page asks for, and the streams it opens."""

    def __init__(self, page: Any) -> None:
        """Begin to listen."""
        self.asked: list[str] = []
        self.streams: list[str] = []
        self.open = 0
        page.on("request", lambda one: self.asked.append(urlsplit(one.url).path))
        page.on("websocket", self._stream)

    def _stream(self, one: Any) -> None:
        self.streams.append(one.url)
        self.open += 1
        one.on("close", self._closed)

    def _closed(self, _: Any) -> None:
        self.open -= 1


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """Return a server of a store of a project `done` with one finished run."""
    made = Server(tmp_path / "store", tmp_path / "own-cache")
    with eventide.init(project="done", name="over", dir=made.store, **QUIET) as run:
        for step in range(5):
            run.log({"val/acc": step / 5}, step=step)
    with made:
        yield made


@pytest.fixture
def live(browser: Any, own: Server) -> Iterator[Any]:
    """Return a page at that server."""
    yield from opened(browser, own)


@pytest.fixture
def busy(own: Server) -> Iterator[eventide.Run]:
    """Return a run of the project `busy` that goes on."""
    with eventide.init(project="busy", name="going", dir=own.store, **QUIET) as run:
        run.log({"val/acc": 0.1}, step=0)
        yield run


def _ready(page: Any, project: str) -> None:
    page.goto(f"/p/{project}")
    page.locator(".row.run").first.wait_for()
    page.locator(".plot canvas").first.wait_for()
    expect(page.locator(".live")).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_a_hidden_tab_asks_for_nothing_and_goes_on_where_it_was(
    browser: Any, live: Any, own: Server, busy: eventide.Run
) -> None:
    """In the background the stream is closed and nothing is asked; back in front, what was missed comes from the cursor on."""
    traffic = Traffic(live)
    _ready(live, "busy")
    live.evaluate("window.stayed = true")
    busy.log({"val/acc": 0.15}, step=1)  # what it makes the page ask in some seconds waits, too
    expect(live.locator(".row .table-cell.num").first).to_contain_text("0.15", **WAITS)
    expect(live.locator(".plot").first).to_have_attribute("aria-label", re.compile(r"best 0\.15"), **WAITS)

    live.evaluate(_LOOKED_AT, arg=False)
    expect(live.locator(".live")).to_have_count(0)
    before = len(traffic.asked)
    for other in opened(browser, own):  # what somebody else sees meanwhile
        other.goto("/p/busy")
        for step in range(2, 6):
            busy.log({"val/acc": step / 10}, step=step)
            expect(other.locator(".row .table-cell.num").first).to_contain_text(f"0.{step}", **WAITS)
    assert traffic.open == 0
    assert traffic.asked[before:] == []
    expect(live.locator(".row .table-cell.num").first).to_contain_text("0.15")

    live.evaluate(_LOOKED_AT, arg=True)

    expect(live.locator(".row .table-cell.num").first).to_contain_text("0.5", **WAITS)
    expect(live.locator(".plot").first).to_have_attribute("aria-label", re.compile(r"best 0\.5"), **WAITS)
    assert parse_qs(urlsplit(traffic.streams[-1]).query)["cursor"]
    assert live.evaluate("window.stayed") is True


def test_a_finished_project_asks_for_nothing_while_another_goes_on(
    browser: Any, live: Any, own: Server, busy: eventide.Run
) -> None:
    """The page of a project in which nothing happens asks for nothing, however much another project logs."""
    for other in opened(browser, own):
        _ready(other, "busy")
        busy.log({"val/acc": 0.2}, step=1)
        expect(other.locator(".row .table-cell.num").first).to_contain_text("0.2", **WAITS)
        traffic = Traffic(live)
        _ready(live, "done")
        busy.log({"val/acc": 0.3}, step=2)  # its run is running: the bar learns that once
        expect(other.locator(".row .table-cell.num").first).to_contain_text("0.3", **WAITS)
        live.wait_for_load_state("networkidle")
        with live.expect_request("**/api/projects", **WAITS):
            pass
        before = len(traffic.asked)

        for step in range(3, 7):
            busy.log({"val/acc": step / 10 + 0.1}, step=step)
            expect(other.locator(".row .table-cell.num").first).to_contain_text(f"0.{step + 1}", **WAITS)

        assert traffic.asked[before:] == []
        assert len(traffic.streams) == 1


def test_where_no_websocket_passes_the_page_polls(browser: Any, own: Server, busy: eventide.Run) -> None:
    """Behind a proxy that refuses WebSockets changes still appear by themselves, and only the changes are polled."""
    between = Between(own.port, sockets=False)
    for page in opened(browser, own, base_url=between.url):
        traffic = Traffic(page)
        _ready(page, "busy")
        expect(page.locator(".live")).to_have_attribute("title", re.compile("every two seconds"), **WAITS)
        before = len(traffic.asked)
        for _ in range(2):
            with page.expect_response("**/api/changes*", **WAITS):
                pass
        assert set(traffic.asked[before:]) == {"/api/changes"}

        busy.log({"val/acc": 0.7}, step=1)

        expect(page.locator(".row .table-cell.num").first).to_contain_text("0.7", **WAITS)
        expect(page.locator(".plot").first).to_have_attribute("aria-label", re.compile(r"best 0\.7"), **WAITS)
    between.close()


def test_the_banner_waits_five_seconds(live: Any, own: Server) -> None:
    """The bar says at once of when the data is; the banner comes only after five seconds, and both go when the server is back."""
    live.add_init_script(_SIGNS)
    _ready(live, "done")

    own.stop()
    expect(live.locator(".lost-banner")).to_be_visible(**WAITS)
    signs = live.evaluate("signs")
    own.start()

    assert 4500 <= signs["banner"] - signs["lost"] <= 10_000
    expect(live.locator(".lost-banner")).to_have_count(0, **WAITS)
    expect(live.locator(".live.lost")).to_have_count(0, **WAITS)
    expect(live.locator(".row.run")).to_have_count(1)


def test_a_short_break_passes_without_a_banner(browser: Any, own: Server, busy: eventide.Run) -> None:
    """A line that is cut and soon mended costs nothing that was shown, and what was logged meanwhile appears."""
    between = Between(own.port)
    for page in opened(browser, own, base_url=between.url):
        page.add_init_script(_SIGNS)
        traffic = Traffic(page)
        _ready(page, "busy")

        between.cut()
        busy.log({"val/acc": 0.6}, step=1)
        assert between.turned_away()
        between.mend()

        expect(page.locator(".row .table-cell.num").first).to_contain_text("0.6", **WAITS)
        expect(page.locator(".live.lost")).to_have_count(0, **WAITS)
        assert page.evaluate("signs.banner") == 0
        assert parse_qs(urlsplit(traffic.streams[-1]).query)["cursor"]
    between.close()
