"""The main job, shortened: `make demo` trains, shows the live table, compares, and says what to type next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="the demo trains scikit-learn models")

DEMO = Path(__file__).parents[2] / "examples" / "digits_demo.py"


def _demo(store: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DEMO), "--epochs", "2", "--dir", str(store)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)


@pytest.mark.process
@pytest.mark.slow
def test_the_demo_tracks_nine_models_and_compares_them(store_dir: Path) -> None:
    """The demo ends well and prints the runs, the mean over seeds, an SQL answer and what comes next; a second one adds its own."""
    import eventide

    for number in (1, 2):
        answer = _demo(store_dir)
        assert (answer.returncode, answer.stderr) == (0, "")
        for text in (
            "9 of 9 runs done",
            "9 runs in",
            "The best runs",
            "network",
            "± ",
            "seeds",
            "SELECT ",
            "Type next:",
        ):
            assert text in answer.stdout
        with eventide.open(store_dir) as store:
            runs = store.runs("project=digits state:finished")
        assert len(runs) == 9 * number
        assert set(runs["group"]) == {"logistic", "network", "forest"}
        assert set(runs["rows"]) == {2}
