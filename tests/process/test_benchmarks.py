"""The benchmarks run; how fast is their own business."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("name", ["log_cost", "small_runs", "seal", "writers"])
def test_a_subject_yields_rows_of_the_table(name: str) -> None:
    """A subject in quick mode ends well, fills its lines of the table, and says that its sizes are small."""
    command = [sys.executable, "-m", "benchmarks", name, "--quick"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert answer.returncode == 0, answer.stderr
    head, _, *lines = [line for line in answer.stdout.splitlines() if line.startswith("|")]
    assert head == "| what | to reach | measured | baseline in the same run | ratio | met |"
    assert lines
    assert all(len(line.strip("|").split(" | ")) == 6 for line in lines)
    assert "small sizes" in answer.stdout
    assert "Failed" not in answer.stdout


@pytest.mark.process
def test_an_unknown_subject_is_named() -> None:
    """A name that is no subject is refused with the names there are."""
    command = [sys.executable, "-m", "benchmarks", "nonsense"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert answer.returncode == 2
    assert "nothing is called nonsense" in answer.stderr
    assert "log_cost" in answer.stderr
