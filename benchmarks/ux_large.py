"""The page on a large store: 10,000 runs of 1,000 keys each, opened, scrolled, searched.

    python -m benchmarks.ux_large DIR [--runs 10000] [--keys 1000]      only write the store

Frames are what the browser says of its own: the time from one to the next while the wheel turns. A frame over 50 ms is one that a
person sees. The store is written by two processes through the public API, two rows a run; the server's first reading of it is
stated on its own, since it happens once.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import urllib.request
from itertools import pairwise
from pathlib import Path
from time import perf_counter as clock
from typing import Any

from benchmarks.measure import ROOT, Row, Scale, folder, ms
from benchmarks.ux import chromium_browser, served

PROJECT = "large"
SECTIONS = 40
WRITERS = 2
FRAMES_SHARE, NODES = 0.01, 5000
FIRST_S, SOON_S = 0.7, 0.3
OPENED = 3
HOME = f"/p/{PROJECT}"

# Times of frames while something happens: `frames.begin()`, then `frames.end()` gives milliseconds between them.
_FRAMES = """
window.frames_of = { times: [], on: false };
window.begin_frames = () => {
  frames_of.times = [];
  frames_of.on = true;
  const tick = (at) => (frames_of.times.push(at), frames_of.on && requestAnimationFrame(tick));
  requestAnimationFrame(tick);
};
window.end_frames = () => ((frames_of.on = false), frames_of.times);
"""
# Charts that are near what one sees: those that may ask.
_NEAR = """() => {
  const box = document.querySelector('.charts-scroll').getBoundingClientRect();
  return [...document.querySelectorAll('.charts-scroll .chart')].filter((one) => {
    const at = one.getBoundingClientRect();
    return at.bottom > box.top - 320 && at.top < box.bottom + 320;
  }).length;
}"""


def write_part(root: Path, first: int, runs: int, keys: int) -> None:
    """Log `runs` runs with `keys` metrics each, from the place `first` on."""
    import eventide

    names = [f"layer{place % SECTIONS:02d}/grad_{place // SECTIONS:02d}" for place in range(keys - 1)]
    for place in range(first, first + runs):
        config = {"seed": place % 5, "optimizer": {"lr": (place % 97 + 1) / 1e4}, "depth": place % 7}
        quiet: dict[str, Any] = {"capture": "none", "system_interval_s": 0, "console": "off", "snapshot": False}
        run = eventide.init(project=PROJECT, name=f"trial-{place:05d}", config=config, dir=root, **quiet)
        for step in range(2):
            values = {name: (place * 31 + number * 17 + step) % 1009 / 1009 for number, name in enumerate(names)}
            run.log({"val/acc": (place * 7919 % 10_007 + step) / 10_010, **values}, step=step)
        run.finish()


def write(root: Path, runs: int, keys: int) -> float:
    """Write the store with several processes; return how long it took, in seconds."""
    begun = clock()
    each = -(-runs // WRITERS)
    command = [sys.executable, "-m", "benchmarks.ux_large", str(root), "--keys", str(keys)]
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "EVENTIDE_QUIET": "1"}
    parts = [
        subprocess.Popen([*command, "--part", str(first), "--runs", str(min(each, runs - first))], env=env)
        for first in range(0, runs, each)
    ]
    if any(part.wait() for part in parts):
        raise RuntimeError("a writer of the large store failed")
    return clock() - begun


def rows(scale: Scale) -> list[Row]:
    """Measure the page on the large store; nothing where there is no browser."""
    runs, keys = scale(10_000, 60), scale(1_000, 80)
    with folder() as root:
        took = write(root / "store", runs, keys)
        with chromium_browser() as browser:
            if browser is None:
                return [Row("page of a large store", "", "no chromium here")]
            begun = clock()
            with served(root / "store") as url:
                with urllib.request.urlopen(f"{url}/api/runs?project={PROJECT}&limit=1", timeout=900) as answer:  # noqa: S310
                    answer.read()
                first = Row(
                    f"{runs:,} runs x {keys:,} keys: written by {WRITERS} processes; first read by the server",
                    "",
                    f"{took:.0f} s; {clock() - begun:.0f} s",
                )
                return [first, *measured(browser, url, f"{runs:,} runs x {keys:,} keys")]


def measured(browser: Any, url: str, what: str) -> list[Row]:
    """Open the workspace at a server of the large store, and use it."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=url).new_page()
    page.add_init_script(_FRAMES)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/api/series" in one.url else None)
    opened = min(_opened(page) for _ in range(OPENED))
    page.wait_for_timeout(1500)
    near, fetched = page.evaluate(_NEAR), len(asked) // OPENED
    found = [
        Row(f"{what}: rows and first chart", f"≤ {ms(FIRST_S)}", ms(opened), met=opened <= FIRST_S),
        Row(f"{what}: curves asked for", f"≤ {near} charts near", str(fetched), met=fetched <= near),
    ]
    nodes = page.evaluate("document.querySelectorAll('*').length")
    for name, where, turns, pixels in (
        ("rows", ".table-box", 120, 280),
        ("rows, far at once", ".table-box", 60, 6000),
        ("charts", ".charts-scroll", 120, 240),
    ):
        times = _scrolled(page, where, turns, pixels)
        slow = sum(1 for time in times if time > 50)
        share = slow / max(1, len(times))
        nodes = max(nodes, page.evaluate("document.querySelectorAll('*').length"))
        found.append(
            Row(
                f"{what}: frames over 50 ms while scrolling {name}",
                "≤ 1 %",
                f"{share:.1%} of {len(times)} (longest {max(times):.0f} ms)",
                met=share <= FRAMES_SHARE,
            )
        )
    found.append(Row(f"{what}: nodes of the document, at most", f"≤ {NODES:,}", f"{nodes:,}", met=nodes <= NODES))
    return [*found, *_picked(page, what)]


def _opened(page: Any) -> float:
    page.goto("about:blank")
    begun = clock()
    page.goto(f"{HOME}")
    page.locator(".row.run .run-name").first.wait_for()
    page.locator(".plot canvas").first.wait_for()
    return clock() - begun


def _scrolled(page: Any, where: str, turns: int, pixels: int) -> list[float]:
    box = page.locator(where).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate("begin_frames()")
    for turn in range(turns):
        page.mouse.wheel(0, pixels if turn < turns * 2 / 3 else -pixels)
        page.wait_for_timeout(16)
    page.wait_for_timeout(300)
    times = page.evaluate("end_frames()")
    return [after - before for before, after in pairwise(times)]


def _picked(page: Any, what: str) -> list[Row]:
    begun = clock()
    page.keyboard.press("c")
    page.locator(".picker-list li").first.wait_for()
    opened = clock() - begun
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    with page.expect_response(lambda answer: "/api/complete" in answer.url) as found:
        begun = clock()
        page.keyboard.type("best(layer1")
    found.value.finished()
    completed = clock() - begun
    page.keyboard.press("Escape")
    return [
        Row(f"{what}: column picker opens", f"≤ {ms(SOON_S)}", ms(opened), met=opened <= SOON_S),
        Row(f"{what}: first completion of a key", f"≤ {ms(SOON_S)}", ms(completed), met=completed <= SOON_S),
    ]


def main() -> None:
    """Write the store, or a part of it."""
    parser = argparse.ArgumentParser(description="Write the large store that the page is measured on.")
    parser.add_argument("root", type=Path)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=1_000)
    parser.add_argument("--part", type=int)
    options = parser.parse_args()
    if options.part is None:
        print(f"written in {write(options.root, options.runs, options.keys):.0f} s")
    else:
        write_part(options.root, options.part, options.runs, options.keys)


if __name__ == "__main__":
    main()
