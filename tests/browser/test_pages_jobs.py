"""The pages beside the workspace: jobs with counted actions, on real runs."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from benchmarks import ux_store
from playwright.sync_api import expect
from tests.browser import rich_store
from tests.browser.conftest import Server, Walk, opened

HOME = f"/p/{rich_store.PROJECT}"


@pytest.fixture
def here(browser: Any, rich: Server) -> Iterator[Any]:
    """Return a page at the rich store."""
    yield from opened(browser, rich)


@pytest.fixture
def ids(rich: Server) -> dict[str, str]:
    """Return the ids of the runs by their names."""
    with urllib.request.urlopen(f"{rich.url}/api/runs?project={rich_store.PROJECT}&keys=-", timeout=20) as answer:  # noqa: S310 - our own address
        return {run["name"]: run["id"] for run in json.load(answer)["runs"]}


def test_configs_are_compared_in_three_actions(here: Any) -> None:
    """Two rows selected and one key show what differs, and only that."""
    here.goto(HOME)
    here.locator(".row.run").nth(1).wait_for()
    here.locator("[role=grid]").first.focus()
    walk = Walk(here)

    walk.press("x")
    here.keyboard.press("j")
    walk.press("x")
    walk.press("d")

    expect(here.locator(".compare-table")).to_contain_text("model.width")
    assert "model.depth" not in (here.locator(".compare-table").text_content() or "")
    assert walk.actions == 3


def test_a_comparison_has_no_empty_views(page: Any, here: Any, ids: dict[str, str]) -> None:
    """Code and console are compared where runs left some behind; a view that the address asks for says that it is empty."""
    pair = f"{ids['run-1']},{ids['run-2']}"
    here.goto(f"/compare?runs={pair}")
    expect(here.locator(".page-tabs a")).to_have_text(["Config", "Metrics", "Curves", "Code", "Environment", "Console"])
    page.goto(f"/p/{ux_store.PROJECT}/compare?view=console")
    expect(page.locator(".page-tabs a").filter(has_text="Code")).to_have_count(0)
    expect(page.locator(".page-tabs a[aria-current=page]")).to_have_text("Console")
    expect(page.locator(".console-side").first).to_contain_text("Nothing was printed")


def test_images_over_steps_take_one_action_and_one_slider(here: Any) -> None:
    """Media are one click away; one slider moves all cells, and a cell says which step it shows."""
    here.goto(HOME)
    walk = Walk(here)

    walk.click("nav a:has-text('Media')")

    here.locator(".picture img").nth(3).wait_for(state="attached")
    assert walk.actions == 1
    slider = here.locator(".step-slider input")
    slider.focus()
    slider.press("Home")
    expect(here.locator(".media-cell figcaption").first).to_contain_text("step 0")
    expect(here.locator(".media-caption").first).to_have_text("at 0")
    assert "step=0" in here.url


def test_code_and_changes_of_a_run_take_two_actions(here: Any, ids: dict[str, str]) -> None:
    """From a run its code is one click away and shows at first what changed since the previous run."""
    here.goto(f"/r/{ids['run-2']}")
    walk = Walk(here)

    walk.click(".page-tabs a:has-text('Code')")

    expect(here.locator(".diff-line.new")).to_contain_text("RATE = 2")
    expect(here.locator(".diff-line.old")).to_contain_text("RATE = 1")
    walk.click(".choice-one:has-text('Files')")
    expect(here.locator(".code-file")).to_contain_text("import eventide")
    assert walk.actions <= 2


def test_a_failed_run_says_why(here: Any, ids: dict[str, str]) -> None:
    """The overview begins with the last line of the traceback, as text."""
    here.goto(f"/r/{ids['run-3']}")

    expect(here.locator(".alert")).to_contain_text("RuntimeError: out of memory: <script>")
    expect(here.locator(".goal-card")).to_contain_text("val/acc")


def test_the_console_shows_colours_and_finds_text(here: Any, ids: dict[str, str]) -> None:
    """Colours become classes, markup stays text, a redrawn line is one line, standard error is marked."""
    here.goto(f"/r/{ids['run-0']}/console")

    expect(here.locator(".ansi-fg-2").first).to_have_text("green")
    expect(here.locator(".console")).to_contain_text("<b>not bold</b>")
    expect(here.locator(".console-line.is-stderr")).to_contain_text("careful")
    assert "10%1" not in (here.locator(".console").text_content() or "")
    here.locator(".console-page input[type=search]").fill("line 4")
    expect(here.get_by_role("status").filter(has_text="1 of 11")).to_be_visible()


def test_a_note_is_written_in_place_and_undone(browser: Any, rich: Server, ids: dict[str, str]) -> None:
    """A note is edited where it stands, shown as Markdown, and can be undone; links with scripts are no links."""
    for page in opened(browser, rich):
        page.goto(f"/r/{ids['run-1']}")
        expect(page.locator(".prose a")).to_have_attribute("href", "https://example.org")
        before = page.locator(".prose").text_content()
        page.get_by_role("button", name="Edit").click()
        page.get_by_label("Note, in Markdown").fill("- [x] done **well**")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".prose strong")).to_have_text("well")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".prose")).to_have_text(before or "")


def test_parameters_are_shown_in_four_ways(here: Any, ids: dict[str, str]) -> None:
    """Parameters are a tree, paths, YAML, and a difference from the previous run."""
    here.goto(f"/r/{ids['run-1']}/config")
    expect(here.locator(".tree")).to_contain_text("width")
    here.get_by_role("button", name="Flat").click()
    expect(here.locator("table.plain")).to_contain_text("model.width")
    here.get_by_role("button", name="YAML").first.click()
    expect(here.locator(".code-file")).to_contain_text("width: 128")
    here.get_by_role("button", name="Diff").click()
    expect(here.locator(".diff-line.new").first).to_be_visible()


def test_rows_artifacts_and_lineage_are_there(here: Any, ids: dict[str, str]) -> None:
    """Raw rows stand in a grid; artifacts show versions, files, what differs and where they come from."""
    here.goto(f"/r/{ids['run-1']}/raw")
    expect(here.locator(".grid-cell", has_text=re.compile("^val/acc$"))).to_be_visible()
    here.goto(f"{HOME}/artifacts")
    expect(here.locator(".artifact")).to_contain_text("best")
    here.goto(f"/a/model/v1?project={rich_store.PROJECT}")
    expect(here.locator(".file-tree")).to_contain_text("weights.json")
    here.locator(".page-tabs a:has-text('Lineage')").click()
    expect(here.locator(".graph-node.is-chosen")).to_have_count(1)
    here.locator(".page-tabs a:has-text('Diff')").click()
    here.locator("button.change-head").click()
    expect(here.locator(".diff-line.new")).to_contain_text('"number": 1')


def test_sql_answers_completes_and_lives_in_the_address(here: Any) -> None:
    """A statement runs by key, its answer is a grid, an error keeps the last answer, the address repeats it."""
    here.goto("/sql")
    field = here.get_by_role("combobox", name="SQL")
    field.fill("select name, status from runs where project = 'rich' order by name")
    field.press("Control+Enter")
    expect(here.locator(".grid")).to_contain_text("run-0")
    field.fill("selec")
    field.press("Control+Enter")
    expect(here.get_by_role("alert")).to_be_visible()
    expect(here.locator(".grid")).to_contain_text("run-0")
    field.fill("select * from ")
    field.press_sequentially("ru")
    expect(here.locator(".offers [role=option]").first).to_contain_text("runs")
    here.goto("/sql?q=select+41%2B1+as+answer")
    expect(here.locator(".grid")).to_contain_text("42")


def test_views_that_come_late_are_offered(here: Any) -> None:
    """Whoever types before the page knows the views is offered them when it does, without another key."""
    held: list[Any] = []
    here.route("**/api/sql/schema", lambda route: held.append(route))  # noqa: PLW0108 - a handler takes attributes
    here.goto("/sql")
    field = here.get_by_role("combobox", name="SQL")
    field.fill("select * from ")
    field.press_sequentially("ru")
    expect(here.locator(".offers")).to_be_hidden()
    here.wait_for_function("() => document.activeElement?.tagName === 'TEXTAREA'")
    assert len(held) == 1
    held[0].continue_()
    expect(here.locator(".offers [role=option]").first).to_contain_text("runs")
    here.keyboard.press("Tab")
    expect(field).to_have_value("select * from runs")


@pytest.mark.parametrize("plot", ["scatter", "parallel", "bars", "boxes", "steps", "importance"])
def test_every_plot_draws(here: Any, plot: str) -> None:
    """Each kind of plot shows the runs, or says why it cannot."""
    here.goto(f"{HOME}/plots?plot={plot}&pareto=1&trend=1")

    expect(here.locator(".plot-part .plot-svg, .plot-part table, .nothing").first).to_be_visible()


def test_a_brush_writes_the_filter(here: Any) -> None:
    """A drag along a parallel axis becomes text of the filter, and the runs follow it."""
    here.goto(f"{HOME}/plots?plot=parallel")
    axis = here.locator("[data-axis='model.width'] .axis-brush")
    box = axis.bounding_box()
    x = box["x"] + box["width"] / 2
    here.mouse.move(x, box["y"] + 2)
    here.mouse.down()
    here.mouse.move(x, box["y"] + box["height"] * 0.7, steps=5)
    here.mouse.up()

    expect(here.get_by_role("searchbox", name="Filter runs")).to_have_value(re.compile("model.width between"))
    expect(here.get_by_role("status").filter(has_text=re.compile("^[123] runs$"))).to_be_visible()


def test_deleted_runs_come_back_from_the_bin(browser: Any, rich: Server, ids: dict[str, str]) -> None:
    """A run moved to the bin lies there and can be restored."""
    for page in opened(browser, rich):
        page.goto(f"/r/{ids['run-0']}")
        page.get_by_role("button", name="Actions on the run").click()
        page.get_by_role("menuitem", name="Move to the bin").click()
        page.locator(".chip", has_text="in the bin").wait_for()
        page.goto("/bin")
        page.get_by_role("button", name="Restore run-0").or_(
            page.locator("tr", has_text="run-0").get_by_role("button")
        ).first.click()
        expect(page.locator("main")).to_contain_text("The bin is empty")


def test_an_unknown_run_names_the_nearest(browser: Any, rich: Server) -> None:
    """A page that is not there says what was looked for and which names are near; a short id is enough."""
    context = browser.new_context(base_url=rich.url)
    page = context.new_page()
    page.goto("/r/rum-1")
    expect(page.locator(".near-runs")).to_contain_text("run-1")
    page.goto("/compare?runs=zzzz")
    expect(page.get_by_role("alert")).to_contain_text("zzzz")
    context.close()
