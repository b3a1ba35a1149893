"""A store with known runs, and a way to call the program in this process."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eventide.cli.program import app
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout

START = 1_795_000_000.0
"""2026-11-18T14:26:40Z."""


class SetClock:
    """A clock that stands where it was put."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        """Return the time that was set."""
        return self.now

    def monotonic(self) -> float:
        """Return the time that was set."""
        return self.now


@dataclass(frozen=True)
class Answer:
    """What a call of the program gave."""

    code: int
    out: str
    err: str


Eventide = Callable[..., Answer]


def write_run(
    root: Path,
    number: int,
    name: str,
    config: dict[str, Any],
    rows: list[dict[str, Any]],
    *,
    status: str = "finished",
    error: str = "",
    tags: tuple[str, ...] = (),
    project: str = "test",
    console: str = "",
) -> str:
    """Write one run's journal; runs with higher numbers start later, rows are a second apart."""
    run_id = f"20261118-{number:06d}-test-run-{number:08d}"
    clock = SetClock(START + 100 * number)
    writer = JournalWriter(Layout(root), Identity(run_id, project, "run"), clock=clock)
    writer.set(("name",), name)
    writer.set(("config",), config)
    for tag in tags:
        writer.set(("tags", tag), value=True)
    for row in rows:
        clock.now += 1
        writer.append(row)
    if console:
        writer.console(console)
    clock.now += 1
    writer.close({"status": status, **({"error": error} if error else {})})
    return run_id


HOSTILE = "a\tb\nc\x1b[31mred\x1b[0m\x07 <b>&|\u202eevil"
"""A text with everything that could steer a terminal, break a table or a page."""


def make_store(root: Path) -> Path:
    """Make a store of five runs: three seeds of a model, one diverged and failed, one with a name as hostile as it gets."""
    Layout(root).create(now_s=START)
    for seed in range(3):
        curve = [{"val/acc": 0.5 + 0.1 * step + 0.01 * seed, "train/loss": 1.0 / (step + 1)} for step in range(5)]
        config = {"lr": 0.001, "seed": seed, "opt": {"name": "adam"}}
        write_run(root, seed, f"cnn-{seed}", config, curve, tags=("paper",) if seed else (), console=f"hello {seed}\n")
    diverged = [{"val/acc": 0.2, "train/loss": 2.0}, {"train/loss": math.nan}, {"train/loss": math.inf}]
    trace = "Traceback (most recent call last):\nValueError: the loss is NaN"
    write_run(root, 3, "hot", {"lr": 0.3, "seed": 0, "opt": {"name": "sgd"}}, diverged, status="failed", error=trace)
    odd = [{"val/acc": 3.9e-4, "text": HOSTILE, "n": 7, "flag": True, "big": 2**60, "list": [1, None, "x"]}]
    write_run(root, 4, "odd one", {"lr": 64, "note": HOSTILE}, odd, project="other")
    return root


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of known runs that no test changes."""
    return make_store(tmp_path_factory.mktemp("sample") / "store")


@pytest.fixture
def own_sample(sample: Path, tmp_path: Path) -> Path:
    """Return a copy of the known store that the test may change."""
    return Path(shutil.copytree(sample, tmp_path / "store"))


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's colours and width out of the tests."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def eventide(sample: Path) -> Eventide:
    """Return a function that calls the program on the known store, in this process."""
    return caller(sample)


@pytest.fixture
def own_eventide(own_sample: Path) -> Eventide:
    """Return a function that calls the program on a store of the test's own."""
    return caller(own_sample)


def caller(store: Path) -> Eventide:
    """Return a function that calls the program on a store."""

    def call(*arguments: str, stdin: str | None = None) -> Answer:
        result = CliRunner().invoke(app, ["--store", str(store), *arguments], input=stdin)
        return Answer(result.exit_code, result.stdout, result.stderr)

    return call
