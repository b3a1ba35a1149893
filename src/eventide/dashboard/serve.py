"""Start the dashboard, for a store or for a folder that Hydra wrote.

Invariant: bound to 127.0.0.1, no usage statistics, no look at who we are from outside; a Hydra tree is imported into a store in the user's
cache, never into the tree.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs

from eventide import settings
from eventide._optional import require
from eventide.clock import SYSTEM_CLOCK
from eventide.errors import NotAStore
from eventide.hydra.importing import Importer
from eventide.hydra.rules import FILE_NAME, default_rules, read_rules
from eventide.hydra.tree import Memory, find_runs
from eventide.layout import STORE_DIR, Layout
from eventide.store.local import LocalSource

ADDRESS = "127.0.0.1"
PORT = 8501


def store_of(folder: Path, on_problem: Callable[[str, str], None] = lambda _path, _reason: None) -> Path:
    """Return the store to show: the folder itself, its `.eventide/`, or one in the cache with the Hydra runs below, brought up to date.

    Raises:
        NotAStore: it is neither a store nor a folder with Hydra runs.
    """
    for root in (folder, folder / STORE_DIR):
        if (root / "store.json").is_file():
            return root
    if not folder.is_dir() or not find_runs(str(folder), Memory(), lambda _path, _reason: None):
        raise NotAStore(
            f"`{folder}` is neither a store nor a folder with Hydra runs", hint="eventide dashboard multirun"
        )
    layout = Layout(_cached_store(folder))
    layout.create(now_s=SYSTEM_CLOCK.time())
    own = folder / FILE_NAME
    source = LocalSource(layout.root)
    try:
        rules = read_rules(own) if own.is_file() else default_rules()
        Importer(
            str(folder),
            source,
            layout,
            rules,
            project=settings.get("project"),
            clock=SYSTEM_CLOCK,
            on_problem=on_problem,
        ).run_once()
    finally:
        source.close()
    return layout.root


def _cached_store(folder: Path) -> Path:
    base = settings.get("cache_dir") or platformdirs.user_cache_dir("eventide", appauthor=False)
    return Path(base) / "hydra" / hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]


def command(folder: Path, *, port: int = PORT, headless: bool = False) -> list[str]:
    """Return the command line that serves the dashboard of a folder."""
    options = {
        "server.address": ADDRESS,
        "server.port": port,
        "server.headless": headless,
        "server.fileWatcherType": "none",
        "browser.serverAddress": "localhost",
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
    }
    flags = [f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in options.items()]
    script = Path(__file__).with_name("app.py")
    return [sys.executable, "-m", "streamlit", "run", str(script), *flags, "--", str(folder)]


def serve(folder: Path, *, port: int = PORT, headless: bool = False) -> int:
    """Serve until interrupted; return the exit status of the server. Raises MissingExtra when Streamlit is not installed."""
    require("streamlit", "dashboard")
    require("plotly", "plots")
    with subprocess.Popen(command(folder, port=port, headless=headless)) as server:  # noqa: S603 - our own
        before = signal.signal(signal.SIGTERM, lambda _signal, _frame: server.terminate())
        try:
            return 0 if server.wait() == -signal.SIGTERM else server.returncode
        except KeyboardInterrupt:  # the server has been interrupted too
            return 0
        finally:
            signal.signal(signal.SIGTERM, before)
            if server.poll() is None:
                server.terminate()
