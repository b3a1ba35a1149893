"""The dashboard in a real browser, served as people serve it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import eventide
from eventide.testing import make_run

pytest.importorskip("streamlit")
pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture
def url(store_dir: Path) -> Iterator[str]:
    """Return where the dashboard of a small store is served."""
    for number in range(3):
        rows = [{"acc": 0.1 * number + step / 10} for step in range(5)]
        name = f"<img src=x onerror=alert({number})>"
        make_run(
            store_dir,
            f"20260101-00000{number}-some-run-{number:08d}",
            rows,
            name=name,
            config={"lr": 0.1, "seed": number},
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "from eventide.cli.main import run; run()"
    command = [sys.executable, "-c", code, "dashboard", str(store_dir), "--headless", "--port", str(port)]
    env = {**os.environ, "PYTHONPATH": str(Path(eventide.__file__).parents[1])}
    server = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=10)


def _wait(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 - our own
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def test_the_page_draws_and_asks_no_other_host(browser: Any, url: str) -> None:
    """Table and curves appear, what was logged runs as no script, and every request stays on this machine."""
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    trouble: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.goto(url)
    page.wait_for_selector(".js-plotly-plot .scatterlayer path", timeout=60_000)
    heading = page.inner_text("h1")
    context.close()

    assert heading == "Runs in store"
    assert trouble == []
    assert {"127.0.0.1"} == {urlsplit(address).hostname for address in asked if address.startswith(("http", "ws"))}
