"""What every test gets: a folder of its own, and nothing of the developer's environment."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What tells a process its place in a distributed job, and what configures the tools Eventide asks.
_FOREIGN_PREFIXES = (
    "EVENTIDE_",
    "GIT_",
    "MASTER_",
    "OMPI_",
    "PMIX_",
    "PMI_",
    "SLURM_",
    "TORCHELASTIC_",
)
_FOREIGN_NAMES = ("GROUP_RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "NODE_RANK", "RANK", "WORLD_SIZE")

# "dev" is quick and looks somewhere new each time; "ci" looks longer, and at the same places for the same code.
settings.register_profile("dev", max_examples=20, deadline=None)
settings.register_profile(
    "ci", max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the developer's settings, job variables, git configuration and working directory."""
    for name in os.environ:
        if name.startswith(_FOREIGN_PREFIXES) or name in _FOREIGN_NAMES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("EVENTIDE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EVENTIDE_QUIET", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Eventide tests")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tests@eventide.invalid")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(work)


@pytest.fixture(autouse=True)
def _own_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hide the loop that Playwright leaves running in a thread from the tests that begin one of their own."""
    left = asyncio._get_running_loop()
    if left is None or request.node.get_closest_marker("browser"):
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(left)


@pytest.fixture(autouse=True)
def _no_run_left() -> Iterator[None]:
    """Fail a test that leaves a run unfinished, which would be the current run of a later one."""
    yield
    session = sys.modules.get("eventide.sdk.session")
    left = list(session._runs) if session else []
    for run in [*left, *(session._beside if session else ())]:
        run.finish()
    assert [run.name for run in left] == []


@pytest.fixture
def store_dir(tmp_path: Path) -> Path:
    """Return where a store may be made; nothing is there yet."""
    return tmp_path / "store"
