"""What a run had changed against its commit, through a server; and diffs of git taken apart."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import hypothesis.strategies as st
from hypothesis import given, settings

from eventide.layout import Layout
from eventide.objects.local import LocalObjects
from eventide.table.patch import split_patch
from eventide.testing import make_run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.conftest import Serve


def _git(folder: Path, *words: str) -> str:
    named = (
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.c",
        "-c",
        "core.quotePath=false",
        "-c",
        "init.defaultBranch=main",
    )
    return subprocess.run(["git", "-C", str(folder), *named, *words], capture_output=True, text=True, check=True).stdout


def _diff(folder: Path) -> str:
    """Return a diff with every kind of change."""
    _git(folder, "init", "-q")
    (folder / "train.py").write_text("a = 1\nb = 2\n-- not a header\n")
    (folder / "gone.py").write_text("x = 1\n")
    (folder / "old name.py").write_text("".join(f"line {n}\n" for n in range(30)))
    (folder / "data.bin").write_bytes(b"\0\1\2")
    (folder / "run.sh").write_text("echo\n")
    _git(folder, "add", ".")
    _git(folder, "commit", "-qm", "first")
    (folder / "train.py").write_text("a = 2\nb = 2\n++ neither\n")
    (folder / "gone.py").unlink()
    (folder / "old name.py").rename(folder / 'new "name".py')
    (folder / "data.bin").write_bytes(b"\0\1\3")
    (folder / "run.sh").chmod(0o755)
    (folder / "new.py").write_text("y = 1\n")
    (folder / "empty.py").write_text("")
    _git(folder, "add", "-A")
    return _git(folder, "diff", "-M", "HEAD")


def test_a_diff_is_taken_apart_file_by_file(tmp_path: Path) -> None:
    """Changed, new, removed, renamed and binary files, odd names and modes are each what they are."""
    found = {file.path: file for file in split_patch(_diff(tmp_path))}
    assert {path: (file.change, file.reason) for path, file in found.items()} == {
        "train.py": ("changed", None),
        "gone.py": ("removed", None),
        'new "name".py': ("changed", "was old name.py"),
        "data.bin": ("changed", "no text"),
        "run.sh": ("changed", "mode 100644 → 100755"),
        "new.py": ("added", None),
        "empty.py": ("added", "empty"),
    }
    lines = (found["train.py"].hunks or "").splitlines()
    assert lines[0].startswith("@@ ")
    assert lines[1:] == ["-a = 1", "+a = 2", " b = 2", "--- not a header", "+++ neither"]
    left_out = split_patch("diff --git a/.env b/.env\n(left out: may hold a secret)\n")
    assert [(file.path, file.reason) for file in left_out] == [(".env", "left out: may hold a secret")]


@given(st.text(alphabet='diff-gt ab/"\\+@\n0', max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_taken_apart(text: str) -> None:
    """Whatever is kept as a diff gives files or none, never an error."""
    assert all(file.path for file in split_patch("diff --git a/x b/x\n" + text))


def test_changes_against_the_commit_are_answered(serve: Serve, store: Path, tmp_path: Path) -> None:
    """A run says what it had changed; a clean one that nothing was; one without a repository that there is nothing to compare with."""
    repository = tmp_path / "repository"
    repository.mkdir()
    sha256 = LocalObjects(Layout(store)).put_bytes(_diff(repository).encode())
    kept = {
        "dirty": {"commit": "1" * 40, "dirty": True, "diff": sha256, "diff_truncated": True},
        "clean": {"commit": "1" * 40, "dirty": False, "diff": ""},
        "unknown": {"commit": "1" * 40, "dirty": None, "diff": ""},
    }
    for name, git in kept.items():
        writer = make_run(store, name, [{"loss": 1.0}], status=None)
        writer.set(("provenance", "git"), git)
        writer.close({"status": "finished"})
    client = serve().client
    question = {"with": "@commit"}
    dirty = client.get("/api/runs/dirty/code/diff", params=question).json()
    assert (len(dirty["files"]), dirty["truncated"]) == (7, True)
    assert client.get("/api/runs/clean/code/diff", params=question).json() == {"files": [], "truncated": False}
    for name in ("unknown", "beta"):
        answer = client.get(f"/api/runs/{name}/code/diff", params=question)
        assert (answer.status_code, answer.json()["code"]) == (404, "object_not_found")
