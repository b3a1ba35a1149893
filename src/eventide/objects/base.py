"""What an object store can do.

Invariant: putting the same bytes twice, from anywhere, is one object; reading gives exactly the bytes that were put.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import BinaryIO


class Objects(Protocol):
    """A content-addressed store of bytes, safe for any number of processes."""

    def put_bytes(self, data: bytes) -> str:
        """Store bytes and return their SHA-256 in lower-case hexadecimal."""
        ...

    def put_file(self, path: str | os.PathLike[str]) -> str:
        """Store a file's bytes and return their SHA-256; the file itself is left alone."""
        ...

    def put_stream(self, file: BinaryIO) -> str:
        """Store what is left of an open file and return its SHA-256; the file then stands at its end."""
        ...

    def put_counted(self, file: BinaryIO, on_bytes: Callable[[int], None] | None = None) -> tuple[str, bool]:
        """Store what is left of an open file; return its SHA-256, and whether it was not there before."""
        ...

    def touch(self, sha256: str) -> bool:
        """Make an object young again, so that garbage collection leaves it; tell whether it is there."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Return an object opened for reading; raises ObjectNotFound."""
        ...

    def read(self, sha256: str) -> bytes:
        """Return the bytes of an object; raises ObjectNotFound."""
        ...

    def exists(self, sha256: str) -> bool:
        """Tell whether the object is there."""
        ...

    def size_bytes(self, sha256: str) -> int:
        """Return the object's size; raises ObjectNotFound."""
        ...
