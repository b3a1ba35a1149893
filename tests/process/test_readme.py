"""The README does what it says: its example runs as pasted, and its commands answer."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
CLI = "from eventide.cli.main import run; run()"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def _commands() -> list[str]:
    lines = [line for block in _blocks("console") for line in block.splitlines()]
    return [line for line in lines if line.startswith("eventide ")]


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with no settings but a cache of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("EVENTIDE_")}
    env["EVENTIDE_CACHE_DIR"] = str(folder / "cache")
    command = [sys.executable, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=env)


@pytest.fixture(scope="module")
def pasted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the example has run once."""
    folder = tmp_path_factory.mktemp("readme")
    (example,) = _blocks("python")
    answer = _run(folder, "-c", example)
    assert (answer.returncode, answer.stderr) == (0, "")
    (folder / "output.txt").write_text(answer.stdout, encoding="utf-8")
    return folder


def test_the_example_is_short() -> None:
    """The example can be read at a glance."""
    (example,) = _blocks("python")
    assert len([line for line in example.splitlines() if line.strip()]) <= 20


@pytest.mark.process
@pytest.mark.slow
def test_the_example_runs_as_pasted(pasted: Path) -> None:
    """The example runs in an empty folder, makes its store there, and prints the runs, their mean, rows and an SQL answer."""
    output = (pasted / "output.txt").read_text(encoding="utf-8")
    assert (pasted / ".eventide" / "store.json").is_file()
    assert all(text in output for text in ("config.seed", "mean", "std", "train/loss", "best"))


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("command", _commands())
def test_the_commands_answer(pasted: Path, command: str) -> None:
    """Each shell command of the README works on what the example has written."""
    answer = _run(pasted, "-c", CLI, *shlex.split(command)[1:])
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.strip()
