"""What the tests of callbacks share: a store of their own, and nothing that reaches a network."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import eventide
from eventide.sdk.session import current
from eventide.table.store import open as open_store

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")


@pytest.fixture(autouse=True)
def _own_store(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Log to a store of the test's own, and leave no run behind."""
    monkeypatch.setenv("EVENTIDE_DIR", str(store_dir))
    monkeypatch.setenv("EVENTIDE_CAPTURE", "none")
    monkeypatch.setenv("EVENTIDE_CONSOLE", "off")
    yield
    while (run := current()) is not None:
        run.finish()


@pytest.fixture
def the_run(store_dir: Path) -> Iterator[Callable[[], Any]]:
    """Return the only run of the store, once it is asked for."""
    with contextlib.ExitStack() as stack:

        def find() -> Any:
            db = stack.enter_context(open_store(store_dir))
            (found,) = db.runs().index
            return db.run(found)

        yield find


@pytest.fixture
def run() -> Iterator[eventide.Run]:
    """Return a run of the script's own."""
    with eventide.init(project="p") as begun:
        yield begun
