"""Keeping code beside training, in real processes: while it runs, in forks, at signals, by many at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from eventide.model import FileInfo, FileQuery
from eventide.store.local import LocalSource

pytestmark = pytest.mark.process


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a hundred files, and the current folder."""
    root = tmp_path / "work" / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    Path("eventide.toml").write_text('dir = "../store"\n')
    for number in range(100):
        Path(f"module{number}.py").write_text(f"x = {number}\n")
    return root


def kept() -> list[FileInfo]:
    """Return the snapshots in the store."""
    source = LocalSource("../store")
    try:
        return source.files(FileQuery(kinds=("snapshot",)))
    finally:
        source.close()


def start(code: str) -> subprocess.Popen[str]:
    """Start a script of the project."""
    Path("train.py").write_text(code)
    return subprocess.Popen([sys.executable, "train.py"], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_code_is_there_while_the_run_goes_on(project: Path) -> None:
    """A moment after the first log the code is kept, and is that of the start whatever changes afterwards; kill -9 does not matter then."""
    code = "import eventide, time\nrun = eventide.init()\nrun.log(x=1)\nprint(run.id, flush=True)\ntime.sleep(60)\n"
    process = start(code)
    try:
        assert process.stdout is not None
        run_id = process.stdout.readline().strip()
        deadline = time.monotonic() + 20
        while not kept() and time.monotonic() < deadline:
            time.sleep(0.1)
        (project / "train.py").write_text("changed")
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    (info,) = kept()
    assert (info.run_id, info.record["files"]) == (run_id, 102)
    assert (project / f"../store/snapshots/{run_id}/train.py").read_text() == code


@pytest.mark.parametrize("code", ["", "import os; os.chdir('/')\n", "raise ValueError\n", "import sys; sys.exit(3)\n"])
def test_a_script_that_just_ends_has_its_code(project: Path, code: str) -> None:
    """A run that nobody finished keeps its code when the process ends, in whichever way and folder."""
    start(f"import eventide\nrun = eventide.init()\n{code}").communicate(timeout=20)
    assert [info.record["files"] for info in kept()] == [102]
    assert project.is_dir()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_run_that_is_killed_at_once_goes_without_its_code(project: Path, name: str) -> None:
    """A run that is killed before its code was taken ends at once; there is no time to take it then."""
    process = start("import eventide, time\nrun = eventide.init()\nprint(run.id, flush=True)\ntime.sleep(60)\n")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=20)
    assert kept() == []
    assert "EventideWarning" not in errors
    assert project.is_dir()


def test_a_fork_keeps_nothing_of_its_own(project: Path) -> None:
    """A forked child that logs, and one that ends at once, leave the code of the run to their parent."""
    process = start(
        "import eventide, os, time\nrun = eventide.init()\nrun.log(x=1)\n"
        "for delay in (0, 0.7):\n    if os.fork() == 0:\n        run.log(x=2); time.sleep(delay); os._exit(0)\n"
        "time.sleep(1.0); os.wait(); os.wait()\n"
    )
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert len(kept()) == 1
    assert project.is_dir()


def test_many_processes_at_once(project: Path) -> None:
    """Four processes of ten runs each keep one tree between them: forty records, one manifest, no word on stderr."""
    Path("train.py").write_text("import eventide\nfor _ in range(10):\n    eventide.init().finish()\n")
    command = [sys.executable, "train.py"]
    started = [subprocess.Popen(command, text=True, stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate(timeout=60)[1] for process in started] == [""] * 4
    found = kept()
    assert len({info.run_id for info in found}) == 40
    assert len({info.sha256 for info in found}) == 1
    manifest = orjson.loads(Path("../store/objects", found[0].sha256[:2], found[0].sha256).read_bytes())
    assert len(manifest["files"]) == 102
    assert project.is_dir()


def test_only_the_first_rank_keeps_the_code(project: Path) -> None:
    """Of the ranks of a launch one keeps the code, of the run they share."""
    Path("train.py").write_text("import eventide\nwith eventide.init() as run:\n    run.log(x=1)\n")
    address = {"MASTER_ADDR": "localhost", "MASTER_PORT": "29500", "WORLD_SIZE": "2"}
    for rank in ("0", "1"):
        variables = {**os.environ, **address, "RANK": rank, "LOCAL_RANK": rank}
        subprocess.run([sys.executable, "train.py"], check=True, env=variables)
    assert len(kept()) == 1
    assert project.is_dir()
