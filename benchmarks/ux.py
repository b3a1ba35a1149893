"""The page in a real browser on a real server: first paint, overlay, spikes, live delay, weight.

Measured in Chromium with an empty profile, on the same machine as the server. Bytes, requests and what is shown are exact; times
include the rendering in software that a machine without a screen has.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import ux_store
from benchmarks.measure import ROOT, Row, Scale, environment, folder, mb, ms, percentile

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
ROUNDS = 3
LIVE_S = 12
PAINT_S, ROWS_S, CHART_S = 0.25, 0.5, 0.7
OVERLAY_S, OVERLAY_BYTES, HEAP_BYTES = 0.5, 600_000, 25e6
LIVE_P95_S = 1.0
HOME = f"/p/{ux_store.PROJECT}"

# When rows and the first drawn chart appear, in milliseconds since the navigation.
_MARKS = """
window.marks = {};
const mark = (name, there) => {
  if (!window.marks[name] && there) requestAnimationFrame(() => (window.marks[name] ??= performance.now()));
};
new MutationObserver(() => {
  mark('rows', document.querySelector('.row.run .run-name'));
  mark('chart', document.querySelector('.plot canvas'));
}).observe(document, { childList: true, subtree: true });
"""
# The policy of the page forbids what Playwright's own waiting evaluates.
_MARKED = "async () => { while (!window.marks.rows || !window.marks.chart) await new Promise(requestAnimationFrame); }"
# How old a logged clock is when its cell is drawn.
_DELAYS = """
window.delays = [];
let seen = {};
const look = () => {
  for (const row of document.querySelectorAll('.row.run')) {
    const name = row.querySelector('.run-name').textContent;
    const logged = parseFloat(row.querySelector('.table-cell')?.title ?? '');
    if (logged && seen[name] && seen[name] !== logged) window.delays.push(Date.now() / 1000 - logged);
    if (logged) seen[name] = logged;
  }
  requestAnimationFrame(look);
};
look();
"""
_WRITER = """
import sys, time, eventide
run = eventide.init(project="live", name=sys.argv[2], dir=sys.argv[1], capture="none", system_interval_s=0, console="off", snapshot=False)
end = time.time() + float(sys.argv[3])
step = 0
while time.time() < end:
    run.log({"clock": time.time(), "loss": 1 / (step + 1)}, step=step)
    step += 1
    time.sleep(0.5)
run.finish()
"""


def rows(scale: Scale) -> list[Row]:
    """Measure the page; nothing where there is no browser."""
    with chromium_browser() as browser:
        if browser is None:
            return [Row("page", "", "no chromium here")]
        return [*_first_paint(browser, scale), *_overlay(browser, scale), *_live(browser, scale), *_weight()]


@contextlib.contextmanager
def chromium_browser() -> Iterator[Any]:
    """Give a browser, or None where there is none."""
    chromium = shutil.which("chromium")
    if chromium is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def served(store: Path) -> Iterator[str]:
    """Give the address of a server of a store."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "eventide", "ui", str(store), "--no-browser", "--port", url.rpartition(":")[2]]
    process = subprocess.Popen(command, env=environment(), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(url + "/healthz", timeout=1):  # noqa: S310
                break
            time.sleep(0.05)
        time.sleep(1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _page(browser: Any, url: str, script: str = "") -> Any:
    page = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=url).new_page()
    if script:
        page.add_init_script(script)
    return page


def _first_paint(browser: Any, scale: Scale) -> list[Row]:
    runs = scale(1000, 40)
    found: list[dict[str, float]] = []
    with folder() as root:
        ux_store.write(root / "store", runs=runs, steps=100, images=False)
        with served(root / "store") as url:
            for _ in range(ROUNDS + 1):
                page = _page(browser, url, _MARKS)
                page.goto(HOME)
                page.evaluate(_MARKED)
                paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
                found.append({"paint": paint, **page.evaluate("window.marks")})
                page.context.close()
    paint, table, chart = (
        sorted(one[name] for one in found[1:])[ROUNDS // 2] / 1e3 for name in ("paint", "rows", "chart")
    )
    return [
        Row(f"page of {runs:,} runs: first contentful paint", f"≤ {ms(PAINT_S)}", ms(paint), met=paint <= PAINT_S),
        Row(f"page of {runs:,} runs: rows", f"≤ {ms(ROWS_S)}", ms(table), met=table <= ROWS_S),
        Row(f"page of {runs:,} runs: first chart", f"≤ {ms(CHART_S)}", ms(chart), met=chart <= CHART_S),
    ]


def _overlay(browser: Any, scale: Scale) -> list[Row]:
    steps = scale(100_000, 1000)
    spikes, nodes, heap = "", 0, 0.0
    times: list[float] = []
    sizes: list[int] = []
    with folder() as root:
        ux_store.write(root / "store", steps=steps, images=False)
        with served(root / "store") as url:
            for _ in range(ROUNDS + 1):
                page = _page(browser, url)
                page.on(
                    "response", lambda answer: sizes.append(len(answer.body())) if "/api/series" in answer.url else None
                )
                page.goto(f"{HOME}?c=train/loss&n=3")
                page.locator(".plot canvas").wait_for()
                page.wait_for_timeout(800)
                times.append(page.evaluate(_CLICK))
                page.wait_for_timeout(300)
                spikes = page.locator(".chart-chips").inner_text()
                heap = _heap(page)
                nodes = page.evaluate("document.querySelectorAll('*').length")
                page.context.close()
    took = sorted(times[1:])[ROUNDS // 2] / 1e3
    what = f"overlay of 50 runs x {steps:,} points"
    return [
        Row(f"{what}: click to pixels", f"≤ {ms(OVERLAY_S)}", ms(took), met=took <= OVERLAY_S),
        Row(f"{what}: bytes of the answer", f"≤ {mb(OVERLAY_BYTES)}", mb(max(sizes)), met=max(sizes) <= OVERLAY_BYTES),
        Row(f"{what}: heap of the page", f"≤ {mb(HEAP_BYTES)}", mb(heap), met=heap <= HEAP_BYTES),
        Row(f"{what}: planted spikes counted above the bulk", "18", spikes.split("\n")[0], met="18 above" in spikes),
        Row(f"{what}: nodes of the document", "≤ 5,000", f"{nodes:,}", met=nodes <= 5000),
    ]


# From the click on "Show all" until the chart says that it shows fifty runs and the frame after that is drawn.
_CLICK = """async () => {
  const started = performance.now();
  [...document.querySelectorAll('.shown-line button')].find((one) => /all/i.test(one.textContent)).click();
  while (!/50 runs/.test(document.querySelector('.plot')?.getAttribute('aria-label') ?? '')) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - started;
}"""


def _heap(page: Any) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"])


def _live(browser: Any, scale: Scale) -> list[Row]:
    writers, lasting = scale(20, 3), scale(LIVE_S, 4)
    with folder() as root:
        store = root / "store"
        command = [sys.executable, "-c", _WRITER, str(store)]
        first = subprocess.Popen(
            [*command, "writer 0", str(lasting + 6)], env={**environment(), "PYTHONPATH": str(ROOT / "src")}
        )
        time.sleep(1)
        with served(store) as url:
            page = _page(browser, url)
            page.goto("/p/live?cols=last(clock)&s=name")
            page.locator(".row.run").first.wait_for()
            more = [
                subprocess.Popen(
                    [*command, f"writer {number}", str(lasting)], env={**os.environ, "PYTHONPATH": str(ROOT / "src")}
                )
                for number in range(1, writers)
            ]
            page.wait_for_timeout(3000)
            page.evaluate(_DELAYS)
            page.wait_for_timeout((lasting - 3) * 1000)
            delays = sorted(page.evaluate("window.delays"))
            for process in (first, *more):
                process.wait(60)
    p95 = percentile(delays, 0.95) if delays else float("inf")
    what = f"`log()` to pixel with {writers} writers, p95 of {len(delays):,}"
    return [Row(what, f"≤ {ms(LIVE_P95_S)}", ms(p95), met=p95 <= LIVE_P95_S)]


def _weight() -> list[Row]:
    built = json.loads((ROOT / "src/eventide/server/static/build.json").read_text(encoding="utf-8"))["gzip_bytes"]
    return [
        Row("first load: script, gzipped", "≤ 61.4 kB", f"{built['js'] / 1e3:.1f} kB", met=built["js"] <= 60 * 1024),
        Row("first load: style, gzipped", "≤ 10.2 kB", f"{built['css'] / 1e3:.1f} kB", met=built["css"] <= 10 * 1024),
    ]
