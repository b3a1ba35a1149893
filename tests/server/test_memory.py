"""How a server takes memory, and that it gives it back."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from eventide.server import live, memory
from eventide.server.live import Watcher
from eventide.testing import FakeClock

if TYPE_CHECKING:
    from eventide.source import Source

NAMES = ("ARROW_DEFAULT_MEMORY_POOL", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_ARENA_MAX")


class Library:
    """A C library that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def mallopt(self, what: int, value: int) -> None:
        """Note a setting."""
        self.told.append(({-1: "trim", -3: "mmap", -8: "arenas"}[what], value))

    def malloc_trim(self, kept: int) -> None:
        """Note that memory was given back."""
        self.told.append(("given back", kept))


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """Return a C library in place of the real one, and an environment that says nothing."""
    found = Library()
    monkeypatch.setattr(memory, "ctypes", SimpleNamespace(CDLL=lambda _name: found))
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="of the C library there")
def test_what_the_environment_chose_is_left(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrow takes its memory from the C library, which shares few heaps, unless the environment says otherwise."""
    memory.prepare()
    assert os.environ["ARROW_DEFAULT_MEMORY_POOL"] == "system"
    assert [what for what, _ in library.told] == ["trim", "mmap", "arenas"]
    library.told.clear()
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1")
    monkeypatch.setenv("MALLOC_ARENA_MAX", "8")
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
    memory.prepare()
    assert library.told == []
    assert os.environ["ARROW_DEFAULT_MEMORY_POOL"] == "jemalloc"


def test_memory_is_given_back_when_it_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """After something large twice, when the answer is out and when what was kept of it has gone; then once a minute."""
    clock = FakeClock()
    begun = clock.now_s
    released: list[float] = []
    monkeypatch.setattr(live, "time", clock)
    monkeypatch.setattr(live, "release", lambda: released.append(clock.now_s - begun))
    watcher = Watcher(cast("Source", None))  # nothing is asked of it here
    watcher.worked()
    for _ in range(130):
        clock.advance(1)
        watcher._give_back()
    assert released == [3, 9, 61, 122]
