"""A project of many runs with many keys: only what is near the view exists, and only that is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from benchmarks import ux_large
from playwright.sync_api import expect
from tests.browser.conftest import Server, opened

HOME = f"/p/{ux_large.PROJECT}"
RUNS, KEYS = 400, 300
SCROLLED = "element => { element.scrollTop = element.scrollHeight; }"


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server of a store of 400 runs with 300 keys each."""
    folder = tmp_path_factory.mktemp("wide")
    ux_large.write_part(folder / "store", 0, RUNS, KEYS)
    with Server(folder / "store", folder / "cache") as running:
        yield running


@pytest.fixture
def wide_page(browser: Any, wide: Server) -> Iterator[Any]:
    """Return a page at that server."""
    yield from opened(browser, wide)


def test_of_many_charts_only_those_near_the_view_exist(wide_page: Any) -> None:
    """Three hundred charts are reached by scrolling, while a dozen exist and those out of sight ask for nothing."""
    asked: list[str] = []
    wide_page.on(
        "request", lambda one: asked.extend(json.loads(one.post_data)["keys"]) if "/api/series" in one.url else None
    )
    wide_page.goto(HOME)
    wide_page.locator(".plot canvas").first.wait_for()
    first = wide_page.locator("[data-chart='val/acc']")
    expect(first).to_be_visible()
    charts = wide_page.locator(".charts .chart")
    expect(wide_page.locator(".section")).to_have_count(ux_large.SECTIONS + 1)
    last = f"layer{ux_large.SECTIONS - 1:02d}"

    assert charts.count() <= 24
    wide_page.locator(".charts-scroll").evaluate(SCROLLED)
    wide_page.locator(f"[data-chart^='{last}/'] canvas").last.wait_for()

    expect(first).to_have_count(0)
    assert charts.count() <= 24
    assert len(set(asked)) <= 40
    assert wide_page.locator("*").count() <= 5000
    wide_page.locator(".charts-scroll").evaluate("element => { element.scrollTop = 0; }")
    expect(first.locator("canvas")).to_be_visible()


def test_the_room_of_charts_that_do_not_exist_is_kept(wide_page: Any) -> None:
    """Going down and up again, everything stands where it stood: heads of sections do not move while charts come and go."""
    wide_page.goto(HOME)
    wide_page.locator(".plot canvas").first.wait_for()
    scroll = wide_page.locator(".charts-scroll")
    expect(wide_page.locator(".section")).to_have_count(ux_large.SECTIONS + 1)
    before = scroll.evaluate("element => element.scrollHeight")

    scroll.evaluate(SCROLLED)
    wide_page.locator(f"[data-chart^='layer{ux_large.SECTIONS - 1:02d}/'] canvas").last.wait_for()

    assert scroll.evaluate("element => element.scrollHeight") == before


def test_the_last_of_many_rows_is_reached(wide_page: Any) -> None:
    """The end of a long table is loaded when it comes into view, and only the rows near it exist."""
    wide_page.goto(HOME)
    wide_page.locator(".row.run").first.wait_for()

    wide_page.locator(".table-box").evaluate(SCROLLED)

    expect(wide_page.locator(f".row.run[aria-rowindex='{RUNS + 1}']")).to_be_visible()
    assert wide_page.locator(".row").count() <= 80


def test_a_key_among_many_is_found(wide_page: Any) -> None:
    """The filter completes a key from its middle, and the column picker finds it by typing."""
    wide_page.goto(HOME)
    wide_page.locator(".row.run").first.wait_for()

    wide_page.locator("[aria-label='Filter runs']").focus()
    wide_page.keyboard.type("best(layer37/g")
    expect(wide_page.get_by_role("option").first).to_contain_text("layer37/grad_00")
    wide_page.locator("[aria-label='Filter runs']").fill("")
    wide_page.locator(".row.run").first.click()
    wide_page.keyboard.press("c")
    wide_page.locator("[aria-label='Find a column']").fill("layer11/grad_03")
    wide_page.keyboard.press("Enter")

    expect(wide_page.locator(".picker-list label").filter(has_text="layer11/grad_03")).to_have_count(1)
    assert "layer11/grad_03" in wide_page.url
