"""Workspace, run and comparison as pictures in both themes, and what holds of every page whatever its letters look like."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks import ux_store
from playwright.sync_api import expect
from tests.browser import pictures
from tests.browser.conftest import Server, opened

HOME = f"/p/{ux_store.PROJECT}"
COLUMNS = "best(val/acc),config.optimizer.lr,config.model.name,last(train/loss)"
SIZE = {"width": 1120, "height": 560}
# Texts that are cut without a sign of it: wider than their box, which hides the rest and ends in no ellipsis.
_CUT = """() => [...document.querySelectorAll('button, a, h1, h2, h3, th, label, summary, .chip, .head-cell, dt')].filter((one) => {
  const style = getComputedStyle(one), at = one.getBoundingClientRect();
  const seen = at.width > 1 && at.height > 1 && at.bottom > 0 && at.top < innerHeight;
  return seen && one.scrollWidth > one.clientWidth + 2 && style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis';
}).map((one) => one.outerHTML.slice(0, 160))"""
# How far from the middle of the bar its parts stand, in pixels.
_OFF = """() => {
  const bar = document.querySelector('.bar').getBoundingClientRect();
  return [...document.querySelectorAll('.bar > *')].map((one) => one.getBoundingClientRect()).filter((at) => at.height > 0)
    .map((at) => Math.abs((at.top + at.bottom) / 2 - (bar.top + bar.bottom - 1) / 2));
}"""


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    """Return either theme."""
    return str(request.param)


@pytest.fixture
def shown(browser: Any, server: Server, theme: str) -> Iterator[Any]:
    """Return a page in that theme, in a small window."""
    yield from opened(browser, server, color_scheme=theme, viewport=SIZE, reduced_motion="reduce")


@pytest.fixture(scope="module")
def ids(server: Server) -> dict[str, str]:
    """Return the runs' ids by their names."""
    with urllib.request.urlopen(f"{server.url}/api/runs?project={ux_store.PROJECT}&keys=-", timeout=20) as answer:  # noqa: S310 - our own address
        return {run["name"]: run["id"] for run in json.load(answer)["runs"]}


def _still(page: Any, what: str) -> None:
    """Wait until what is asked for is there, and nothing more is asked."""
    page.locator(what).first.wait_for()
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)


def test_the_workspace_looks_as_it_did(shown: Any, theme: str, tmp_path: Path) -> None:
    """Table and curves of fifty runs look as in the kept picture."""
    shown.goto(f"{HOME}?cols={COLUMNS}")
    _still(shown, ".plot canvas")
    expect(shown.locator(".charts canvas")).not_to_have_count(0)

    pictures.check(shown, f"workspace-{theme}", tmp_path)


def test_a_run_looks_as_it_did(shown: Any, theme: str, ids: dict[str, str], tmp_path: Path) -> None:
    """The overview of a failed run looks as in the kept picture."""
    name = next(name for name in ids if name.endswith(f"-{ux_store.LOST:02d}"))
    shown.goto(f"/r/{ids[name]}")
    _still(shown, "h1")

    pictures.check(shown, f"run-{theme}", tmp_path, (".run-head p", "aside dl", "aside pre", ".run-aside"))


def test_a_comparison_looks_as_it_did(shown: Any, theme: str, ids: dict[str, str], tmp_path: Path) -> None:
    """The metrics of two runs side by side look as in the kept picture."""
    pair = ",".join(ids[name] for name in sorted(ids)[:2])
    shown.goto(f"/compare?runs={pair}&view=metrics")
    _still(shown, ".compare-table")

    pictures.check(shown, f"compare-{theme}", tmp_path)


@pytest.mark.parametrize("width", [800, 1280])
def test_no_text_is_cut_and_the_bar_is_level(browser: Any, rich: Server, width: int) -> None:
    """On no page a text is cut without an ellipsis, and everything in the bar stands on one line."""
    with urllib.request.urlopen(f"{rich.url}/api/runs?project=rich&keys=-", timeout=20) as answer:  # noqa: S310 - our own address
        first, second = [run["id"] for run in json.load(answer)["runs"]][:2]
    places = [
        "/?all",
        "/p/rich",
        "/p/rich/plots",
        "/p/rich/media",
        "/p/rich/artifacts",
        "/sql",
        "/bin",
        "/settings",
        "/help",
    ]
    places += [f"/r/{first}{tab}" for tab in ("", "/metrics", "/console", "/config", "/code", "/media", "/raw")]
    places += [f"/compare?runs={first},{second}&view={view}" for view in ("config", "metrics", "curves", "code")]
    for page in opened(browser, rich, viewport={"width": width, "height": 800}):
        for place in places:
            page.goto(place)
            page.locator("main h1, main input, main table").first.wait_for()
            page.wait_for_load_state("networkidle")

            assert page.evaluate(_CUT) == [], place
            assert max(page.evaluate(_OFF)) <= 1.5, place
