"""The configuration file: where it is looked for, which source of a value wins, and what a wrong one says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import eventide
from eventide import configfile, settings
from eventide.errors import InvalidSetting
from eventide.layout import default_root


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """Look for the file anew."""
    configfile.forget()


def write(text: str, path: str = "eventide.toml") -> str:
    """Write a configuration file and return its absolute path."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    configfile.forget()
    return str(file.absolute())


def test_argument_then_environment_then_file_then_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beats the default, the environment beats the file, an argument beats all, and the origin says which."""
    path = write('project = "from-file"\n')
    assert settings.resolve("project") == ("from-file", path)
    monkeypatch.setenv("EVENTIDE_PROJECT", "from-environment")
    assert settings.resolve("project") == ("from-environment", "EVENTIDE_PROJECT")
    assert settings.resolve("project", "given") == ("given", "argument")
    assert settings.resolve("mode") == ("disk", "default")


def test_the_nearest_file_upwards_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder deep inside, the nearest file upwards holds, and of one folder `eventide.toml`."""
    write('project = "far"\n')
    Path("near/deep").mkdir(parents=True)
    monkeypatch.chdir("near/deep")
    assert settings.get("project") == "far"
    project = write('[tool.eventide]\nproject = "near"\n', "../pyproject.toml")
    assert settings.resolve("project").value == "near"
    assert Path(settings.resolve("project").origin).samefile(project)
    write('project = "own"\n', "../eventide.toml")
    assert settings.get("project") == "own"


def test_a_project_file_without_our_table_is_passed_over() -> None:
    """A `pyproject.toml` that says nothing of Eventide hides no file above it, and is not even parsed."""
    write('project = "above"\n')
    Path("inner").mkdir()
    write("this is = no [ toml", "inner/pyproject.toml")
    os.chdir("inner")
    assert settings.get("project") == "above"


def test_relative_paths_start_from_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """`dir` and its like mean the same from every folder below the file, for writers and readers alike."""
    root = Path(write('dir = "results/store"\ntags = ["a", "b"]\n')).parent
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    with eventide.init() as run:
        run.log(x=1)
    assert (root / "results/store/store.json").is_file()
    assert default_root() == root / "results/store"
    with eventide.open() as store:
        assert store.run(run.id).tags == ("a", "b")


def test_a_changed_file_counts_for_the_next_run() -> None:
    """A file that appears, changes or goes while a process lives holds for the runs that begin afterwards."""
    projects = []
    for text in ("", 'project = "one"', 'project = "three"', None):
        if text is None:
            Path("eventide.toml").unlink()
        elif text:
            Path("eventide.toml").write_text(text, encoding="utf-8")
        with eventide.init() as run:
            projects.append(run.project)
    assert projects == ["default", "one", "three", "default"]


def test_a_file_that_breaks_while_a_run_goes_on_does_not_end_it() -> None:
    """An edit that makes the file unusable counts for the next run; the one that goes on ends as it would have."""
    write('project = "one"')
    run = eventide.init()
    Path("eventide.toml").write_text("projct = ")
    run.log(x=1)
    with pytest.raises(InvalidSetting):
        eventide.init()
    run.finish()
    assert (run.status, run.project) == ("finished", "one")


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ('projct = "x"', "`projct`, which is no setting", "did you mean `project`?"),
        ("project = 3", "`project` in `{path}` is a int, not a text", ""),
        ('mode = "dsik"', "`mode` in `{path}` is `dsik`", "did you mean `disk`?"),
        ("quiet = 1", "`quiet` in `{path}` is `1`; it can be `true` or `false`", ""),
        ("part_size_bytes = inf", "`part_size_bytes` in `{path}` is `inf`", ""),
        ("part_size_bytes = 5000.5", "`part_size_bytes` in `{path}` is `5000.5`", ""),
        ("tags = [1]", "`tags` in `{path}` is `[1]`", ""),
        ("[dir]\nx = 1", "`dir` in `{path}` is a table", ""),
        ('run_id = "x"', "`run_id`, which belongs to one run", "EVENTIDE_RUN_ID=..."),
        ("project = ", "`{path}` is no TOML: ", ""),
        ('project = "x"\nproject = "y"', "`{path}` is no TOML: ", ""),
    ],
)
def test_wrong_files_are_named(text: str, says: str, hint: str) -> None:
    """An unknown key, a value of the wrong type and broken TOML name the file, the key and the nearest that would do."""
    path = write(text)
    with pytest.raises(InvalidSetting) as caught:
        settings.get("notes")
    assert says.format(path=path) in caught.value.message
    assert path in caught.value.message
    assert caught.value.hint == hint


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_in_an_open_folder_is_no_configuration() -> None:
    """In a folder that anybody may write to, another user's file decides nothing."""
    folder = Path("open")
    folder.mkdir()
    path = write('project = "evil"', "open/eventide.toml")
    os.chown(path, 65534, 65534)
    folder.chmod(0o1777)
    os.chdir(folder)
    assert settings.get("project") == "default"
    Path().chmod(0o755)
    configfile.forget()
    assert settings.get("project") == "evil"


@pytest.mark.process
def test_a_script_brings_its_own_file_and_loads_toml_only_then(tmp_path: Path) -> None:
    """A script started from elsewhere finds the file beside it; without any file nothing that reads TOML is loaded."""
    script = tmp_path / "code" / "train.py"
    script.parent.mkdir()
    script.write_text("import sys, eventide\nrun = eventide.init()\nprint(run.project, 'tomllib' in sys.modules)\n")

    def answer() -> str:
        return subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout.strip()

    assert answer() == "default False"
    (script.parent / "eventide.toml").write_text('project = "mine"')
    assert answer() == "mine True"
