"""The page of a store beside a notebook: a server of its own on the loopback, shown in a frame, with a link for where frames do not work.

Invariant: there is one server for each store and kernel, on this machine alone, and it ends when the kernel does, however that ends: it
listens to a pipe that the kernel holds.
"""

from __future__ import annotations

import atexit
import html
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO

from eventide.errors import EventideError, InvalidSetting
from eventide.layout import Layout, find_root
from eventide.transport import is_url

HEIGHT_PX = 720
STOP_S = 5.0

_CHILD = """
import os, runpy, signal, sys, threading
def follow():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=follow, daemon=True).start()
sys.argv = ["eventide", "ui", sys.argv[1], "--port", "0", "--no-browser", "--frames"]
runpy.run_module("eventide", run_name="__main__")
"""

_pages: dict[str, Page] = {}


class Page:
    """The page of a store at an address; a notebook shows it where it is the last value of a cell."""

    def __init__(self, url: str, process: subprocess.Popen[str] | None = None, *, height_px: int = HEIGHT_PX) -> None:
        self.url = url
        self.height_px = height_px
        self._process = process
        self._owner = os.getpid()

    def __repr__(self) -> str:
        return f"{self.url}  (Eventide; open it in a browser on this machine)"

    def _repr_html_(self) -> str:
        url = html.escape(self.url, quote=True)
        link = f'<a href="{url}" target="_blank" rel="noopener">{url}</a>'
        if self._process is None:
            return f"<p>{link}</p>"
        frame = (
            f'<iframe src="{url}" width="100%" height="{self.height_px}" style="border:0" title="Eventide"></iframe>'
        )
        return f'{frame}<p style="opacity:.65">{link}</p>'

    @property
    def is_running(self) -> bool:
        """Whether its server, started from here, still runs."""
        return self._process is not None and self._owner == os.getpid() and self._process.poll() is None

    def stop(self) -> None:
        """End the server that was started for it; one that somebody else runs is left."""
        process = self._process
        if process is None or self._owner != os.getpid():
            return
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)


def show_page(store: str | os.PathLike[str] | None = None, *, height_px: int = HEIGHT_PX) -> Page:
    """Return the page of a store, served from now on until the kernel ends or `stop` is called.

    Args:
        store: its folder, None for the one `eventide.init()` would write to; the address of a server is linked to.
        height_px: height of the frame in pixels, 100 or more.

    Raises:
        NotAStore: there is no store there.
        InvalidSetting: the height is no height.
        EventideError: the server does not start; what it said is in the message.
    """
    if height_px < 100:
        raise InvalidSetting(
            f"a frame of {height_px} pixels is too low to see anything", hint="%eventide ui --height 720"
        )
    if is_url(store):
        return Page(str(store), height_px=height_px)
    layout = Layout(find_root(store))
    layout.check()
    root = str(layout.root.absolute())
    held = _pages.get(root)
    if held is not None and held.is_running:
        held.height_px = height_px
        return held
    page = _pages[root] = _started(root, height_px)
    atexit.register(page.stop)
    return page


def stop_pages() -> int:
    """End all servers that `show_page` started in this process; return how many there were."""
    running = [page for page in _pages.values() if page.is_running]
    for page in running:
        page.stop()
    _pages.clear()
    return len(running)


def _started(root: str, height_px: int) -> Page:
    own_group = {"creationflags": 0x200} if sys.platform == "win32" else {"start_new_session": True}
    process = subprocess.Popen(  # noqa: S603 - an interrupt of the kernel is not meant for it, so it gets a group of its own
        [sys.executable, "-c", _CHILD, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        **own_group,
    )
    assert process.stderr is not None  # noqa: S101 - a pipe
    said = process.stderr.readline()
    if not said.startswith("http"):
        said += process.communicate()[1]
        raise EventideError(f"the page of `{root}` cannot be served: {said.strip()[-500:]}")
    threading.Thread(target=_drain, args=(process.stderr,), name="eventide-page", daemon=True).start()
    return Page(said.split()[0], process, height_px=height_px)


def _drain(said: IO[str]) -> None:
    with suppress(OSError, ValueError), said:
        for _ in said:
            pass
