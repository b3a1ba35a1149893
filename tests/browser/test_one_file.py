"""A view as one HTML file, opened without any server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import ux_store
from playwright.sync_api import expect
from tests.browser.conftest import Server, Walk, opened


def test_a_view_becomes_one_file_that_works_alone(browser: Any, server: Server, tmp_path: Path) -> None:
    """One key saves the view; opened from the disk the file shows it, filters it, and asks nobody for anything."""
    target = tmp_path / "view.html"
    for page in opened(browser, server):
        page.goto(f"/p/{ux_store.PROJECT}?n=all")
        page.locator(".chart canvas").first.wait_for()
        page.wait_for_timeout(500)
        walk = Walk(page)
        with page.expect_download() as download:
            walk.press("e")
        download.value.save_as(target)
        assert walk.actions <= 2
    assert target.stat().st_size <= 2_000_000

    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(target.as_uri())

    expect(page.locator(".counts")).to_contain_text("50 runs")
    expect(page.locator(".chart canvas").first).to_be_visible()
    page.locator("[aria-label='Filter runs']").fill("model.name=mixer and best(val/acc)>0.9")
    expect(page.locator(".counts")).to_contain_text("5 runs")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()
