"""The pages beside the workspace: hostile texts, readers, keys alone, no other host."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from tests.browser import rich_store
from tests.browser.conftest import ROOT, Server, opened

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
HOME = f"/p/{rich_store.PROJECT}"
TABS = ("", "metrics", "console", "config", "config?as=diff", "code", "code?show=files", "media", "artifacts", "raw")
OTHERS = (
    *(f"{HOME}/plots?plot={plot}" for plot in ("scatter", "parallel", "bars", "boxes", "steps", "importance")),
    f"{HOME}/media",
    f"{HOME}/media?by=steps",
    f"{HOME}/media?swipe=1",
    f"{HOME}/artifacts",
    f"/a/model/v1?project={rich_store.PROJECT}",
    f"/a/model/v1?project={rich_store.PROJECT}&tab=lineage",
    f"/a/model/v1?project={rich_store.PROJECT}&tab=diff",
    f"{HOME}/compare",
    *(f"{HOME}/compare?view={view}" for view in ("metrics", "curves", "code", "environment", "console")),
    "/sql?q=select+name+from+runs",
    "/sql?q=select+name,rows+from+runs&as=chart",
    "/bin",
    "/settings",
    "/help",
)


def _runs(server: Server, project: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{server.url}/api/runs?project={project}&keys=-", timeout=20) as answer:  # noqa: S310 - our own address
        found: list[dict[str, Any]] = json.load(answer)["runs"]
    return found


@pytest.fixture(params=["light", "dark"])
def themed(browser: Any, rich: Server, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return a page at the rich store, in either theme; the policy would stop axe."""
    yield from opened(browser, rich, color_scheme=request.param, bypass_csp=True)


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core: npm ci in web/")
def test_readers_find_nothing_wrong_on_any_page(themed: Any, rich: Server) -> None:
    """Axe finds no violation of weight on any page, in either theme, and no page asks another host."""
    run = next(run["id"] for run in _runs(rich, rich_store.PROJECT) if run["name"] == "run-1")
    axe = AXE.read_text(encoding="utf-8")
    wrong = []
    for address in (*(f"/r/{run}/{tab}" for tab in TABS), *OTHERS):
        themed.goto(address)
        themed.wait_for_timeout(500)
        themed.evaluate(axe)
        found = themed.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        wrong += [
            (address, one["id"], one["nodes"][0]["html"][:200])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    assert wrong == []


def test_hostile_texts_stay_texts_everywhere(browser: Any, rich: Server) -> None:
    """Whatever a run is called, configured, tagged or printed: nothing of it runs, and no page breaks or grows sideways."""
    for page in opened(browser, rich):
        runs = _runs(rich, "hostile")
        many = len(rich_store.HOSTILE)
        assert len(runs) == many
        addresses = [
            f"/r/{quote(run['id'])}/{tab}"
            for run in runs
            for tab in ("", "metrics", "console", "config", "media", "raw")
        ]
        together = ",".join(run["id"] for run in runs)
        addresses += [
            f"/compare?runs={together}{view}" for view in ("", "&view=metrics", "&view=curves", "&view=console")
        ]
        addresses += [
            "/p/hostile/media",
            "/p/hostile/plots",
            "/p/hostile/plots?plot=bars",
            "/p/hostile/plots?plot=boxes",
        ]
        for address in addresses:
            page.goto(address)
            page.wait_for_timeout(150)
            page.locator("main > *").first.wait_for()
            assert page.evaluate("window.hacked") is None, address
            assert page.evaluate("document.documentElement.scrollWidth") <= 1440, address
            assert page.locator("main script, main img[src='x']").count() == 0, address


def test_pages_of_runs_are_sandboxed(browser: Any, rich: Server) -> None:
    """HTML a run logged is shown in a frame without our origin: it cannot reach the page."""
    run = next(run["id"] for run in _runs(rich, rich_store.PROJECT) if run["name"] == "run-0")
    for page in opened(browser, rich):
        page.goto(f"/r/{run}/media?key=page")
        frame = page.locator("iframe")
        expect(frame).to_have_attribute("sandbox", "allow-scripts")
        page.frame_locator("iframe").locator("body").get_by_text("hello").wait_for()
        assert page.title() != "hacked"


def test_a_run_is_walked_by_keys_alone(browser: Any, rich: Server) -> None:
    """Tabs are reached by the tabulator, views by their keys, and Escape leads up."""
    run = next(run["id"] for run in _runs(rich, rich_store.PROJECT) if run["name"] == "run-1")
    for page in opened(browser, rich):
        page.goto(f"/r/{run}")
        page.locator(".goal-card").wait_for()
        page.keyboard.press("Shift+L")
        page.locator(".console-line").first.wait_for()
        assert page.url.endswith("/console")
        page.keyboard.press("/")
        page.keyboard.type("careful")
        expect(page.locator(".console mark")).to_have_text("careful")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.wait_for_url(f"**/r/{run}")
        page.locator(".page-tabs a", has_text="Config").focus()
        page.keyboard.press("Enter")
        page.locator(".tree").wait_for()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.wait_for_url(f"**{HOME}")


@pytest.mark.parametrize("width", [320, 720])
def test_narrow_windows_do_not_scroll_sideways(browser: Any, rich: Server, width: int) -> None:
    """Every page fits a narrow window; what is wider scrolls within its own frame."""
    run = next(run["id"] for run in _runs(rich, rich_store.PROJECT) if run["name"] == "run-1")
    for page in opened(browser, rich, viewport={"width": width, "height": 700}):
        for address in (*(f"/r/{run}/{tab}" for tab in TABS), *OTHERS):
            page.goto(address)
            page.wait_for_timeout(250)
            assert page.evaluate("document.getElementById('content').scrollWidth") <= width, address
