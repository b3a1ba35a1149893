"""Errors on the command line: what, why, what next; exit codes; no traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["runz"], 2, "did you mean `eventide runs`?"),
        (["runs", "lr<"], 2, "expected a value"),
        (["runs", "--nope"], 2, "--nope"),
        (["runs", "--limit", "-1"], 2, "-1"),
        (["runs", "--format", "xml"], 2, "--format table|tsv|json|jsonl|csv|md"),
        (["runs", "--format"], 2, "needs a value"),
        (["runs", "--columns", "foo(x)"], 2, "there is no function `foo`"),
        (["runs", "--columns", "at(val/acc,3)"], 2, "filter and sort"),
        (["runs", "--group", "seed,-lr"], 2, "mixes"),
        (["runs", "--group", "-nope"], 2, "no run has the parameter `nope`"),
        (["show", "cnn-9"], 1, "cnn-"),
        (["show", "2026"], 2, "20261118-000004"),
        (["show", "@best:nope"], 1, "nope"),
        (["show", "@nope"], 1, "@last, @running or @best:METRIC"),
        (["best", "val/ac"], 1, "did you mean `val/acc`?"),
        (["best", "val/acc", "--goal", "up"], 2, "--goal max|min"),
        (["plot", "zzzz"], 1, "eventide keys"),
        (["plot", "val/acc", "-o", "x.png"], 2, "neither .svg nor .csv"),
        (["export", "-o", "x.xlsx"], 2, ".parquet"),
        (["export", "-o", "/nonexistent/x.csv"], 1, "No such file or directory"),
        (["export", "--attempts", "first"], 2, "last|all"),
        (["diff", "cnn-0"], 2, "'B'"),
        (["tag", "cnn-0"], 2, "no tag was given"),
        (["tag", "cnn-0", "a/b"], 2, "tag name"),
        (["restore"], 2, "--all"),
        (["restore", "cnn-0"], 1, "no run in the bin"),
        (["rm", "--purge", "cnn-0"], 1, "no run in the bin"),
        (["config", "nope"], 2, "there is no setting `nope`"),
        (["completion", "tcsh"], 2, "bash|zsh|fish"),
        (["watch", "name:nothing", "--until", "state!=running"], 1, "nothing to wait for"),
        (["sql", "SELEC 1"], 2, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_input(eventide: Call, arguments: list[str], code: int, says: str) -> None:
    """Wrong input gives the exit code, at most four lines on stderr that say what to do, nothing on stdout, no traceback."""
    answer = eventide(*arguments)
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.err
    assert answer.err.startswith("error: ")
    assert len(answer.err.splitlines()) <= 4
    assert "Traceback" not in answer.err


def test_ambiguous_runs_are_listed(eventide: Call) -> None:
    """A prefix that fits several runs lists candidates and exits with 2."""
    answer = eventide("show", "2026")
    assert answer.code == 2
    assert "20261118-000003-test-run-00000003" in answer.err


def test_filter_error_points_at_the_place(eventide: Call) -> None:
    """An error in a filter shows the filter and a mark below the place."""
    lines = eventide("runs", "lr<1e-3 and best(").err.splitlines()
    assert lines[1] == "  lr<1e-3 and best("
    assert lines[2].strip() == "^"


def test_not_a_store(eventide: Call, tmp_path: Path) -> None:
    """A folder that is no store is said to be none, and the hint makes one."""
    answer = eventide("runs", "--store", str(tmp_path))
    assert (answer.code, f"eventide init {tmp_path}" in answer.err) == (1, True)


def test_store_of_a_newer_version(eventide: Call, tmp_path: Path) -> None:
    """A store of a newer version exits with 4 and says what to upgrade."""
    (tmp_path / "store.json").write_text('{"format": 99, "id": "x"}')
    answer = eventide("runs", "--store", str(tmp_path))
    assert (answer.code, "pip install --upgrade eventide" in answer.err) == (4, True)


def test_damaged_store(eventide: Call, tmp_path: Path) -> None:
    """A store description that is damaged exits with 4."""
    (tmp_path / "store.json").write_text("{")
    assert eventide("runs", "--store", str(tmp_path)).code == 4


def test_debug_shows_the_traceback(eventide: Call) -> None:
    """With --debug, before or after the verb, the traceback is shown too."""
    for arguments in (("--debug", "show", "nope"), ("show", "nope", "--debug")):
        assert "Traceback" in eventide(*arguments).err


def test_a_fault_of_eventide_says_so(eventide: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception becomes one message that asks for --debug, not a traceback."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("eventide.cli.state.open_source", broken)
    answer = eventide("runs")
    assert (answer.code, "Traceback" in answer.err) == (1, False)
    assert "ZeroDivisionError: boom" in answer.err


def test_errors_do_not_steer_the_terminal(eventide: Call) -> None:
    """An escape sequence in an argument comes back harmless in the error."""
    assert "\x1b" not in eventide("show", "\x1b[31mx").err


def test_common_options_before_and_after_the_verb(eventide: Call) -> None:
    """The common options mean the same before and after the verb."""
    assert eventide("--format", "csv", "runs").out == eventide("runs", "--format=csv").out


def test_version_tells_the_formats(eventide: Call) -> None:
    """--version prints the version, the store format and the journal format."""
    answer = eventide("--version")
    assert (answer.code, "store format 1" in answer.out) == (0, True)
