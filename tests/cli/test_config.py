"""`eventide config` with a configuration file: what it says, and what a wrong file makes of every verb."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from eventide.cli.program import app

if TYPE_CHECKING:
    import pytest


def call(*words: str) -> Any:
    """Call the program without naming a store."""
    return CliRunner().invoke(app, list(words))


def test_every_value_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, the variable and the default are told apart, and the store is the one that the file names."""
    Path("eventide.toml").write_text('project = "mnist"\ndir = "exp"\nmode = "memory"\n')
    monkeypatch.setenv("EVENTIDE_MODE", "disk")
    lines = {line.split("\t")[0]: line.split("\t")[1:3] for line in call("config").stdout.splitlines()}
    path = str(Path("eventide.toml").absolute())
    assert lines["project"] == ["mnist", path]
    assert lines["dir"] == [str(Path("exp").absolute()), path]
    assert lines["mode"] == ["disk", "EVENTIDE_MODE"]
    assert lines["group"] == ["", "default"]


def test_a_wrong_file_is_one_error_for_every_verb(eventide: Callable[..., Any]) -> None:
    """Whatever the verb, a file with a misspelt setting ends it with exit code 2, the file and the nearest name."""
    Path("eventide.toml").write_text('projct = "mnist"\n')
    for answer in (eventide("config"), eventide("runs")):
        assert answer.code == 2
        assert str(Path("eventide.toml").absolute()) in answer.err
        assert "did you mean `project`?" in answer.err
