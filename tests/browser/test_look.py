"""How the page looks and is used: both themes, small windows, keys alone, readers, no motion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks import ux_store
from playwright.sync_api import expect
from tests.browser.conftest import ROOT, Server, opened

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
HOME = f"/p/{ux_store.PROJECT}"
VIEWS = ("/?all", HOME, f"{HOME}?g=-seed", f"{HOME}?n=all&c=train/loss&sm=.6", "/nothing/here")


@pytest.fixture(params=["light", "dark"])
def themed(browser: Any, server: Server, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return a page in either theme of the system."""
    yield from opened(browser, server, color_scheme=request.param)


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core: npm ci in web/")
@pytest.mark.parametrize("address", VIEWS)
def test_readers_find_nothing_wrong(themed: Any, address: str) -> None:
    """Axe finds no violation of weight in either theme."""
    themed.goto(address)
    themed.wait_for_timeout(700)
    themed.evaluate(AXE.read_text(encoding="utf-8"))

    found = themed.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]

    assert [one for one in found if one["impact"] in ("serious", "critical")] == []


def test_the_theme_follows_the_system_and_can_be_chosen(themed: Any) -> None:
    """The system's theme is used until another is chosen, by key or in the address."""
    themed.goto(HOME)
    themed.locator(".chart canvas").first.wait_for()
    before = themed.locator("html").get_attribute("data-theme")
    other = "light" if before == "dark" else "dark"

    themed.keyboard.press("Shift+T")

    expect(themed.locator("html")).to_have_attribute("data-theme", other)
    themed.goto(f"{HOME}?theme={before}")
    expect(themed.locator("html")).to_have_attribute("data-theme", before)


@pytest.mark.parametrize("width", [320, 620, 880, 2560])
def test_every_width_works(browser: Any, server: Server, width: int) -> None:
    """From 320 px on nothing but the table scrolls sideways; below 900 px table and charts are tabs."""
    for page in opened(browser, server, viewport={"width": width, "height": 800}):
        page.goto(HOME)
        page.locator(".row.run").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width < 900:
            page.locator("[role=tab]:has-text('Charts')").click()
        expect(page.locator(".chart canvas").first).to_be_visible()


def test_only_what_is_in_view_exists(page: Any) -> None:
    """The page of fifty runs has a small document, and charts far below ask for nothing."""
    page.goto(HOME)
    page.locator(".chart canvas").first.wait_for()

    assert page.locator("#app *").count() <= 5000


def test_the_grid_is_walked_by_keys(page: Any) -> None:
    """j, k, x, p and h do what help says, and the row of the cursor is announced."""
    page.goto(HOME)
    page.locator(".row.run").first.wait_for()

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[role=grid]")).to_have_attribute("aria-activedescendant", "row-1")
    expect(page.locator("#row-1")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("p")
    expect(page.locator(".row.pinned")).to_have_count(1)
    page.keyboard.press("p")
    page.keyboard.press("a")
    expect(page.locator(".shown-line")).to_contain_text("all 50")
    page.keyboard.press("a")
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("Filter runs")


def test_a_chart_is_read_by_arrow_keys_and_as_a_table(page: Any) -> None:
    """A focused chart says its values at the crosshair, and shows them as a table."""
    page.goto(f"{HOME}?c=val/acc&sel=")
    chart = page.locator(".plot")
    chart.wait_for()

    chart.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[aria-live=polite].hidden-text")).to_contain_text("mixer")
    page.keyboard.press("Escape")
    page.locator("[aria-label^='Actions on']").first.click()
    page.locator("[role=menuitem]:has-text('Show as table')").click()
    expect(page.locator("[role=table] [role=columnheader]").first).to_have_text("step")


def test_the_first_load_is_light(page: Any) -> None:
    """Opening the workspace loads at most 60 KB of script and 10 KB of style, gzipped, and nothing else of weight."""
    weight = json.loads((ROOT / "src/eventide/server/static/build.json").read_text(encoding="utf-8"))
    asked: list[str] = []
    page.on("response", lambda answer: asked.append(Path(answer.url).name) if "/static/" in answer.url else None)

    page.goto(HOME)
    page.locator(".chart canvas").first.wait_for()
    page.wait_for_timeout(300)

    assert weight["gzip_bytes"]["js"] <= 60 * 1024
    assert weight["gzip_bytes"]["css"] <= 10 * 1024
    assert {name for name in asked if name.endswith(".js")} <= set(weight["first_load"])
