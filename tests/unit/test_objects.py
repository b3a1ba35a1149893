"""Objects: content-addressed bytes in files."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from eventide.errors import ObjectNotFound
from eventide.layout import Layout
from eventide.objects.local import LocalObjects


@pytest.fixture
def layout(store_dir: Path) -> Layout:
    """Return the layout of a fresh store."""
    made = Layout(store_dir)
    made.create(now_s=1.0)
    return made


def test_bytes_come_back_under_their_hash(layout: Layout) -> None:
    """What is put is read back under its SHA-256, with its size, from a read-only file."""
    objects = LocalObjects(layout)
    sha256 = objects.put_bytes(b"hello")
    assert sha256 == hashlib.sha256(b"hello").hexdigest()
    assert objects.read(sha256) == b"hello"
    assert objects.exists(sha256)
    assert objects.size_bytes(sha256) == 5
    assert layout.object(sha256).stat().st_mode & 0o777 == 0o444


def test_same_bytes_are_one_file(layout: Layout, tmp_path: Path) -> None:
    """Bytes and a file of the same content are one object, and no temporary file stays behind."""
    objects = LocalObjects(layout)
    (tmp_path / "file").write_bytes(b"x" * 3_000_000)
    assert objects.put_file(tmp_path / "file") == objects.put_bytes(b"x" * 3_000_000)
    assert len([path for path in layout.objects_dir.rglob("*") if path.is_file()]) == 1


def test_missing_object_is_not_found(layout: Layout) -> None:
    """Reading, opening or measuring an object that is not there is ObjectNotFound."""
    objects = LocalObjects(layout)
    for ask in (objects.read, objects.open, objects.size_bytes):
        with pytest.raises(ObjectNotFound):
            ask("0" * 64)
    assert not objects.exists("0" * 64)


def test_object_cut_short_is_written_again(layout: Layout) -> None:
    """A file that lost its end in a crash of the machine is replaced by the next put of the same bytes."""
    objects = LocalObjects(layout)
    sha256 = objects.put_bytes(b"hello")
    path = layout.object(sha256)
    path.chmod(0o644)
    path.write_bytes(b"he")
    assert objects.put_bytes(b"hello") == sha256
    assert objects.read(sha256) == b"hello"


def test_threads_put_the_same_bytes_at_once(layout: Layout) -> None:
    """Many threads that put the same bytes make one object and no error."""
    objects, found = LocalObjects(layout), []
    threads = [threading.Thread(target=lambda: found.append(objects.put_bytes(b"y" * 100_000))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1
