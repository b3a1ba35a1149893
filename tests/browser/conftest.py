"""A real store, a real server and a real browser for the tests of the page.

Invariant: the server is a process of its own, started as a user starts it; the page is driven by mouse and keys alone, and every
click, drag, key or typed entry is counted.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from benchmarks import ux_store
from benchmarks.ux import FLAGS
from tests.browser import rich_store

ROOT = Path(__file__).parents[2]
STEPS = 1000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is here as driving a browser, and leave it out where there is none."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no chromium"))


class Server:
    """`eventide ui` as a process; `stop` and `start` again at the same place."""

    def __init__(self, store: Path, cache: Path) -> None:
        """Choose a free port."""
        self.store = store
        self.cache = cache
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "EVENTIDE_CACHE_DIR": str(self.cache),
            "EVENTIDE_QUIET": "1",
        }
        command = [sys.executable, "-m", "eventide", "ui", str(self.store), "--no-browser", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url + "/healthz", timeout=1):  # noqa: S310 - our own address
                    return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"no server at {self.url}")

    def stop(self) -> None:
        """End it."""
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def __enter__(self) -> Self:
        """Start it, for as long as the block runs."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.stop()


class Walk:
    """A person at the page: every action is counted."""

    def __init__(self, page: Any) -> None:
        """Begin with no actions."""
        self.page = page
        self.actions = 0

    def click(self, what: str) -> None:
        """Click something."""
        self.actions += 1
        self.page.locator(what).first.click()

    def press(self, key: str) -> None:
        """Press a key."""
        self.actions += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type an entry."""
        self.actions += 1
        self.page.keyboard.type(text)

    def drag(self, what: str, start: float, end: float) -> None:
        """Drag across something, from one share of its width to another."""
        self.actions += 1
        box = self.page.locator(what).first.bounding_box()
        middle = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + start * box["width"], middle)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + end * box["width"], middle, steps=6)
        self.page.mouse.up()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return a browser for the whole session."""
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=20_000)  # a limit, not a wait: other work may keep the machine busy
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield found
        found.close()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store of fifty real runs; nobody changes it."""
    root = tmp_path_factory.mktemp("page") / ".eventide"
    ux_store.write(root, steps=STEPS)
    return root


@pytest.fixture(scope="session")
def server(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server of the store."""
    with Server(store, tmp_path_factory.mktemp("cache")) as running:
        yield running


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    """Return a page of 1440 by 900 at the server, with an empty profile; errors in its console fail the test."""
    yield from opened(browser, server)


def opened(browser: Any, server: Server, **options: Any) -> Iterator[Any]:
    """Open a page with an empty profile, and check at its end that it asked nobody else and that nothing went wrong in it."""
    given = {"viewport": {"width": 1440, "height": 900}, "base_url": server.url, **options}
    context = browser.new_context(**given)
    made = context.new_page()
    wrong: list[str] = []
    elsewhere: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on(
        "console", lambda said: wrong.append(said.text) if said.type == "error" and not _expected(said.text) else None
    )
    made.on("request", lambda asked: elsewhere.append(asked.url) if not _own(asked.url, given["base_url"]) else None)
    yield made
    context.close()
    assert elsewhere == []
    assert wrong == []


def _own(url: str, base: str) -> bool:
    return url.startswith((base, "blob:", "data:", "ws://127.0.0.1"))


def _expected(text: str) -> bool:
    # A statement or a name that is refused is an answer with a status, and a server that is stopped does not answer.
    return re.search(r"400 \(Bad Request\)|ERR_CONNECTION|WebSocket connection", text) is not None


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server of a store whose runs left code, console, media and artifacts behind, some with hostile names."""
    folder = tmp_path_factory.mktemp("rich")
    rich_store.write(folder)
    with Server(folder / ".eventide", tmp_path_factory.mktemp("rich-cache")) as running:
        yield running
