"""The code of plain runs: when it is kept, which folder it is, and what it costs the runs that follow."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import orjson
import pytest

import eventide
from eventide.errors import EventideWarning
from eventide.model import FileInfo, FileQuery
from eventide.sdk import kept_code, session
from eventide.store.local import LocalSource


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose script runs from a folder below it."""
    root = tmp_path / "work" / "project"
    (root / "scripts").mkdir(parents=True)
    script = root / "scripts" / "train.py"
    script.write_text("print(1)")
    (root / "module.py").write_text("x = 1")
    main = types.ModuleType("__main__")
    main.__file__ = str(script)
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(session._keeper, "_kept", {})
    return root


def kept() -> list[FileInfo]:
    """Return the snapshots in the store."""
    source = LocalSource("store")
    try:
        return source.files(FileQuery(kinds=("snapshot",)))
    finally:
        source.close()


def files(info: FileInfo) -> list[str]:
    """Return the paths in a manifest."""
    return sorted(orjson.loads(Path("store/objects", info.sha256[:2], info.sha256).read_bytes())["files"])


@pytest.mark.parametrize("marker", [".git", "eventide.toml", "pyproject.toml", None])
def test_the_code_is_kept_where_it_is_plain_which_folder_it_is(project: Path, marker: str | None) -> None:
    """From a script inside a repository or below a configuration file the whole project is kept; elsewhere nothing is."""
    if marker == ".git":
        (project / marker).mkdir()
    elif marker:
        (project / marker).write_text("[tool.eventide]\n" if marker == "pyproject.toml" else "")
    with eventide.init(dir="store") as run:
        run.log(x=1)

    expected = sorted(["module.py", "scripts/train.py", *([marker] if marker and marker != ".git" else [])])
    assert [files(info) for info in kept()] == ([expected] if marker else [])


def test_off_and_on_say_it_outright(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """False keeps nothing even in a repository; True keeps the current folder even outside of one."""
    (project / ".git").mkdir()
    eventide.init(dir="store", snapshot=False).finish()
    monkeypatch.setenv("EVENTIDE_SNAPSHOT", "off")
    eventide.init(dir="store").finish()
    assert kept() == []
    (project / ".git").rmdir()
    monkeypatch.chdir(project)
    eventide.init(dir="../store", snapshot=True).finish()
    monkeypatch.chdir("..")
    assert [files(info) for info in kept()] == [["module.py", "scripts/train.py"]]


def test_later_runs_of_a_process_share_what_the_first_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a minute the tree is walked once, every run has a record of its own, and afterwards it is looked at anew."""
    (project / ".git").mkdir()
    for _ in range(3):
        eventide.init(dir="store").finish()
    first = kept()
    assert len({info.run_id for info in first}) == 3
    assert len({info.sha256 for info in first}) == 1
    assert len(list(Path("store/snapshots").glob("2*"))) == 1
    (project / "module.py").write_text("x = 22")
    monkeypatch.setattr(kept_code, "FRESH_S", -1.0)
    eventide.init(dir="store").finish()
    assert len({info.sha256 for info in kept()}) == 2


def test_a_recorded_call_keeps_its_code_once(project: Path) -> None:
    """`record` takes its own snapshot; the one of plain runs does not come on top."""
    (project / ".git").mkdir()
    eventide.record("once", source=str(project), dir="store")(lambda: None)()
    assert len(kept()) == 1


def test_what_goes_wrong_is_said_once_and_training_goes_on(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that refuses the code is a warning; the run ends as it would have."""
    from eventide.sdk import snapshot

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    (project / ".git").mkdir()
    monkeypatch.setattr(snapshot, "take", refuse)
    run = eventide.init(dir="store")
    with pytest.warns(EventideWarning, match="the code could not be kept"):
        run.finish()
    assert run.status == "finished"


def test_the_home_folder_is_nobodys_code(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository over the whole home folder (dotfiles) is not taken for a project."""
    (project / ".git").mkdir()
    monkeypatch.setenv("HOME", str(project))
    eventide.init(dir="store").finish()
    assert kept() == []
