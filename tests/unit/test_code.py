"""Kept code, read back: files, differences, and the tree written out, whatever a manifest says."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

import eventide
from eventide.errors import InvalidSetting, ObjectNotFound, StoreDamaged, StoreUnwritable
from eventide.objects.local import LocalObjects
from eventide.sdk import snapshot
from eventide.table import code

if TYPE_CHECKING:
    from eventide.table.store import Store


@pytest.fixture
def source() -> Path:
    """A small project."""
    root = Path("project")
    (root / "package").mkdir(parents=True)
    (root / "train.py").write_text("a\nb\nc\n")
    (root / "package/module.py").write_text("x = 1\n")
    (root / "blob.bin").write_bytes(b"\0\1\2")
    (root / "go.sh").write_text("#!/bin/sh\n")
    (root / "go.sh").chmod(0o755)
    (root / ".env").write_text("KEY=1")
    return root


@pytest.fixture
def db() -> Iterator[Store]:
    """The store."""
    with eventide.init(dir="store", snapshot=False, id="none"):
        pass
    with eventide.open("store") as store:
        yield store


def keep(root: Path, run_id: str) -> None:
    """Keep a tree as the code of a run."""
    with eventide.init(dir="store", id=run_id, snapshot=False) as run:
        snapshot.take(run, root)


def forge(run_id: str, texts: dict[str, str], **more: object) -> None:
    """Make a run whose manifest says anything at all."""
    with eventide.init(dir="store", id=run_id, snapshot=False) as run:
        assert run._layout is not None
        objects = LocalObjects(run._layout)
        hashes = {path: objects.put_bytes(text.encode()) for path, text in texts.items()}
        manifest = objects.put_bytes(orjson.dumps({"source": "/gone", "files": hashes, "left_out": {}, **more}))
        run._writer.file({"kind": "snapshot", "name": "code", "sha256": manifest, "size_bytes": 1, "format": "json"})


def test_files_with_sizes_and_what_was_left_out(source: Path, db: Store) -> None:
    """The tree lists every file with size and hash, programs among them, and why others are missing."""
    keep(source, "one")
    tree = db.run("one").code.tree
    assert {path: file.size_bytes for path, file in tree.files.items()} == {
        "blob.bin": 3,
        "go.sh": 10,
        "package/module.py": 6,
        "train.py": 6,
    }
    assert [path for path, file in tree.files.items() if file.executable] == ["go.sh"]
    assert tree.files["train.py"].sha256 == hashlib.sha256(b"a\nb\nc\n").hexdigest()
    assert tree.left_out == {".env": "may hold a secret"}
    assert db.run("one").code.read("./train.py") == "a\nb\nc\n"
    assert repr(db.run("one").code) == "<Code of one: 4 files>"


def test_missing_code_and_files_say_so(source: Path, db: Store) -> None:
    """A run without code, a file that is none and one that was left out are told apart."""
    keep(source, "one")
    assert not db.run("none").code.kept
    with pytest.raises(ObjectNotFound, match="kept no code"):
        db.run("none").code.files()
    with pytest.raises(ObjectNotFound) as caught:
        db.run("one").code.read("trian.py")
    assert caught.value.hint == "did you mean `train.py`?"
    with pytest.raises(ObjectNotFound, match="left out, may hold a secret"):
        db.run("one").code.read(".env")


def test_differences_between_runs(source: Path, db: Store) -> None:
    """Only files that changed appear: texts line by line, others without lines, new and gone ones against nothing."""
    keep(source, "one")
    (source / "train.py").write_text("a\nB\nc")
    (source / "blob.bin").write_bytes(b"\0\1\2\3")
    (source / "new.txt").write_text("new\n")
    (source / "package/module.py").unlink()
    keep(source, "two")

    found = {each.path: each for each in db.run("one").code.diff(db.run("two"))}

    assert {path: each.change for path, each in found.items()} == {
        "blob.bin": "changed",
        "new.txt": "added",
        "package/module.py": "removed",
        "train.py": "changed",
    }
    assert found["blob.bin"].lines is None
    assert found["train.py"].lines == (
        "--- a/train.py",
        "+++ b/train.py",
        "@@ -1,3 +1,3 @@",
        " a",
        "-b",
        "-c",
        "+B",
        "+c",
        "\\ No newline at end of file",
    )
    assert (found["train.py"].added, found["train.py"].removed) == (2, 2)
    assert found["new.txt"].lines == ("--- /dev/null", "+++ b/new.txt", "@@ -0,0 +1 @@", "+new")
    assert db.run("two").code.diff("two") == []


def test_differences_from_the_working_tree(source: Path, db: Store) -> None:
    """Against the folder as it is now, what a snapshot would leave out does not count."""
    keep(source, "one")
    assert db.run("one").code.diff() == []
    (source / "train.py").write_text("z\n")
    (source / ".env.local").write_text("KEY=2")
    assert [each.path for each in db.run("one").code.diff()] == ["train.py"]
    assert [each.path for each in db.run("one").code.diff(source / "package")] == [
        "blob.bin",
        "go.sh",
        "module.py",
        "package/module.py",
        "train.py",
    ]
    forge("far", {"a.py": "x"})
    with pytest.raises(InvalidSetting, match="/gone"):
        db.run("far").code.diff()


def test_restored_code_is_the_code(source: Path, db: Store) -> None:
    """A new folder holds the same files, programs as programs; one with something in it needs `force`, and keeps the rest."""
    keep(source, "one")
    db.run("one").code.restore("out/again")
    assert code.of_folder(Path("out/again")) == code.of_folder(source)
    assert os.access("out/again/go.sh", os.X_OK)
    assert os.access("out/again/train.py", os.W_OK)
    Path("out/again/train.py").write_text("changed")
    Path("out/again/mine.txt").write_text("mine")
    with pytest.raises(InvalidSetting, match="not empty"):
        db.run("one").code.restore("out/again")
    with pytest.raises(InvalidSetting, match="no folder"):
        db.run("one").code.restore("out/again/mine.txt")
    db.run("one").code.restore("out/again", force=True)
    assert Path("out/again/train.py").read_text() == "a\nb\nc\n"
    assert Path("out/again/mine.txt").read_text() == "mine"


@pytest.mark.parametrize("path", ["../evil", "/tmp/evil", "a/../../evil", "a//b", "", "a/./b", "nul\0"])  # noqa: S108
def test_no_manifest_leads_out_of_the_folder(path: str, db: Store) -> None:
    """A manifest with a path that is not below the folder writes nothing at all."""
    forge("evil", {"fine.py": "x", path: "x"})
    with pytest.raises(StoreDamaged, match="leads out of its folder"):
        db.run("evil").code.restore("out")
    assert not Path("out").exists()
    assert not Path("evil").exists()


def test_links_in_the_folder_are_not_followed(source: Path, db: Store) -> None:
    """With `force`, a link where a folder belongs is refused, and one where a file belongs is replaced, not written through."""
    keep(source, "one")
    Path("elsewhere").mkdir()
    Path("victim").write_text("mine")
    Path("out").mkdir()
    Path("out/train.py").symlink_to(Path("victim").absolute())
    db.run("one").code.restore("out", force=True)
    assert Path("victim").read_text() == "mine"
    assert not Path("out/train.py").is_symlink()
    Path("out2").mkdir()
    Path("out2/package").symlink_to(Path("elsewhere").absolute())
    with pytest.raises(StoreUnwritable, match="is a link"):
        db.run("one").code.restore("out2", force=True)
    assert list(Path("elsewhere").iterdir()) == []


def test_lost_and_damaged_bytes_are_named(source: Path, db: Store) -> None:
    """A file whose bytes are gone is named and the others are written; one whose bytes changed is never written."""
    keep(source, "one")
    sha256 = db.run("one").code.tree.files["train.py"].sha256
    place = Path("store/objects", sha256[:2], sha256)
    place.unlink()
    with pytest.raises(ObjectNotFound, match=r"1 of 4 files .* `train.py`"):
        db.run("one").code.restore("out")
    assert Path("out/package/module.py").is_file()
    place.write_text("other")
    with pytest.raises(StoreDamaged, match="`train"):
        db.run("one").code.restore("out", force=True)


def test_manifests_of_older_versions_have_sizes_too(db: Store) -> None:
    """Where a manifest says no sizes, those of the objects count."""
    forge("old", {"a.py": "12345"})
    assert [(file.path, file.size_bytes) for file in db.run("old").code.files()] == [("a.py", 5)]
    forge("broken", {}, files=3)
    with pytest.raises(StoreDamaged):
        db.run("broken").code.files()
