"""Objects as files of a store: `objects/<2 hex>/<sha256>`, mode 0444.

An object is written to a temporary file beside its place and linked to its name when complete, so that readers never see half of one
and any number of processes may put the same bytes at once.
Invariant: a file under an object's name holds that object's bytes, unless the disk itself lost them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING

from eventide.errors import ObjectNotFound
from eventide.objects.copying import cloned, copy_hashing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from eventide.layout import Layout
    from eventide.objects.copying import OnBytes

_MODE = 0o444


class LocalObjects:
    """The objects of a store on a file system. Holds no open files; safe for threads and processes."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def put_bytes(self, data: bytes) -> str:
        """Store bytes and return their SHA-256 in lower-case hexadecimal; raises OSError when the file system refuses."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not self._has(sha256, len(data)):
            with self._temporary() as (file, temporary):
                file.write(data)
                file.flush()
                self._publish(temporary, sha256)
        return sha256

    def put_file(self, path: str | os.PathLike[str]) -> str:
        """Copy a file's bytes into the store and return their SHA-256; hashing and copying see the same bytes.

        Raises:
            OSError: the file cannot be read, or the store not be written.
        """
        with open(path, "rb") as source:  # noqa: PTH123
            return self.put_stream(source)

    def put_stream(self, source: BinaryIO) -> str:
        """Copy what is left of an open file into the store and return its SHA-256; the file then stands at its end."""
        return self.put_counted(source)[0]

    def put_counted(self, source: BinaryIO, on_bytes: OnBytes | None = None) -> tuple[str, bool]:
        """Copy what is left of an open file into the store; return its SHA-256, and whether it was not there before.

        Where the file system can share blocks between files it does, and the copy is what is hashed. `on_bytes` is told how many
        more bytes have been taken, now and then.

        Raises:
            OSError: the file cannot be read, or the store not be written.
        """
        with self._temporary() as (file, temporary):
            if cloned(source, file):
                sha256 = copy_hashing(file, None, on_bytes)
                source.seek(0, os.SEEK_END)
            else:
                sha256 = copy_hashing(source, file, on_bytes)
            file.flush()
            is_new = not self._has(sha256, file.tell())
            if is_new:
                self._publish(temporary, sha256)
        return sha256, is_new

    def touch(self, sha256: str) -> bool:
        """Make an object young again, so that garbage collection leaves it; tell whether it is there."""
        try:
            os.utime(self._layout.object(sha256))
        except OSError:
            return False
        return True

    def path(self, sha256: str) -> Path:
        """Return the file an object is, or would be, kept in."""
        return self._layout.object(sha256)

    def open(self, sha256: str) -> BinaryIO:
        """Return an object opened for reading; raises ObjectNotFound."""
        try:
            return self._layout.object(sha256).open("rb")
        except FileNotFoundError:
            raise self._missing(sha256) from None

    def read(self, sha256: str) -> bytes:
        """Return the bytes of an object; raises ObjectNotFound."""
        with self.open(sha256) as file:
            return file.read()

    def exists(self, sha256: str) -> bool:
        """Tell whether the object is there."""
        return self._layout.object(sha256).exists()

    def size_bytes(self, sha256: str) -> int:
        """Return the object's size; raises ObjectNotFound."""
        try:
            return self._layout.object(sha256).stat().st_size
        except FileNotFoundError:
            raise self._missing(sha256) from None

    def _missing(self, sha256: str) -> ObjectNotFound:
        return ObjectNotFound(f"no object `{sha256}` in the store `{self._layout.root}`")

    def _has(self, sha256: str, size_bytes: int) -> bool:
        """Tell whether the object is there in full, and make it young again, so that garbage collection leaves it.

        A file cut short by a crash of the machine is replaced.
        """
        path = self._layout.object(sha256)
        try:
            os.utime(path)
            return path.stat().st_size == size_bytes
        except OSError:
            return False

    @contextlib.contextmanager
    def _temporary(self) -> Iterator[tuple[BinaryIO, Path]]:
        folder = self._layout.objects_dir
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f".{os.getpid()}-{os.urandom(8).hex()}.tmp"
        try:
            with path.open("x+b") as file:
                yield file, path
        finally:
            path.unlink(missing_ok=True)

    def _publish(self, temporary: Path, sha256: str) -> None:
        """Give complete bytes their name; another process that was first wrote the same ones."""
        final = self._layout.object(sha256)
        final.parent.mkdir(exist_ok=True)
        temporary.chmod(_MODE)
        os.replace(temporary, final)  # noqa: PTH105 - atomic everywhere; over an existing file of the same bytes too
