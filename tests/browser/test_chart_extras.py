"""What a chart can hold beside the curves of one metric: expressions, a range, lines, words at steps, differences to a run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Server, Walk, opened

import eventide
from eventide.table.annotations import annotations_of

PROJECT = "extras"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server of three runs, which the tests annotate."""
    folder = tmp_path_factory.mktemp("extras")
    for place in range(3):
        with eventide.init(project=PROJECT, name=f"run-{place}", dir=folder / ".eventide", console="off") as run:
            for step in range(50):
                loss = (3 - place) / (step + 1)
                run.log({"train/loss": loss, "val/loss": loss + 0.25, "my metric": step}, step=step)
    with Server(folder / ".eventide", tmp_path_factory.mktemp("extras-cache")) as running:
        yield running


@pytest.fixture
def page(browser: Any, small: Server) -> Iterator[Any]:
    """Return a page at that server."""
    yield from opened(browser, small)


def chart(page: Any, name: str) -> Any:
    """Return a drawn chart by its title."""
    found = page.locator(f'[data-chart="{name}"]').first
    found.locator("canvas").first.wait_for()
    return found


def ready(page: Any, query: str = "") -> Walk:
    """Open the workspace and wait for its curves."""
    page.goto(f"/p/{PROJECT}{query}")
    chart(page, "val/loss")
    return Walk(page)


def menu(page: Any, name: str, item: str) -> None:
    """Choose something of a chart's menu."""
    chart(page, name).hover()
    page.get_by_label(f"Actions on {name}").first.click()
    page.get_by_role("menuitem", name=item).or_(page.get_by_role("menuitemcheckbox", name=item)).or_(
        page.get_by_role("menuitemradio", name=item)
    ).first.click()


def test_an_expression_becomes_a_chart_that_stays(page: Any) -> None:
    """A typed expression is drawn on top, also after the page is loaded anew; what is wrong with one is said where it is typed."""
    ready(page)
    page.get_by_label("New chart: metrics and expressions").click()
    field = page.get_by_label("Metric or expression 1")
    field.fill("val/loss - trian/loss")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("no metric is called `trian/loss`")
    expect(page.get_by_role("alert")).to_contain_text("train/loss")
    field.fill("val/loss - train/loss")
    field.press("Enter")

    drawn = chart(page, "val/loss - train/loss")
    expect(drawn.get_by_role("img")).to_have_attribute("aria-label", re.compile("3 runs"))
    page.reload()
    chart(page, "val/loss - train/loss")
    menu(page, "val/loss - train/loss", "Unpin the chart")
    expect(page.locator('[data-chart="val/loss - train/loss"]')).to_have_count(0)


def test_several_metrics_and_expressions_in_one_chart(page: Any) -> None:
    """The address holds them, names with spaces in back-ticks."""
    page.goto(f"/p/{PROJECT}?c=val/loss%2B%3D(`my+metric`+/+100)")

    drawn = chart(page, "val/loss, `my metric` / 100")
    expect(drawn.get_by_role("img")).to_have_attribute("aria-label", re.compile("6 runs"))


def test_a_range_of_y_and_lines_for_reference_stand_in_the_address(page: Any) -> None:
    """Both are set in the chart's dialog, and the address alone shows them again."""
    ready(page, "?c=val/loss")
    menu(page, "val/loss", "Edit the chart")
    page.get_by_label("Lowest y").fill("0.5")
    page.get_by_label("Highest y").fill("0.1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("begins below its end")
    page.get_by_label("Lowest y").fill("0")
    page.get_by_label("Highest y").fill("1")
    page.get_by_role("button", name="A line").click()
    page.get_by_label("Value of line 1").fill("0.75")
    page.get_by_label("Name of line 1").fill("good, (enough): 100%")
    page.get_by_role("button", name="Apply").click()

    page.wait_for_url(re.compile(r"yr=val/loss:0\.\.1"))
    expect(chart(page, "val/loss").locator(".chip").first).to_contain_text("above")
    page.reload()
    expect(chart(page, "val/loss").locator(".chip").first).to_contain_text("above")
    menu(page, "val/loss", "Edit the chart")
    expect(page.get_by_label("Highest y")).to_have_value("1")
    expect(page.get_by_label("Name of line 1")).to_have_value("good, (enough): 100%")


def test_lines_and_ranges_are_in_the_exported_picture(page: Any, tmp_path: Path) -> None:
    """The SVG has the line's name as text."""
    ready(page, "?c=val/loss&ref=val/loss:1:target")
    chart(page, "val/loss").hover()
    page.get_by_label("Actions on val/loss").first.click()
    with page.expect_download() as download:
        page.get_by_text("SVG, with real text").click()
    download.value.save_as(tmp_path / "chart.svg")
    assert ">target 1</text>" in (tmp_path / "chart.svg").read_text()


def test_the_difference_to_the_pinned_run(page: Any, small: Server) -> None:
    """Every curve minus that of the pinned run, chosen in the menu and kept in the address; without a pinned run there is none."""
    with eventide.open(small.store) as db:
        first = db.runs(sort="started").index[0]
    ready(page, "?c=val/loss")
    chart(page, "val/loss").hover()
    page.get_by_label("Actions on val/loss").first.click()
    expect(page.get_by_text("pin a run first")).to_be_visible()
    ready(page, f"?c=val/loss&pin={first.rpartition('-')[2]}")

    with page.expect_request(lambda asked: '"minus"' in (asked.post_data or "")) as request:
        menu(page, "val/loss", "Difference to the pinned run")

    assert request.value.post_data_json["minus"] == first
    page.wait_for_url(re.compile("d=1"))
    drawn = chart(page, "val/loss")
    drawn.get_by_role("img").focus()
    page.keyboard.press("ArrowRight")
    expect(drawn.locator(".hidden-text")).to_contain_text("run-0 0")


def test_words_at_a_step_are_written_changed_and_removed(page: Any, small: Server) -> None:
    """By keyboard: the crosshair, `a`, the words; they show in every chart of the run, and Python reads them."""
    ready(page, "?c=val/loss")
    chart(page, "val/loss").get_by_role("img").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("a")
    page.get_by_role("textbox", name="Words").fill("learning rate halved")
    page.keyboard.press("Enter")
    expect(page.locator(".chart-editor")).to_have_count(0)
    with eventide.open(small.store) as db:
        (found,) = annotations_of(db.source, db.runs().index.tolist())
    assert found.text == "learning rate halved"

    menu(page, "val/loss", "Annotate a step")
    page.locator(".chart-editor select").select_option(found.run_id)
    page.get_by_role("button", name="learning rate halved", exact=True).click()
    page.get_by_role("textbox", name="Words").fill("halved again")
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".chart-editor")).to_have_count(0)
    with eventide.open(small.store) as db:
        assert [one.text for one in db.run(found.run_id).annotations()] == ["halved again"]

    menu(page, "val/loss", "Annotate a step")
    page.locator(".chart-editor select").select_option(found.run_id)
    page.get_by_label("Remove “halved again”").click()
    expect(page.locator(".editor-notes")).to_have_count(0)
    with eventide.open(small.store) as db:
        assert db.run(found.run_id).annotations() == []


def test_words_of_a_run_chosen_before_are_no_longer_waited_for(page: Any, small: Server) -> None:
    """An answer about the run chosen before is dropped, however late it comes: the words are those of the run chosen now."""
    with eventide.open(small.store) as db:
        ids = dict(zip(db.runs()["name"], db.runs().index.tolist(), strict=True))
        db.run(ids["run-0"]).annotate("warm-up ends", step=10)
    ready(page, "?c=val/loss")
    menu(page, "val/loss", "Annotate a step")
    choice = page.locator(".chart-editor select")
    choice.select_option(ids["run-1"])
    held: list[Any] = []
    page.route(
        "**/api/series",
        lambda route: held.append(route) if ids["run-2"] in route.request.post_data else route.continue_(),
    )
    with page.expect_request(lambda request: ids["run-2"] in (request.post_data or "")):
        choice.select_option(ids["run-2"])
    with page.expect_event("requestfailed", lambda request: ids["run-2"] in (request.post_data or "")):
        choice.select_option(ids["run-0"])
    expect(page.get_by_role("button", name="warm-up ends", exact=True)).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    assert len(held) == 1
