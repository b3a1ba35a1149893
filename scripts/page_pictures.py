"""Draw the pictures of the workspace in docs/pictures: runs beside their curves, groups in the dark, spikes.

    python scripts/page_pictures.py [STORE]

Needs Chromium. Without a store the one that the page is measured on is made, which takes a minute.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import ux_store  # noqa: E402 - lies beside this folder, not in the package
from benchmarks.ux import chromium_browser, served  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = ROOT / "docs" / "pictures"
HOME = f"/p/{ux_store.PROJECT}"


def _draw(
    browser: Browser,
    address: str,
    name: str,
    hover: tuple[str, float, float],
    *keys: str,
    theme: Literal["light", "dark"] = "light",
) -> None:
    """Draw one page after some keys, with the crosshair at a share of a chart's width and height."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    plot = page.locator(f'[data-chart="{hover[0]}"] .u-over').first
    plot.wait_for()
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(500)
    box = plot.bounding_box()
    assert box is not None  # noqa: S101 - it was waited for
    page.mouse.move(box["x"] + hover[1] * box["width"], box["y"] + hover[2] * box["height"], steps=4)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


def main() -> int:
    """Draw them all."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / ".eventide"
        if len(sys.argv) < 2:
            ux_store.write(store)
        with served(store) as address, chromium_browser() as browser:
            if browser is None:
                sys.exit("no chromium here")
            home = address + HOME
            _draw(browser, home, "page", ("train/loss", 0.97, 0.25))
            _draw(browser, f"{home}?sm=.6", "page-groups", ("val/acc", 0.05, 0.3), "g", "Enter", theme="dark")
            _draw(browser, f"{home}?n=all&p=charts&c=train/loss&w=1", "page-spikes", ("train/loss", 0.4, 0.5))
    return 0


if __name__ == "__main__":
    sys.exit(main())
