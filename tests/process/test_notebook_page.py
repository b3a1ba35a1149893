"""`%eventide ui`: the page of a store beside a notebook, and that its server ends with the kernel."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from eventide.errors import InvalidSetting, NotAStore
from eventide.table import magics
from eventide.table.page import Page, show_page, stop_pages
from eventide.testing import make_run

KERNEL = """
import sys, time
from eventide.table.page import show_page
page = show_page(sys.argv[1])
print(page.url, page._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def store(store_dir: Path) -> Iterator[Path]:
    """Return a store with a run; whatever serves it is ended."""
    make_run(store_dir, "a", [{"loss": 1.0}], name="first")
    yield store_dir
    stop_pages()


def until(there: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 20
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_page_is_served_for_frames_of_this_machine(store: Path) -> None:
    """The page answers, lets notebooks of this machine show it in a frame, and is one server however often it is asked for."""
    page = show_page(store)
    answer = httpx.get(page.url, trust_env=False)
    assert answer.status_code == 200
    assert "frame-ancestors 'self' http://localhost:*" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers
    assert f'<iframe src="{page.url}"' in page._repr_html_()
    assert page.url in repr(page)
    again = show_page(store, height_px=300)
    assert again is page
    assert 'height="300"' in again._repr_html_()
    assert stop_pages() == 1
    assert not page.is_running
    with pytest.raises(httpx.HTTPError):
        httpx.get(page.url, trust_env=False)


@pytest.mark.parametrize("how", ["killed", "ended"])
def test_the_server_ends_with_the_kernel(store: Path, how: str) -> None:
    """Killed or ended in order, the kernel takes the server with it."""
    command = [sys.executable, "-c", KERNEL, str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as kernel:
        assert kernel.stdout is not None
        url, number = kernel.stdout.readline().split()
        assert httpx.get(url, trust_env=False).status_code == 200
        if how == "killed":
            kernel.kill()
        kernel.communicate()
    until(lambda: not psutil.pid_exists(int(number)) or _is_over(int(number)))


def _is_over(number: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(number).status() == psutil.STATUS_ZOMBIE
    return True


def test_a_server_elsewhere_is_linked_to() -> None:
    """The page of a hub is not served again; it is a link."""
    page = show_page("https://hub.example")
    assert (page.url, page.is_running) == ("https://hub.example", False)
    assert "<iframe" not in page._repr_html_()
    page.stop()


def test_what_cannot_be_shown_says_so(store: Path, tmp_path: Path) -> None:
    """No store, no height and no such verb are errors with a way out."""
    with pytest.raises(NotAStore):
        show_page(tmp_path / "nothing")
    with pytest.raises(InvalidSetting):
        show_page(store, height_px=5)
    for line in ("bogus", "ui a b", "stop now", "ui --height tall"):
        with pytest.raises(InvalidSetting):
            magics.page(line)


def test_in_an_ipython_shell(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a real shell the extension loads, and the magic shows the page and ends it."""
    interactive: Any = pytest.importorskip("IPython.core.interactiveshell")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("EVENTIDE_DIR", str(store))
    shell = interactive.InteractiveShell()
    shell.run_cell("%load_ext eventide").raise_error()
    shown = shell.run_cell(f"%eventide ui {store} --height 500")
    shown.raise_error()
    assert isinstance(shown.result, Page)
    formatted, _ = shell.display_formatter.format(shown.result)
    assert 'height="500"' in formatted["text/html"]
    assert httpx.get(shown.result.url, trust_env=False).status_code == 200
    assert shell.run_cell("%eventide stop").result == "1 server ended"
    assert shell.run_cell("%runs").success
