"""IPython magics: registered by `%load_ext eventide`, each one call of an ordinary function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import eventide


class Shell:
    """What the magics need of IPython's shell."""

    def __init__(self) -> None:
        self.magics: dict[str, Callable[..., Any]] = {}
        self.names: dict[str, Any] = {}

    def register_magic_function(self, function: Callable[..., Any], kind: str, name: str) -> None:
        """Note a magic."""
        self.magics[f"{kind} {name}"] = function

    def run_cell(self, cell: str) -> SimpleNamespace:
        """Run a cell and return its outcome as IPython does: the error is kept until asked for."""
        try:
            exec(cell, self.names)  # noqa: S102 - what a notebook does
        except Exception as error:  # noqa: BLE001 - handed on by raise_error
            return SimpleNamespace(result=None, raise_error=lambda caught=error: _raise(caught))
        return SimpleNamespace(result=self.names.get("x"), raise_error=lambda: None)


def _raise(error: Exception) -> None:
    raise error


@pytest.fixture
def shell(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell with the extension loaded, on a store of the test's own."""
    monkeypatch.setenv("EVENTIDE_DIR", str(store_dir))
    loaded = Shell()
    eventide.load_ipython_extension(loaded)
    return loaded


def test_track_records_a_cell(shell: Shell) -> None:
    """`%%track` runs the cell as a run with its name, config and code."""
    assert shell.magics["cell track"]("base lr=0.1", "x = 1 + 1") == 2
    run = eventide.open().run("base")
    assert (run.status, run.config, run.values["cell"]) == ("finished", {"lr": 0.1}, "x = 1 + 1")


def test_track_records_a_failure(shell: Shell) -> None:
    """A cell that raises leaves a failed run, and the error is the user's to see."""
    with pytest.raises(ZeroDivisionError):
        shell.magics["cell track"]("broken", "1 / 0")
    assert eventide.open().run("broken").status == "failed"


def test_runs_gives_the_frame(shell: Shell) -> None:
    """`%runs FILTER` gives the frame of these runs."""
    shell.magics["cell track"]("a lr=0.1", "x = 1")
    shell.magics["cell track"]("b lr=0.2", "x = 2")
    assert shell.magics["line runs"]("lr>0.15")["name"].tolist() == ["b"]
