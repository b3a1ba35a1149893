"""From a script in a repository to its code, its differences, and the same run again, through the program as users call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.process

SCRIPT = """
import argparse, sys
sys.path.insert(0, ".")
import eventide, helper
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--api-key", default="")
given = parser.parse_args()
with eventide.init(config={"lr": given.lr}) as run:
    run.log(loss=helper.loss(given.lr))
"""


def call(*words: str, code: int = 0, **variables: str) -> str:
    """Call the program and return what it wrote to stdout."""
    command = [str(Path(sys.executable).with_name("eventide")), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **variables})
    assert done.returncode == code, done.stderr
    return done.stdout


def train(*arguments: str, **variables: str) -> str:
    """Run the script as its author does, and return the id of the run."""
    command = [sys.executable, "scripts/train.py", *arguments]
    subprocess.run(command, check=True, env={**os.environ, **variables})
    return str(newest()["id"])


def newest() -> dict[str, Any]:
    """Return the newest run."""
    found: dict[str, Any] = json.loads(call("show", "@last", "--json"))["run"]
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a script that needs a second file, and the current folder."""
    root = tmp_path / "work" / "project"
    (root / "scripts").mkdir(parents=True)
    (root / "scripts/train.py").write_text(SCRIPT)
    (root / "helper.py").write_text("def loss(lr): return lr * 2\n")
    (root / ".gitignore").write_text(".eventide\n")
    monkeypatch.chdir(root)
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "commit", "-q", "-m", "first"], check=True)
    return root


def test_a_run_is_run_again_from_its_own_code(project: Path) -> None:
    """After the code has changed, the old run is run again with the old code, command and seed, in the same store, and says of what."""
    first = train("--lr", "0.5", PYTHONHASHSEED="7")
    (project / "helper.py").write_text("def loss(lr): return lr * 3\n")
    second = train("--lr", "0.5")
    assert "+def loss(lr): return lr * 3" in call("code", "diff", first, second).splitlines()

    plan = json.loads(call("reproduce", first, "--json"))["reproduce"]
    assert (plan["can_run"], plan["command"]) == (True, ["scripts/train.py", "--lr", "0.5"])
    assert plan["environment"]["PYTHONHASHSEED"] == "7"
    assert plan["git"]["commit"]
    assert not Path("again").exists()
    assert newest()["id"] == second

    call("reproduce", first, "--run", "--dir", "again")

    run = newest()
    assert run["values"] == {"reproduces": first}
    assert (run["config"], run["summary"]) == ({"lr": 0.5}, {"loss": 1.0})
    assert call("code", "diff", first, "@last") == ""
    assert json.loads(call("reproduce", "@last", "--json"))["reproduce"]["can_run"]
    assert call("runs", f"reproduces={first}", "--json=id", "--format", "jsonl").count("\n") == 1
    call("reproduce", first, "--run", "--dir", "again", code=2)


def test_arguments_can_be_others(project: Path) -> None:
    """Arguments after `--` take the place of the recorded ones, and a secret that was left out has to be given again."""
    first = train("--lr", "0.5", "--api-key", "hunter2-hunter2")
    plan = call("reproduce", first, "--json")
    assert "hunter2" not in plan
    assert not json.loads(plan)["reproduce"]["can_run"]
    call("reproduce", first, "--run", code=2)
    assert not list(project.glob("reproduce-*"))
    call("reproduce", first, "--run", "--", "--lr", "0.25")
    assert newest()["config"] == {"lr": 0.25}


def test_a_module_is_run_again_as_one_and_its_exit_code_is_ours(project: Path) -> None:
    """`python -m package` is run again in the same way, and the program ends with the code of the script."""
    (project / "package").mkdir()
    (project / "package/__main__.py").write_text("import sys, eventide\neventide.init().log(x=1)\nsys.exit(4)\n")
    subprocess.run([sys.executable, "-m", "package", "a b"], check=False)
    plan = json.loads(call("reproduce", "--json"))["reproduce"]
    assert plan["command"] == ["-m", "package", "a b"]
    call("reproduce", "--run", "--dir", "again", code=4)
    assert newest()["status"] == "failed"


def test_what_was_not_recorded_is_said_plainly(project: Path) -> None:
    """Without code and provenance the plan names what is missing, and running it is refused with what can be done instead."""
    run_id = train(EVENTIDE_SNAPSHOT="off", EVENTIDE_CAPTURE="none")
    plan = json.loads(call("reproduce", "--json"))["reproduce"]
    assert plan["code"] is None
    assert [problem.partition(":")[0] for problem in plan["problems"]] == [
        "the code was not kept",
        "the command was not recorded",
    ]
    assert "not recorded" in call("reproduce", "--format", "table")
    call("reproduce", "--run", code=2)
    call("code", "ls", run_id, code=1)


def test_code_is_printed_and_written_byte_by_byte(project: Path) -> None:
    """`code show` gives exactly the bytes, `code ls` every file, `code restore` all of them, and wrong input an exit code."""
    train()
    assert call("code", "show", "@last", "helper.py") == (project / "helper.py").read_text()
    assert [line.split("\t")[0] for line in call("code", "ls").splitlines()] == [
        ".gitignore",
        "helper.py",
        "scripts/train.py",
    ]
    call("code", "restore", "@last", "out")
    assert Path("out/scripts/train.py").read_text() == SCRIPT
    call("code", "restore", "@last", "out", code=2)
    call("code", "show", "@last", "nothing.py", code=1)
    call("code", "diff", "@last", "@last", "--dir", ".", code=2)
    assert call("code", "diff", "@last", "--stat", "--dir", "out") == ""
    assert call("code").startswith("Usage: eventide code")
