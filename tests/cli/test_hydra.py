"""`eventide hydra` and `eventide dashboard` as commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a sweep of two jobs, and one that is broken."""
    base = tmp_path / "multirun"
    for number in range(3):
        output = base / "2021-01-26" / "17-07-39" / str(number) / ".hydra"
        output.mkdir(parents=True)
        (output / "config.yaml").write_text(
            f"lr: 0.{number + 1}\nname: x\n" if number < 2 else "a: [", encoding="utf-8"
        )
        (output.parent / "metrics.csv").write_text(f"step,loss\n0,{number}\n", encoding="utf-8")
    return base


def test_ls_lists_a_tree(eventide: Call, tree: Path) -> None:
    """One line a run; a terminal gets what differs, a pipe everything; bad runs are named on stderr."""
    piped = eventide("hydra", "ls", str(tree))
    table = eventide("hydra", "ls", str(tree), "--format", "table")
    found = json.loads(eventide("hydra", "ls", str(tree), "--files", "*.csv", "--json").out)

    assert [["2021-01-26 17-07-39", str(run), f"0.{run + 1}", "x"] for run in range(2)] == [
        line.split("\t") for line in piped.out.splitlines()
    ]
    assert (piped.code, piped.err.count("skipped")) == (0, 1)
    assert "name" not in table.out.splitlines()[0]
    assert str(tree / "2021-01-26/17-07-39/1/metrics.csv") == found["runs"][1]["collected_path_0"]


def test_import_is_repeatable(own_eventide: Call, tree: Path) -> None:
    """The first import brings the runs, the second nothing; the runs can be asked for like any others."""
    first = json.loads(own_eventide("hydra", "import", str(tree), "--project", "old", "--json").out)["import"]
    again = json.loads(own_eventide("hydra", "import", str(tree), "--project", "old", "--json").out)["import"]
    listed = own_eventide("runs", "tag:hydra", "--columns", "lr,last(loss),group", "--sort", "lr")

    assert (first["new"], first["skipped"], first["rows"]) == (2, 1, 2)
    assert (again["new"], again["unchanged"], again["rows"]) == (0, 2, 0)
    assert [line.split("\t")[1:] for line in listed.out.splitlines()] == [
        ["0.1", "0.0", "hydra 2021-01-26 17-07-39"],
        ["0.2", "1.0", "hydra 2021-01-26 17-07-39"],
    ]


def test_import_makes_the_store_and_obeys_rules(tmp_path: Path, tree: Path) -> None:
    """A store that is not there is made; rules lie in the folder, or are named."""
    from click.testing import CliRunner

    from eventide.cli.program import app

    (tree / "eventide-hydra.toml").write_text('[files]\nignore = ["*.csv"]\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["--store", str(tmp_path / "new"), "hydra", "import", str(tree), "--json"])

    assert (result.exit_code, json.loads(result.stdout)["import"]["rows"]) == (0, 0)
    assert (tmp_path / "new" / "store.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("hydra", "import", "nowhere"), 2, "no folder"),
        (("hydra", "import", ".", "--rules", "nowhere.toml"), 2, "cannot be read"),
        (("hydra", "ls", "."), 1, "no Hydra run"),
        (("dashboard", "nowhere"), 1, "neither a store"),
    ],
)
def test_mistakes_are_answered_in_words(eventide: Call, arguments: tuple[str, ...], code: int, words: str) -> None:
    """What cannot be done is said in one line, with an exit code."""
    answer = eventide(*arguments)

    assert code == answer.code
    assert words in answer.err


@pytest.mark.parametrize("verb", ["ls", "import"])
def test_help_of_the_verbs_below(eventide: Call, verb: str) -> None:
    """Each has help with examples."""
    assert f"\n  eventide hydra {verb}" in eventide("hydra", verb, "--help").out
