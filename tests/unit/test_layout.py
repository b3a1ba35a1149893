"""The tree of a store: where things are, and what is a store at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eventide.errors import InvalidName, NotAStore, StoreDamaged, StoreTooNew, StoreUnwritable
from eventide.layout import Layout, default_root, find_root


def test_create_makes_a_store_once(store_dir: Path) -> None:
    """Creating a store twice gives the same id."""
    first = Layout(store_dir).create(now_s=1.0)
    assert Layout(store_dir).create(now_s=2.0) == first
    assert [path.name for path in store_dir.iterdir() if path.suffix == ".tmp"] == []


def test_store_of_a_newer_version_is_refused(store_dir: Path) -> None:
    """A store of a format this code does not know is not touched."""
    store_dir.mkdir()
    (store_dir / "store.json").write_text('{"format": 99, "id": "x"}')
    with pytest.raises(StoreTooNew):
        Layout(store_dir).create(now_s=1.0)


@pytest.mark.parametrize("body", ["", "[]", "{}", "nonsense", '{"format": "x", "id": "y"}'])
def test_damaged_description_is_named(store_dir: Path, body: str) -> None:
    """A store.json that describes nothing is reported as damage, with its path."""
    store_dir.mkdir()
    (store_dir / "store.json").write_text(body)
    with pytest.raises(StoreDamaged, match=r"store\.json"):
        Layout(store_dir).check()


def test_folder_without_description_is_no_store(tmp_path: Path) -> None:
    """Checking a plain folder says how to make a store of it."""
    with pytest.raises(NotAStore) as caught:
        Layout(tmp_path).check()
    assert caught.value.hint == f"eventide init {tmp_path}"


def test_file_in_the_way_is_unwritable(tmp_path: Path) -> None:
    """A store below a file is refused with a hint, not with a bare OSError."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreUnwritable) as caught:
        Layout(tmp_path / "file" / "store").create(now_s=1.0)
    assert "EVENTIDE_DIR" in caught.value.hint


@pytest.mark.parametrize("sha256", ["", "../../../etc/passwd", "A" * 64, "0" * 63])
def test_object_name_must_be_a_hash(store_dir: Path, sha256: str) -> None:
    """No text but a lower-case SHA-256 leads to an object's file."""
    with pytest.raises(InvalidName):
        Layout(store_dir).object(sha256)


def test_default_store_is_the_nearest_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a setting the store is the nearest `.eventide/` upwards, else one in the working directory."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert default_root() == deep / ".eventide"
    Layout(tmp_path / "a" / ".eventide").create(now_s=1.0)
    assert default_root() == tmp_path / "a" / ".eventide"
    monkeypatch.setenv("EVENTIDE_DIR", os.fspath(tmp_path / "elsewhere"))
    assert default_root() == tmp_path / "elsewhere"
    assert find_root(tmp_path / "a") == tmp_path / "a" / ".eventide"
