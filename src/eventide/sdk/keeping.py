"""Put the files of an artifact into the object store, each content once, and list them.

Invariant: a manifest is returned only when every object it names is in the store; files that have not changed since they were last
kept are not read again.
"""

from __future__ import annotations

import io
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from eventide.errors import InvalidValue
from eventide.objects.choice import open_objects
from eventide.objects.copying import copy_hashing
from eventide.objects.local import LocalObjects
from eventide.objects.manifest import Entry, Manifest
from eventide.objects.progress import Progress
from eventide.sdk.hashes import Hashes
from eventide.settings import get

if TYPE_CHECKING:
    from eventide.layout import Layout
    from eventide.objects.base import Objects
    from eventide.sdk.artifacts import Artifact, Piece

_ROUNDS = 3
"""How often what vanished meanwhile is put again."""


def keep(layout: Layout, artifact: Artifact) -> tuple[Manifest, int]:
    """Store an artifact's files and its manifest; return the manifest, and how many bytes are new to the store.

    Raises:
        InvalidValue: a file cannot be read.
        OSError: the store cannot be written.
    """
    objects = open_objects(layout, is_writer=True)
    total = sum(_size(piece) for piece in artifact.pieces.values())
    with Progress(f"keeping {artifact.name}", total, quiet=get("quiet")) as progress:
        keeping = _Keeping(layout, objects, artifact, progress)
        try:
            manifest = Manifest({path: keeping.entry(piece) for path, piece in sorted(artifact.pieces.items())})
            for _ in range(_ROUNDS if isinstance(objects, LocalObjects) else 0):  # garbage may be collected meanwhile
                lost = {path for path, entry in manifest.files.items() if not keeping.is_there(entry)}
                if not lost:
                    break
                again = {path: keeping.entry(artifact.pieces[path], anew=True) for path in lost}
                manifest = Manifest({**manifest.files, **again})
        finally:
            keeping.hashes.save()
        objects.put_bytes(manifest.to_bytes())
    return manifest, keeping.new_bytes


class _Keeping:
    def __init__(self, layout: Layout, objects: Objects, artifact: Artifact, progress: Progress) -> None:
        places = [os.path.dirname(piece.place) for piece in artifact.pieces.values() if piece.place]  # noqa: PTH120
        self.hashes = Hashes(layout, os.path.commonpath(places) if places else "")
        self.new_bytes = 0
        self._objects = objects
        self._progress = progress
        self._touched: set[str] = set()

    def is_there(self, entry: Entry) -> bool:
        """Tell whether an entry's object is in the store; references have none."""
        return bool(entry.reference) or entry.sha256 in self._touched or self._objects.touch(entry.sha256)

    def entry(self, piece: Piece, *, anew: bool = False) -> Entry:
        """Return a file's entry in the manifest, its bytes stored."""
        if piece.data is not None:
            sha256, is_new = self._objects.put_counted(io.BytesIO(piece.data), self._progress.advance)
            self.new_bytes += len(piece.data) if is_new else 0
            return Entry(sha256, len(piece.data))
        if piece.reference is not None and not piece.place:
            return piece.reference
        try:
            found = os.stat(piece.place)  # noqa: PTH116
            known = None if anew else self.hashes.of(piece.place, found)
            if known is not None and (piece.reference is not None or self._has(known)):
                self._progress.advance(found.st_size)
                size, sha256 = found.st_size, known
            else:
                size, sha256 = self._read(piece)
                self.hashes.remember(piece.place, found, sha256)
        except FileNotFoundError as error:
            if os.path.exists(piece.place):  # noqa: PTH110 - then it is the store that is missing something
                raise
            raise InvalidValue(f"`{piece.place:.120}` cannot be read: {error.strerror or error}") from None
        if piece.reference is None:
            return Entry(sha256, size)
        return replace(piece.reference, sha256=sha256, size_bytes=size)

    def _has(self, sha256: str) -> bool:
        if sha256 not in self._touched and self._objects.touch(sha256):
            self._touched.add(sha256)
        return sha256 in self._touched

    def _read(self, piece: Piece) -> tuple[int, str]:
        """Return a file's size and hash; its bytes are stored unless it is only referred to."""
        try:
            file = open(piece.place, "rb")  # noqa: PTH123, SIM115 - closed below; its own errors are the caller's
        except OSError as error:
            raise InvalidValue(f"`{piece.place:.120}` cannot be read: {error.strerror or error}") from None
        with file:
            if piece.reference is not None:
                sha256, is_new = copy_hashing(file, None, self._progress.advance), False
            else:
                sha256, is_new = self._objects.put_counted(file, self._progress.advance)
            size = file.tell()
        self.new_bytes += size if is_new else 0
        return size, sha256


def _size(piece: Piece) -> int:
    if piece.data is not None:
        return len(piece.data)
    try:
        return os.stat(piece.place).st_size if piece.place else 0  # noqa: PTH116
    except OSError:
        return 0
