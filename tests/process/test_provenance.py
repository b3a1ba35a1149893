"""Provenance, system samples and real processes: git that is left alone, that hangs, that is missing; forks; long runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import eventide
from eventide.sdk.provenance import git

pytestmark = pytest.mark.process

SCRIPT = """
import os, sys, time
import eventide
run = eventide.init(dir=sys.argv[1], console="off")
run.log(loss=1.0)
{body}
"""


def sh(where: Path, *command: str) -> str:
    """Run a command and return what it printed."""
    return subprocess.run(command, cwd=where, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one commit and a change on top."""
    root = tmp_path / "work" / "code"
    root.mkdir()
    sh(root, "git", "init", "-q", "-b", "main")
    (root / "train.py").write_text(SCRIPT.replace("{body}", ""))
    (root / "notes.txt").write_text("a\n")
    sh(root, "git", "add", ".")
    sh(root, "git", "commit", "-q", "-m", "first")
    sh(root, "git", "remote", "add", "origin", "https://me:s3cret@example.invalid/x.git")
    (root / "notes.txt").write_text("a\npassword = hunter22\nb\n")
    return root


def fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    """Return mtime and content of every file below a folder."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run_script(root: Path, store: Path, body: str = "", env: dict[str, str] | None = None) -> float:
    """Run a training script in a folder and return how long it took."""
    (root / "body.py").write_text(SCRIPT.replace("{body}", body))
    begun = time.monotonic()
    subprocess.run([sys.executable, "body.py", str(store)], cwd=root, check=True, env={**os.environ, **(env or {})})
    return time.monotonic() - begun


def newest(store: Path) -> Any:
    """Return the newest run of a store with its details."""
    source = eventide.open(store).source
    from eventide.model import RunQuery

    return source.run(source.runs(RunQuery()).runs[0].id)


def test_a_run_knows_its_commit_and_changes(repository: Path, store_dir: Path) -> None:
    """Commit, branch, remote without password, and the diff without secrets; the repository is not touched."""
    before = fingerprint(repository / ".git")
    os.utime(repository / "train.py")  # what makes `git status` refresh the index
    run_script(repository, store_dir)
    about = newest(store_dir).provenance["git"]

    assert fingerprint(repository / ".git") == before
    assert about["commit"] == sh(repository, "git", "rev-parse", "HEAD").strip()
    assert (about["branch"], about["remote"], about["dirty"]) == ("main", "https://***@example.invalid/x.git", True)
    diff = eventide.open(store_dir).source.open_object(about["diff"]).decode()
    assert "+password = ***" in diff
    assert "hunter22" not in diff
    assert "+b" in diff


def test_runs_are_found_by_commit_and_dirt(repository: Path, store_dir: Path) -> None:
    """Filters know git.commit, git.branch and git.dirty."""
    run_script(repository, store_dir)
    sh(repository, "git", "checkout", "-q", "notes.txt")
    run_script(repository, store_dir)
    commit = sh(repository, "git", "rev-parse", "HEAD").strip()
    store = eventide.open(store_dir)

    found = {
        where: len(store.runs(where)) for where in (f"git.commit:{commit[:8]}", "git.dirty=true", "git.branch=main")
    }
    assert found == {f"git.commit:{commit[:8]}": 2, "git.dirty=true": 1, "git.branch=main": 2}


def test_nothing_that_a_repository_configures_is_run(repository: Path, store_dir: Path) -> None:
    """Monitors, external diffs, pagers and hooks of a repository are not started."""
    evil = repository.parent / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {repository.parent}/ran\n")
    evil.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "core.pager", "diff.x.textconv", "diff.x.command"):
        sh(repository, "git", "config", name, str(evil))
    (repository / ".git" / "info" / "attributes").write_text("*.txt diff=x\n")
    (repository / ".git" / "hooks" / "post-index-change").write_text(evil.read_text())
    (repository / ".git" / "hooks" / "post-index-change").chmod(0o755)
    run_script(repository, store_dir)

    assert not (repository.parent / "ran").exists()
    assert newest(store_dir).provenance["git"]["dirty"] is True


def test_a_git_that_hangs_hurts_nobody(repository: Path, store_dir: Path, tmp_path: Path) -> None:
    """A short run ends all the same, with what the files of the repository say."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text("#!/bin/sh\nsleep 60\n")
    (folder / "git").chmod(0o755)
    took_s = run_script(repository, store_dir, env={"PATH": f"{folder}:{os.environ['PATH']}"})
    about = newest(store_dir).provenance["git"]

    assert took_s < 10
    assert len(about["commit"]) == 40
    assert about["dirty"] is None


def test_without_git_the_files_still_tell(repository: Path, store_dir: Path, tmp_path: Path) -> None:
    """Where git is not installed, commit and branch are known, changes are not."""
    run_script(repository, store_dir, env={"PATH": str(tmp_path)})
    about = newest(store_dir).provenance["git"]

    assert (about["branch"], about["dirty"], about["diff"]) == ("main", None, "")


def test_ctrl_c_in_a_repository_keeps_its_exit_code(repository: Path, store_dir: Path) -> None:
    """What is looked at when a run ends changes nothing about how Python ends."""
    (repository / "body.py").write_text(SCRIPT.replace("{body}", "raise KeyboardInterrupt"))
    answer = subprocess.run(
        [sys.executable, "body.py", str(store_dir)], cwd=repository, check=False, stderr=subprocess.DEVNULL
    )

    assert answer.returncode == -2
    assert newest(store_dir).status == "killed"


def test_a_huge_diff_is_cut(repository: Path) -> None:
    """More than the limit is not kept, and said to be cut at a whole line."""
    (repository / "notes.txt").write_text("0123456789\n" * 300_000)
    found = git.find(repository)
    assert found is not None
    changes = git.changes(found)

    assert changes is not None
    assert changes.truncated
    assert len(changes.diff) <= git.MAX_DIFF_BYTES
    assert changes.diff.endswith("+0123456789\n")


def test_a_script_elsewhere_is_its_own_code(repository: Path, store_dir: Path, tmp_path: Path) -> None:
    """The repository is that of the script, wherever it was started."""
    (repository / "body.py").write_text(SCRIPT.replace("{body}", ""))
    subprocess.run([sys.executable, str(repository / "body.py"), str(store_dir)], cwd=tmp_path, check=True)

    assert newest(store_dir).provenance["git"]["root"] == str(repository)


def test_a_run_of_two_seconds_has_samples(tmp_path: Path, store_dir: Path) -> None:
    """The first sample comes within the first second, more at the interval; children count as the process's own."""
    body = """
import multiprocessing
def burn():
    end = time.monotonic() + 1.5
    while time.monotonic() < end: pass
child = multiprocessing.get_context("fork").Process(target=burn)
child.start(); child.join(); time.sleep(0.7)
"""
    run_script(tmp_path, store_dir, body, {"EVENTIDE_SYSTEM_INTERVAL_S": "0.5"})
    table = eventide.open(store_dir).sql("SELECT * FROM db.system ORDER BY ts").df()

    assert len(table) >= 3
    assert table["cpu/process_percent"].max() > 10 / (os.cpu_count() or 1)  # the parent waits; the machine may be busy
    assert {"cpu/percent", "memory/percent", "memory/process_bytes", "disk/used_percent"} <= set(table.columns)


def test_no_samples_where_none_are_wanted(tmp_path: Path, store_dir: Path) -> None:
    """An interval of 0 turns them off, and no thread is started for them."""
    body = "import threading; time.sleep(1.2); print([thread.name for thread in threading.enumerate()], file=open('threads', 'w'))"
    run_script(tmp_path, store_dir, body, {"EVENTIDE_SYSTEM_INTERVAL_S": "0", "EVENTIDE_CAPTURE": "none"})

    assert "eventide-observer" not in (tmp_path / "threads").read_text()
    assert len(eventide.open(store_dir).sql("SELECT * FROM db.system").df()) == 0


def test_a_forked_child_observes_nothing(tmp_path: Path, store_dir: Path) -> None:
    """A child that logs has no provenance and no samples of its own, and the parent goes on with both."""
    body = """
time.sleep(0.6)
pid = os.fork()
if pid == 0:
    run.log(child=1); time.sleep(1.2); run.finish(); os._exit(0)
os.waitpid(pid, 0)
"""
    run_script(tmp_path, store_dir, body, {"EVENTIDE_SYSTEM_INTERVAL_S": "0.3"})
    parts = sorted((store_dir / "runs").glob("*/*.jsonl"))
    samples = {path.name: path.read_text().count('"_sys"') for path in parts}
    children = [path for path in parts if '"role":"fork"' in path.read_text()]

    assert len(children) == 1
    assert samples[children[0].name] == 0
    assert '"provenance"' not in children[0].read_text()
    assert sum(samples.values()) >= 3
