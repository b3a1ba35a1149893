"""The jobs people come for, in at most as many actions as promised."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from benchmarks import ux_store
from playwright.sync_api import expect
from tests.browser.conftest import STEPS, Walk

ROW = ".row.run"
CHART = "[data-chart='{}'] .u-over"


def ready(page: Any, address: str = f"/p/{ux_store.PROJECT}") -> Walk:
    """Open the workspace, wait until rows and curves are there, and begin to count."""
    page.goto(address)
    page.locator(".row.run, .row.group").first.wait_for()
    page.locator(".chart canvas").first.wait_for()
    return Walk(page)


def texts(page: Any, what: str) -> list[str]:
    """Return the texts of all elements."""
    return [text.strip() for text in page.locator(what).all_inner_texts()]


def test_the_best_run_is_on_top_without_an_action(page: Any) -> None:
    """Opening the page shows the run with the best goal metric first, its value in bold."""
    walk = ready(page, "/")

    best = page.locator(ROW).first
    expect(best.locator(".table-cell.best").first).to_be_visible()
    values = [float(text) for text in texts(page, ".row .table-cell:nth-child(2)")[:10]]
    assert sorted(values, reverse=True) == values
    assert walk.actions == 0


def test_curves_of_three_runs_take_three_actions(page: Any) -> None:
    """Ticking three runs shows their three curves beside them."""
    walk = ready(page)

    for place in (0, 2, 5):
        walk.click(f"{ROW}[aria-rowindex='{place + 2}'] input[type=checkbox]")

    expect(page.locator(".shown-line")).to_contain_text("3 selected runs")
    expect(page.locator("[data-chart='val/acc'] [role=img]")).to_have_attribute("aria-label", re.compile("3 runs"))
    assert walk.actions <= 3


def test_a_filter_is_one_typed_entry(page: Any) -> None:
    """Typing a filter leaves the runs that fit, and the address says it."""
    walk = ready(page)

    page.locator("[aria-label='Filter runs']").focus()
    walk.type("model.name=mixer and best(val/acc)>0.9")

    expect(page.locator(".counts")).to_contain_text("5 runs")
    assert "q=model.name=mixer+and+best(val/acc)>0.9" in unquote(page.url)
    assert walk.actions <= 1


def test_a_filter_that_does_not_parse_keeps_the_last_good_rows(page: Any) -> None:
    """An unfinished filter is underlined with what was expected, and the rows of before stay."""
    walk = ready(page, f"/p/{ux_store.PROJECT}?q=model.name=mixer")

    page.locator("[aria-label='Filter runs']").focus()
    page.keyboard.press("End")
    walk.type(" and (")

    expect(page.locator("#filter-error")).to_contain_text("expected")
    expect(page.locator(".counts")).to_contain_text("10 runs")


def test_completion_offers_values_with_their_counts(page: Any) -> None:
    """After a field and `=`, its values are offered with how many runs have them, and tab takes one."""
    ready(page)

    page.locator("[aria-label='Filter runs']").focus()
    page.keyboard.type("optimizer.name=")
    expect(page.locator(".offers li").first).to_contain_text(re.compile(r"adamw\s*\S*\s*20"))
    page.keyboard.press("Tab")

    expect(page.locator(".counts")).to_contain_text("20 runs")


def test_groups_with_mean_and_std_take_two_actions(page: Any) -> None:
    """Grouping by all but the seed gives ten rows of five runs with mean ± std, and bands in the charts."""
    walk = ready(page)

    walk.press("g")
    page.locator("[role=menu]").wait_for()
    walk.press("Enter")

    expect(page.locator(".row.group")).to_have_count(10)
    assert all("n=5" in text for text in texts(page, ".row.group .row-fixed"))
    expect(page.locator(".row.group .table-cell").first).to_contain_text("±")
    expect(page.locator("[data-chart='val/acc'] [role=img]")).to_have_attribute("aria-label", re.compile("10 groups"))
    assert walk.actions <= 2


def test_smoothing_takes_one_action(page: Any) -> None:
    """A key smooths all charts, and the address says how much."""
    walk = ready(page)

    walk.press("]")

    page.wait_for_url(re.compile(r"sm=\.3"))
    assert walk.actions <= 1


def test_x_becomes_time_with_one_action(page: Any) -> None:
    """A key puts time on the x axis of all charts."""
    walk = ready(page)

    walk.press("t")

    page.wait_for_url(re.compile("x=time"))
    assert walk.actions <= 1


def test_csv_at_full_resolution_takes_two_actions(page: Any, tmp_path: Path) -> None:
    """The CSV of a chart has every point of every shown run, whatever was drawn."""
    walk = ready(page, f"/p/{ux_store.PROJECT}?q=model.name=mixer&n=all")

    page.locator("[data-chart='val/acc']").hover()
    walk.click("[data-chart='val/acc'] [aria-label^='Actions on']")
    with page.expect_download() as download:
        walk.click("text=CSV, every point")

    target = tmp_path / "points.csv"
    download.value.save_as(target)
    with target.open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) - 1 == 10 * STEPS
    assert walk.actions <= 2


def test_a_view_is_shared_by_its_address(page: Any, browser: Any) -> None:
    """The address opened in another browser shows the same rows, curves, zoom and smoothing."""
    walk = ready(page, f"/p/{ux_store.PROJECT}?q=model.name=mixer&sm=.6&g=-seed")
    walk.drag(CHART.format("val/loss"), 0.3, 0.6)
    page.wait_for_url(re.compile("z="))
    address = page.url
    rows = texts(page, ".row .run-name")

    other = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    other.goto(address)
    other.locator(".row .run-name").nth(len(rows) - 1).wait_for()

    assert rows
    assert rows == texts(other, ".row .run-name")
    assert address == other.url
    assert len(address) <= 300
    other.context.close()


def test_the_back_button_undoes_a_zoom(page: Any) -> None:
    """Zooming by drag goes into the history; double click resets it, too."""
    walk = ready(page)
    chart = CHART.format("train/acc")
    walk.drag(chart, 0.2, 0.5)
    page.wait_for_url(re.compile("z="))

    page.go_back()
    expect(page).to_have_url(re.compile(r"^[^?]*$"))

    walk.drag(chart, 0.2, 0.5)
    expect(page).to_have_url(re.compile("z="))
    page.locator(chart).dblclick()
    expect(page).to_have_url(re.compile(r"^[^?]*$"))


def test_every_spike_is_counted_and_says_its_value(page: Any) -> None:
    """With all runs shown, the eighteen planted spikes are counted above the bulk; pointing at one gives value and step."""
    ready(page, f"/p/{ux_store.PROJECT}?n=all&c=train/loss")

    expect(page.locator(".chart-chips")).to_contain_text("18 above")
    expect(page.locator(".chart-chips")).to_contain_text("1 NaN")
    box = page.locator(CHART.format("train/loss")).bounding_box()
    step = ux_store.spikes(STEPS)[2]
    page.mouse.move(box["x"] + box["width"] * step / (STEPS - 1), box["y"] + 5)
    expect(page.locator(".tip-mark")).to_contain_text(f"10000 at step {step}")


@pytest.mark.parametrize("kind", ["PNG", "SVG"])
def test_a_chart_becomes_a_picture(page: Any, tmp_path: Path, kind: str) -> None:
    """PNG and SVG are made by the page; the SVG has real text and at most 200 KB."""
    walk = ready(page, f"/p/{ux_store.PROJECT}?n=all&c=train/loss")
    page.locator(".chart").hover()
    walk.click("[aria-label^='Actions on']")

    with page.expect_download() as download:
        walk.click(f"[role=menu] >> text=/^{kind}/")

    target = tmp_path / "chart"
    download.value.save_as(target)
    content = target.read_bytes()
    if kind == "PNG":
        assert content.startswith(b"\x89PNG")
    else:
        assert b"<text" in content
        assert b"train/loss" in content
        assert len(content) <= 200_000
