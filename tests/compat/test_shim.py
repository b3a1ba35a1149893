"""eventide.shim.install(): names of other trackers resolve to ours, and to nothing else's harm."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator

import pytest

import eventide.compat.xetrack
from eventide import shim
from eventide.errors import InvalidSetting, Misuse
from eventide.shim.xt import xt


@pytest.fixture(autouse=True)
def _uninstalled() -> Iterator[None]:
    yield
    shim.uninstall()


def test_installed_names_are_our_modules() -> None:
    """The name and its submodules are the very modules they stand for; the modules keep their own descriptions."""
    assert "xetrack" in shim.available()
    assert shim.install("xetrack") == [shim.Alias("xetrack", "eventide.compat.xetrack", real=False)]
    assert importlib.import_module("xetrack") is eventide.compat.xetrack
    assert importlib.import_module("xetrack.engine") is importlib.import_module("eventide.compat.xetrack.engine")
    spec = eventide.compat.xetrack.__spec__
    assert spec is not None
    assert spec.name == "eventide.compat.xetrack"
    with pytest.raises(ImportError):
        importlib.import_module("xetrack.nothing")
    assert shim.installed() == {"xetrack": "eventide.compat.xetrack"}


def test_uninstall_gives_the_name_back() -> None:
    """Without the shim nothing is called xetrack; installing all names takes those there are."""
    assert {alias.name for alias in shim.install()} == set(shim.available())
    importlib.import_module("xetrack")
    shim.uninstall()
    with pytest.raises(ImportError):
        importlib.import_module("xetrack")


def test_impossible_installs_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown name, and a real package that is loaded already, are errors."""
    with pytest.raises(InvalidSetting, match="nobody"):
        shim.install("nobody")
    monkeypatch.setitem(sys.modules, "xetrack", types.ModuleType("xetrack"))
    with pytest.raises(Misuse, match="before the shim"):
        shim.install("xetrack")


def test_every_command_of_xt_works() -> None:
    """All commands of `xt` on a small database."""
    from click.testing import CliRunner

    tracker = eventide.compat.xetrack.Tracker("d.db", cache="cache")
    tracker.log({"a": 1, "b": 2.5, "o": len})
    tracker.log({"a": 3, "b": 0.5})
    tracker.track(pow, args=[2, 3])

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(xt, arguments)
        assert (result.exit_code, result.exception) == (0, None), result.output
        return result.output

    assert call("head", "d.db", "--n", "1").count("\n") == 3
    assert call("columns", "d.db").split()[:3] == ["timestamp", "track_id", "a"]
    assert tracker.track_id in call("ls", "d.db")
    assert call("ls", "d.db", "a", "--unique").count("\n") == 5
    call("set", "d.db", "c", "7", "--where-key", "a", "--where-value", "3")
    call("set", "d.db", "d", "text", "--track-id", tracker.track_id)
    assert call("sql", "d.db", "SELECT c, d FROM events WHERE a = 3").splitlines()[2].split() == [
        "|",
        "7",
        "|",
        "text",
        "|",
    ]
    assert "mean" in call("stats", "describe", "d.db", "--columns", "a,b")
    assert "2.5" in call("stats", "top", "d.db", "b")
    assert "0.5" in call("stats", "bottom", "d.db", "b")
    assert "█" in call("plot", "hist", "d.db", "a", "--bins", "2", "--title", "t")
    assert "•" in call("plot", "scatter", "d.db", "a", "b")
    assert "o" in call("assets", "ls", "d.db")
    assert "written" in call("assets", "export", "d.db", "o", "o.pkl")
    assert "removed" in call("assets", "delete", "d.db", "o")
    assert "pow" in call("cache", "ls", "cache")
    assert "1 results" in call("cache", "delete", "cache", tracker.track_id)
    assert "3 rows" in call("copy", "d.db", "e.db")
    assert "bin" in call("delete", "d.db", tracker.track_id)
