"""What the page offers beyond its first jobs: columns, views that exist, half filters, saved queries, code, files."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from benchmarks import ux_store
from playwright.sync_api import expect
from tests.browser import rich_store
from tests.browser.conftest import STEPS, Server, opened

from eventide.layout import Layout
from eventide.objects.local import LocalObjects
from eventide.testing import make_run

HOME = f"/p/{ux_store.PROJECT}"
BEST = "best(val/acc)"


def _answer(server: Server, path: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(server.url + path, data, {"content-type": "application/json"})  # noqa: S310 - our own address
    with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310
        return json.load(answer)


def _choose(page: Any, column: str, text: str) -> None:
    """Choose something in the menu of a column."""
    head = page.locator("[role=columnheader]").filter(has=page.locator(f"[aria-label='Column {column}']"))
    head.hover()
    head.locator(".head-more").click()
    page.get_by_role("menu").get_by_text(text, exact=True).click()


def _texts(page: Any, column: int) -> list[str]:
    """Return what the rows in sight say in a column, the best first."""
    cells = page.locator(f".row.run [aria-colindex='{column}']")
    return [text.replace("\u2007", "").strip() for text in cells.all_text_contents()]


# ── metric columns ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_column_shows_the_mean_of_the_last_rows(page: Any, server: Server) -> None:
    """The menu of a column makes it the mean of its last rows: one question for the rows in sight; it sorts, and lies in the address."""
    asked: list[Any] = []
    page.on("request", lambda one: asked.append(one) if "/api/runs/values" in one.url else None)
    page.goto(f"{HOME}?cols={BEST},last(train/loss)")
    page.locator(".row.run").nth(5).wait_for()

    _choose(page, "last(train/loss)", "Mean of the last rows…")
    page.get_by_role("spinbutton").fill("25")
    page.keyboard.press("Enter")

    expect(page.locator("[role=columnheader]").nth(2)).to_contain_text("mean of 25 train/loss")
    cells = page.locator(".row.run [aria-colindex='4']")
    expect(cells.first).to_have_text(re.compile(r"\d"))
    assert "mean(train/loss,25)" in unquote(page.url)
    assert len(asked) == 1, "one question for all rows in sight"
    named = asked[0].post_data_json["run_ids"]
    assert 10 < len(named) < 50, "rows out of sight are not asked for"

    _choose(page, "mean(train/loss,25)", "Sort upwards")
    page.wait_for_url(lambda url: "s=" in url)
    first = _answer(server, f"/api/runs?project={ux_store.PROJECT}&sort=mean(train/loss,25)&limit=3&keys=-")["runs"]
    for place, run in enumerate(first):
        expect(page.locator(".row.run .run-name").nth(place)).to_have_text(run["name"])
    page.reload()
    expect(page.locator("[role=columnheader]").nth(2)).to_contain_text("mean of 25 train/loss")
    expect(cells.first).to_have_text(re.compile(r"\d"))
    shown = [float(text) for text in _texts(page, 4) if re.fullmatch(r"[\d.e-]+", text)]
    assert len(shown) > 10
    assert shown == sorted(shown)


def test_a_column_shows_the_value_at_a_step(page: Any, server: Server) -> None:
    """A value at a step is what was logged there; a filter by it is written by the same menu."""
    page.goto(f"{HOME}?cols=at(val/acc,{STEPS // 2})&s=name")
    cells = page.locator(".row.run [aria-colindex='3']")
    expect(cells.first).to_have_text(re.compile(r"\d"))
    runs = _answer(server, f"/api/runs?project={ux_store.PROJECT}&sort=name&limit=5&keys=-")["runs"]
    field = f"at(val/acc,{STEPS // 2})"
    values = _answer(server, "/api/runs/values", {"run_ids": [run["id"] for run in runs], "fields": [field]})["values"]
    for place, run in enumerate(runs):
        assert float(cells.nth(place).text_content()) == pytest.approx(values[run["id"]][field], rel=1e-3)

    _choose(page, field, "Filter by it…")
    page.get_by_role("textbox", name="Value", exact=True).fill("0.8")
    page.keyboard.press("Enter")

    found = _answer(server, f"/api/runs?project={ux_store.PROJECT}&q={field}%3E0.8&keys=-")["total"]
    expect(page.locator(".counts")).to_contain_text(f"{found} runs of 50")
    expect(page.locator("[aria-label='Filter runs']")).to_have_value(f"{field}>0.8")


def test_groups_pool_the_number_that_a_column_shows(page: Any) -> None:
    """Grouped rows say mean and spread of the number of the column: the least loss, the mean of the last rows."""
    page.goto(f"{HOME}?g=-seed&cols=min(train/loss),mean(val/acc,10)")
    page.locator(".row.group").nth(5).wait_for()
    for column in ("3", "4"):
        expect(page.locator(f".row.group [aria-colindex='{column}']").first).to_have_text(re.compile(r"\d.*±"))


def test_the_picker_counts_rows_and_steps(page: Any) -> None:
    """The list of columns chooses the same numbers, and how many rows or which step."""
    page.goto(f"{HOME}?cols=last(val/acc)")
    page.locator(".row.run").first.wait_for()
    page.keyboard.press("c")
    page.get_by_label("Which number of val/acc").select_option("at step")
    page.get_by_label("Step", exact=True).fill("500")
    page.keyboard.press("Tab")
    expect(page.locator("[role=columnheader]").nth(1)).to_contain_text("at 500 val/acc")
    expect(page.locator(".row.run [aria-colindex='3']").first).to_have_text(re.compile(r"\d"))


# ── what exists, and what is half typed ─────────────────────────────────────────────────────────────────────────────────


def test_views_appear_with_what_they_show(browser: Any, tmp_path: Path) -> None:
    """A project without media and artifacts has no such views, nor has a run; they come by themselves when the first is logged."""
    root = tmp_path / ".eventide"
    Layout(root).create(now_s=1_790_000_000.0)
    writer = make_run(root, "young", [{"loss": 1.0}], project="plain", name="young", status=None)
    with Server(root, tmp_path / "cache") as server:
        for page in opened(browser, server):
            page.goto("/r/young")
            tabs = page.get_by_label("Views of the run").locator("a")
            expect(tabs).to_have_count(3)
            assert [re.sub(r"\d", "", text) for text in tabs.all_text_contents()] == ["Overview", "Metrics", "Raw"]
            views = page.get_by_label("Views of the project").locator("a")
            expect(views).to_have_text(["Runs", "Plots"])

            sha256 = LocalObjects(Layout(root)).put_bytes(b"x")
            about = {"sha256": sha256, "size_bytes": 1}
            writer.file({"kind": "media", "name": "picture", "format": "image", **about})
            writer.file({"kind": "artifact", "name": "model", "format": "artifact", **about})
            writer.console("hello\n")
            writer.append({"loss": 0.5}, 1)

            expect(views).to_have_text(["Runs", "Plots", "Media", "Artifacts"])
            expect(tabs).to_have_count(6)
            page.goto("/p/plain")
            page.locator(".row.run").first.wait_for()
            expect(views).to_have_text(["Runs", "Plots", "Media", "Artifacts"])
            page.keyboard.press("1")
            expect(page.locator(".table-box")).to_have_count(0)
            page.keyboard.press("1")
            expect(page.locator(".table-box")).to_have_count(1)
        writer.close({"status": "finished"})


def test_half_a_filter_is_no_error_of_the_page(page: Any) -> None:
    """While a filter is typed nothing fails: the place is marked, the rows stay, and the console of the browser stays empty."""
    failed: list[str] = []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    page.goto(HOME)
    page.locator(".row.run").first.wait_for()
    field = page.get_by_label("Filter runs")
    field.fill("best(val/acc)>")
    expect(page.locator(".filter-error")).to_contain_text("expected")
    expect(page.locator(".filter-under mark")).to_have_count(1)
    assert page.locator(".row.run").count() > 5
    field.fill("")
    expect(page.locator(".filter-error")).to_have_count(0)
    page.keyboard.type("best(val/acc)>")
    expect(page.locator(".filter-error")).to_contain_text("expected")
    page.keyboard.type("0.9")
    expect(page.locator(".counts")).to_contain_text("of 50")
    expect(page.locator(".filter-error")).to_have_count(0)
    assert failed == []


# ── saved queries ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_query_is_saved_and_read_from(browser: Any, store: Path, tmp_path: Path) -> None:
    """A statement gets a name, later ones read FROM it; it is renamed and deleted, and a name that cannot be is said in place."""
    with Server(store, tmp_path / "cache") as server:
        for page in opened(browser, server):
            page.goto("/sql")
            editor = page.get_by_role("combobox", name="SQL")
            editor.fill("select name, run_id\nfrom runs -- all of them\nwhere name is not null")
            page.get_by_role("button", name="Save as view").click()
            name = page.get_by_role("textbox", name="Name")
            name.fill("runs")
            page.keyboard.press("Enter")
            expect(page.get_by_role("alert")).to_contain_text("a view of the store already")
            name.fill("named_runs")
            page.keyboard.press("Enter")
            saved = page.get_by_label("Saved views")
            expect(saved).to_contain_text("named_runs")

            editor.fill("select count(*) as n from named_r")
            page.get_by_role("option", name="named_runs").click()
            page.keyboard.press("Control+Enter")
            expect(page.get_by_label("Answer").first).to_contain_text("50")

            page.reload()
            page.get_by_role("button", name="Actions on named_runs").click()
            page.get_by_role("menuitem", name="Rename").click()
            name.fill("known_runs")
            page.keyboard.press("Enter")
            expect(saved).to_contain_text("known_runs")
            page.get_by_role("button", name="Actions on known_runs").click()
            page.get_by_role("menuitem", name="Run").click()
            expect(page.get_by_label("Answer").first).to_contain_text("50 rows")
            page.get_by_role("button", name="Actions on known_runs").click()
            page.get_by_role("menuitem", name="Delete").click()
            expect(saved).to_have_count(0)
            assert _answer(server, "/api/sql/views") == {"views": []}


# ── code ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_code_is_compared_with_the_pinned_run(browser: Any, rich: Server) -> None:
    """A run that is pinned in the table is what the code and the parameters of others are compared with first; a pinned chart is not."""
    runs = {run["name"]: run["id"] for run in _answer(rich, f"/api/runs?project={rich_store.PROJECT}&keys=-")["runs"]}
    for page in opened(browser, rich):
        page.goto(f"/p/{rich_store.PROJECT}")
        page.locator(".row.run").nth(3).wait_for()
        page.get_by_role("link", name="run-1").hover()
        page.locator(".row.run", has_text="run-1").click(button="right")
        page.get_by_role("menuitem", name="Pin", exact=False).first.click()
        expect(page.locator(".row.run.pinned")).to_contain_text("run-1")
        page.get_by_role("link", name="run-3").click()
        expect(page.get_by_label("Parameters")).to_contain_text("from the pinned run run-1")
        page.locator(".page-tabs a:has-text('Code')").click()
        expect(page.locator(".code-page")).to_contain_text("from the pinned run run-1")
        expect(page.locator(".diff-line.new")).to_contain_text("RATE = 2")
        page.get_by_role("button", name="unified").click()
        expect(page.locator(".diff-line.old")).to_contain_text("RATE = 1")
        page.get_by_role("button", name="another run").click()
        page.get_by_role("button", name="previous").click()
        expect(page.locator(".code-page")).to_contain_text("The code is the same")
        assert runs["run-2"] in page.url


def test_code_is_compared_with_its_commit(browser: Any, tmp_path: Path) -> None:
    """A run from a changed tree shows first what was not committed, file by file; secrets and binary files are named only."""
    root = tmp_path / ".eventide"
    Layout(root).create(now_s=1_790_000_000.0)
    patch = (
        "diff --git a/train.py b/train.py\n--- a/train.py\n+++ b/train.py\n@@ -1,2 +1,2 @@\n-lr = 1\n+lr = 2\n same\n"
        "diff --git a/w.bin b/w.bin\nBinary files a/w.bin and b/w.bin differ\n"
        "diff --git a/.env b/.env\n(left out: may hold a secret)\n"
    )
    sha256 = LocalObjects(Layout(root)).put_bytes(patch.encode())
    writer = make_run(root, "changed", [{"loss": 1.0}], project="p", name="changed", status=None)
    writer.set(("provenance", "git"), {"commit": "a" * 40, "branch": "main", "dirty": True, "diff": sha256})
    writer.close({"status": "finished"})
    with Server(root, tmp_path / "cache") as server:
        for page in opened(browser, server):
            page.goto("/r/changed/code")
            expect(page.locator(".code-page")).to_contain_text("dirty")
            expect(page.locator(".diff-line.new")).to_contain_text("lr = 2")
            expect(page.get_by_label("w.bin", exact=True)).to_contain_text("no text")
            expect(page.get_by_label(".env", exact=True)).to_contain_text("may hold a secret")


# ── the one file ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _caption(page: Any, chart: str) -> str:
    return str(page.locator(f"[data-chart='{chart}'] [role=img]").first.get_attribute("aria-label"))


def test_a_file_smooths_and_groups_anew(browser: Any, server: Server, tmp_path: Path) -> None:
    """Opened from the disk, the file makes smoothing, groups and bands that nobody had chosen, says of what, and agrees with the server."""
    target = tmp_path / "view.html"
    rows: list[str] = []
    caption = ""
    asked = f"{HOME}?cols={BEST},mean(val/acc,25)"
    for page in opened(browser, server):
        page.goto(asked)
        expect(page.locator(".row.run [aria-colindex='4']").first).to_have_text(re.compile(r"\d"))
        page.locator(".chart canvas").nth(1).wait_for()
        with page.expect_download() as download:
            page.keyboard.press("e")
        download.value.save_as(target)
        page.goto(f"{asked}&g=-seed")
        page.locator(".row.group").nth(9).wait_for()
        expect(page.locator("[data-chart='val/acc'] [role=img]").first).to_have_attribute(
            "aria-label", re.compile("10")
        )
        for place in range(10):
            expect(page.locator(".row.group").nth(place)).to_have_text(re.compile(r"n=\d.*±"))
        rows = [page.locator(".row.group").nth(place).text_content() or "" for place in range(10)]
        caption = _caption(page, "val/acc")
    assert target.stat().st_size <= 2_000_000

    context = browser.new_context(viewport={"width": 1440, "height": 900})
    alone = context.new_page()
    wrong: list[str] = []
    alone.on("pageerror", lambda error: wrong.append(str(error)))
    alone.goto(target.as_uri())
    alone.locator(".row.run").nth(5).wait_for()
    expect(alone.locator(".row.run [aria-colindex='4']").first).to_have_text(re.compile(r"\d"))
    expect(alone.locator(".bar [role=status].chip")).to_have_count(0)

    alone.keyboard.press("]")
    expect(alone.locator(".bar [role=status].chip")).to_contain_text(re.compile(r"from \d+ buckets a curve"))
    expect(alone.locator(".chart .failure, .chart-none")).to_have_count(0)

    alone.keyboard.press("[")
    alone.keyboard.press("g")
    alone.get_by_text("All but seed").click()
    for place, text in enumerate(rows):
        expect(alone.locator(".row.group").nth(place)).to_have_text(text)
    expect(alone.locator("[data-chart='val/acc'] [role=img]").first).to_have_attribute("aria-label", re.compile("10"))
    assert _caption(alone, "val/acc").split("best")[0] == caption.split("best")[0]

    alone.keyboard.press("g")
    alone.get_by_text("model.name", exact=True).first.click()
    expect(alone.locator(".row.group")).to_have_count(5)
    field = "mean(val/acc,25)"
    total = _answer(server, f"/api/runs?project={ux_store.PROJECT}&q={field}%3E0.9&keys=-")["total"]
    assert 0 < total < 50
    alone.get_by_label("Filter runs").fill(f"{field}>0.9")
    expect(alone.locator(".counts")).to_contain_text(f"{total} runs of 50")
    assert wrong == []
    context.close()
