"""Which object store a store uses: its own folder, or a bucket.

The setting `objects` says so to writers; the first writer that uses a bucket notes the store there, and the bucket in `objects.json`,
where readers without the setting find it. Invariant: a reader finds every object that any writer of this store was told is kept.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import orjson

from eventide import settings
from eventide.errors import InvalidSetting, ObjectNotFound
from eventide.objects.local import LocalObjects

if TYPE_CHECKING:
    from typing import BinaryIO

    from eventide.layout import Layout
    from eventide.objects.base import Objects
    from eventide.objects.copying import OnBytes
    from eventide.objects.s3 import S3Objects

NOTE = "objects.json"


def open_objects(layout: Layout, *, is_writer: bool = False) -> Objects:
    """Return the object store of a store.

    Raises:
        InvalidSetting: the setting `objects` is no address of a bucket.
        MissingExtra: it is one, and the package that speaks to it is not installed.
    """
    local = LocalObjects(layout)
    bucket = bucket_of(layout)
    if bucket is None:
        return local
    if is_writer and _noted(layout) != bucket.url:
        with contextlib.suppress(OSError):  # then nothing can be put there either, which is said when it is tried
            bucket.young.join(layout.check())
            _note(layout, bucket.url)
    return Joined(bucket, local)


def bucket_of(layout: Layout) -> S3Objects | None:
    """Return the bucket that a store keeps objects in, or None; raises as `open_objects` does."""
    url = settings.get("objects") or _noted(layout)
    if not url:
        return None
    if not url.startswith("s3://"):
        raise InvalidSetting(f"`{url:.80}` is no object store", hint="EVENTIDE_OBJECTS=s3://bucket/prefix")
    from eventide.objects.s3 import S3Objects  # noqa: PLC0415 - most stores are folders

    return S3Objects(url)


def _noted(layout: Layout) -> str:
    try:
        return str(orjson.loads((layout.root / NOTE).read_bytes())["url"])
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def _note(layout: Layout, url: str) -> None:
    temporary = layout.root / f".objects-{os.urandom(6).hex()}.tmp"
    temporary.write_bytes(orjson.dumps({"url": url}) + b"\n")
    temporary.replace(layout.root / NOTE)


class Joined:
    """Writes to one object store and reads from it first, then from another: what was kept before the setting changed stays there."""

    def __init__(self, first: Objects, second: Objects) -> None:
        self._first = first
        self._second = second

    def put_bytes(self, data: bytes) -> str:
        """Store bytes and return their SHA-256."""
        return self._first.put_bytes(data)

    def put_file(self, path: str | os.PathLike[str]) -> str:
        """Store a file's bytes and return their SHA-256."""
        return self._first.put_file(path)

    def put_stream(self, file: BinaryIO) -> str:
        """Store what is left of an open file and return its SHA-256."""
        return self._first.put_stream(file)

    def put_counted(self, file: BinaryIO, on_bytes: OnBytes | None = None) -> tuple[str, bool]:
        """Store what is left of an open file; return its SHA-256, and whether it was not there before."""
        return self._first.put_counted(file, on_bytes)

    def touch(self, sha256: str) -> bool:
        """Make an object young again; tell whether it is there."""
        return self._second.touch(sha256) or self._first.touch(sha256)

    def open(self, sha256: str) -> BinaryIO:
        """Return an object opened for reading; raises ObjectNotFound."""
        try:
            return self._second.open(sha256)  # a folder answers at once
        except ObjectNotFound:
            return self._first.open(sha256)

    def read(self, sha256: str) -> bytes:
        """Return the bytes of an object; raises ObjectNotFound."""
        with self.open(sha256) as file:
            return file.read()

    def exists(self, sha256: str) -> bool:
        """Tell whether the object is there."""
        return self._second.exists(sha256) or self._first.exists(sha256)

    def size_bytes(self, sha256: str) -> int:
        """Return the object's size; raises ObjectNotFound."""
        try:
            return self._second.size_bytes(sha256)
        except ObjectNotFound:
            return self._first.size_bytes(sha256)
