"""The code a run started from, kept as a tree that can be browsed."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import eventide
from eventide.sdk import snapshot
from eventide.sdk.ignore import Rules, is_left_out


def keep(source: Path, run_id: str) -> dict[str, str]:
    """Take a snapshot of `source` in a run of its own; return path → text of the kept tree."""
    with eventide.init(id=run_id, dir="store") as run:
        snapshot.take(run, source)
    return kept(Path("store/snapshots") / run_id)


def kept(tree: Path) -> dict[str, str]:
    """Return path → text of every file of a tree."""
    return {
        str(path.relative_to(tree)): path.read_text()
        for path in sorted(tree.rglob("*"))
        if path.is_file() or path.is_symlink()
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small project with ignored files at two depths, a secret and a virtual environment."""
    root = tmp_path / "project"
    for path, text in {
        "train.py": "print(1)",
        "README.md": "hello",
        ".gitignore": "*.log\n/data/\n!keep.log\n",
        "out.log": "noise",
        "keep.log": "kept",
        "data/big.csv": "1,2",
        "package/module.py": "x = 1",
        "package/.gitignore": "*.tmp\n!special.log\n",
        "package/a.tmp": "noise",
        "package/special.log": "kept",
        "package/data/small.csv": "3",
        ".env": "KEY=1",
        "certs/server.pem": "secret",
        "venv/pyvenv.cfg": "home",
        "venv/lib/x.py": "",
        ".git/config": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


CODE = [
    ".gitignore",
    "README.md",
    "keep.log",
    "package/.gitignore",
    "package/data/small.csv",
    "package/module.py",
    "package/special.log",
    "train.py",
]


def test_ignore_rules_hold_at_every_depth(source: Path) -> None:
    """Rules of inner folders override outer ones; ignored folders, secrets, environments and version control stay out."""
    assert sorted(keep(source, "one")) == CODE


def test_a_changed_file_changes_only_its_own_run(source: Path) -> None:
    """Each run keeps what it ran: changed, new and deleted files and folders are right in both."""
    first = keep(source, "one")
    (source / "train.py").write_text("print(2)")
    (source / "new/deep").mkdir(parents=True)
    (source / "new/deep/more.py").write_text("y = 2")
    shutil.rmtree(source / "package")

    second = keep(source, "two")

    assert kept(Path("store/snapshots/one")) == first
    assert (first["train.py"], second["train.py"]) == ("print(1)", "print(2)")
    assert second["new/deep/more.py"] == "y = 2"
    assert not any(path.startswith("package") for path in second)


def test_unchanged_files_are_shared(source: Path) -> None:
    """Two runs of the same tree hold one copy of each file, and `last` is the newest."""
    keep(source, "one")
    keep(source, "two")

    for path in CODE:
        assert Path("store/snapshots/one", path).samefile(Path("store/snapshots/two", path))
    assert Path("store/snapshots/last").resolve() == Path("store/snapshots/two").resolve()


def test_the_cache_is_disposable_and_never_wrong(source: Path, tmp_path: Path) -> None:
    """A file that changes without changing its size is stored anew, and a lost or damaged cache costs nothing."""
    for path in source.rglob("*"):
        os.utime(path, (1, 1))
    keep(source, "one")
    (source / "train.py").write_text("print(7)")
    assert keep(source, "two")["train.py"] == "print(7)"
    for file in (tmp_path / "cache").rglob("code-*.json"):
        file.write_text("[")
    assert keep(source, "three") == kept(Path("store/snapshots/two"))


def test_odd_files_are_left_out_and_named(source: Path) -> None:
    """Links, sockets, pipes and unreadable or huge files never stop a run; the manifest says why each was left out."""
    (source / "loop").symlink_to(source)
    (source / "outside").symlink_to("/etc/passwd")
    os.mkfifo(source / "pipe")
    with socket.socket(socket.AF_UNIX) as plug:
        os.chdir(source)
        plug.bind("socket")
        os.chdir(source.parent / "work")
    with (source / "huge.bin").open("wb") as file:
        file.truncate(snapshot.MAX_FILE_BYTES + 1)

    assert sorted(keep(source, "one")) == CODE
    with eventide.open("store") as store:
        (row,) = store.sql("SELECT record FROM db.artifacts").df()["record"].tolist()
    import orjson

    manifest = orjson.loads(Path("store/objects", (sha := orjson.loads(row)["sha256"])[:2], sha).read_bytes())
    assert sorted(manifest["files"]) == CODE
    assert manifest["left_out"]["huge.bin"] == "too large"
    assert manifest["left_out"]["outside"] == manifest["left_out"]["loop"] == "a symbolic link"
    assert manifest["left_out"]["pipe"] == manifest["left_out"]["socket"] == "no ordinary file"
    assert manifest["left_out"][".env"] == "may hold a secret"


def test_the_store_inside_the_source_is_not_kept(source: Path) -> None:
    """A store that lies in the tree is no code, under whatever name."""
    with eventide.init(id="inside", dir=str(source / "results")) as run:
        snapshot.take(run, source)

    assert sorted(kept(source / "results/snapshots/inside")) == CODE


def test_a_store_without_hard_links_gets_copies(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files cannot be linked the tree is the same, made of copies."""
    real = os.link

    def link(one: os.PathLike[str], other: os.PathLike[str]) -> None:
        if "snapshots" in str(other):
            raise OSError(1, "no links here")
        real(one, other)

    monkeypatch.setattr(os, "link", link)

    assert sorted(keep(source, "one")) == CODE


def test_programs_stay_programs(source: Path) -> None:
    """A file that can be executed can be executed in the snapshot too; others cannot."""
    (source / "train.py").chmod(0o755)
    keep(source, "one")

    assert os.access("store/snapshots/one/train.py", os.X_OK)
    assert not Path("store/snapshots/one/README.md").stat().st_mode & 0o111


@pytest.mark.parametrize(
    "name", [".env", ".env.local", "key.PEM", "id_rsa", "id_rsa.pub", "credentials", "secrets.toml"]
)
def test_secrets_are_known_by_name(name: str) -> None:
    """What usually holds secrets is never kept."""
    assert is_left_out(name, is_folder=False)


@given(st.lists(st.text(max_size=12), max_size=6), st.text(min_size=1, max_size=12))
def test_any_line_is_a_rule_or_is_passed_over(lines: list[str], path: str) -> None:
    """No line of an ignore file can stop a snapshot."""
    assert Rules().adding("", lines).ignores(path) in (True, False)
