"""Take journal bytes and objects in, for the store of a hub.

Invariant: bytes of a part are only ever appended, at the offset that is its size, under a lock of its file; what is there already is
passed over. So any retry, duplicate or order of requests gives the same file. No name from the network reaches a path unchecked.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from eventide.errors import AccessDenied, EventideError, InvalidName, InvalidValue, StoreTooNew
from eventide.journal.reader import MAX_HEADER_BYTES, read_header
from eventide.journal.records import FORMAT_VERSION, HEADER, Header
from eventide.layout import PART_SUFFIX
from eventide.names import check_label, check_run_id, check_sha256
from eventide.relay.frames import Ack, Piece

if TYPE_CHECKING:
    from eventide.layout import Layout
    from eventide.objects.base import Objects

try:
    import fcntl
except ImportError:  # Windows: one process serves the store, and its own locks suffice
    fcntl = None  # type: ignore[assignment]

PURGED = 1 << 61
"""A coverage from here on is the fence of a purged writer: more than any journal has."""
MAX_OBJECT_PIECE_BYTES = 64 * 1024 * 1024
_PART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}-\d{6}" + re.escape(PART_SUFFIX))
_MAX_HEADERS = 10_000

Covered = Callable[[str, str], int]
"""(project, writer) → bytes of the writer's journal that sealed tables hold."""
Allowed = Callable[[str], bool]
"""Project → whether the sender may write to it."""


class Receiver:
    """The receiving end of relays into one store. Safe for threads, and for processes where files can be locked."""

    def __init__(self, layout: Layout, objects: Objects, covered: Covered = lambda _project, _writer: 0) -> None:
        self._layout = layout
        self._objects = objects
        self._covered = covered
        self._headers: dict[tuple[str, str], Header] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    # ── journals ────────────────────────────────────────────────────────────────────────────────────────────────────

    def have(self, run: str, name: str, at: int, project: str, allowed: Allowed) -> Ack:
        """Return what is here of a part whose writer had `at` bytes in earlier parts; sealed and removed counts as here."""
        try:
            path = self._path(run, name)
            check_label(project, "project")
            if not allowed(project):
                raise AccessDenied(f"this token may not write to the project `{project}`")
            size = _size(path)
        except EventideError as error:
            return Ack(0, 0, "refused", error.message)
        return self._ack(project, name.rpartition("-")[0], at, size, at_least_sealed=True)

    def append(self, piece: Piece, allowed: Allowed) -> Ack:
        """Add a piece to its part; return what is here then, the piece included or not. Raises OSError when the disk refuses."""
        try:
            path = self._path(piece.run, piece.name)
            header = self._header(piece.run, piece.name, path, piece.data if piece.offset == 0 else b"", allowed)
            if header is None:
                return Ack(0)
            if piece.at != header.at:
                raise InvalidValue(f"`{piece.name}` begins at {header.at} of its journal, not at {piece.at}")
        except EventideError as error:
            return Ack(0, 0, "refused", error.message)
        known = self._ack(header.project, header.writer, piece.at, _size(path))
        end = piece.offset + len(piece.data)
        if known.state != "ok" or piece.offset > known.received or end <= known.received:
            return known
        with self._locked(path) as file:
            size = os.fstat(file).st_size
            fresh = piece.data[size - piece.offset :] if piece.offset <= size else b""
            while fresh:
                fresh = fresh[os.write(file, fresh) :]
            size = os.fstat(file).st_size
        return self._ack(header.project, header.writer, piece.at, size)

    def header_of(self, piece: Piece) -> Header:
        """Return the header that a part's first bytes bring; raises InvalidValue, InvalidName, StoreTooNew."""
        self._path(piece.run, piece.name)
        return _header_of(piece.data, piece.run, piece.name)

    def size_of(self, run: str, name: str) -> int:
        """Return how many bytes of a part are in the store."""
        return _size(self._path(run, name))

    def write(self, run: str, name: str, offset: int, data: bytes) -> None:
        """Add bytes that another receiver has accepted already; what is there is passed over."""
        with self._locked(self._path(run, name)) as file:
            size = os.fstat(file).st_size
            fresh = data[size - offset :] if offset <= size else b""
            while fresh:
                fresh = fresh[os.write(file, fresh) :]

    def touch(self, run: str, name: str) -> None:
        """Note that the writer of a part lives, though it had nothing to say."""
        with contextlib.suppress(EventideError, OSError):
            os.utime(self._path(run, name))

    def _path(self, run: str, name: str) -> Path:
        check_run_id(run)
        if not _PART_NAME.fullmatch(name):
            raise InvalidName(f"`{name!r:.80}` is no name of a part")
        return self._layout.run_dir(run) / name

    def _header(self, run: str, name: str, path: Path, first: bytes, allowed: Allowed) -> Header | None:
        """Return the header of a part: the known one, that of the file, or the one that the first bytes bring."""
        header = self._headers.get((run, name))
        if header is None:
            header = read_header(path) if path.exists() else None
            header = header or (_header_of(first, run, name) if first else None)
            if header is None:
                return None
            if len(self._headers) >= _MAX_HEADERS:
                self._headers.clear()
            self._headers[run, name] = header
        if not allowed(header.project):
            raise AccessDenied(f"this token may not write to the project `{header.project}`")
        return header

    def _ack(self, project: str, writer: str, at: int, size: int, *, at_least_sealed: bool = False) -> Ack:
        covered = self._covered(project, writer)
        if covered >= PURGED:
            return Ack(0, 0, "purged", "the run was removed from the hub for ever")
        sealed = max(0, covered - at)
        received = max(size, sealed) if at_least_sealed else size
        return Ack(received, min(sealed, received))

    @contextlib.contextmanager
    def _locked(self, path: Path) -> Iterator[int]:
        with self._guard:
            lock = self._locks.setdefault(str(path), threading.Lock())
        with lock:
            fresh = not path.exists()
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
            try:
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX)
                yield file
            finally:
                os.close(file)
        if fresh:
            self._layout.announce()

    # ── objects ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def lacks(self, sha256: str) -> int | None:
        """Return None when an object is here, else how many of its bytes are."""
        check_sha256(sha256)
        return None if self._objects.exists(sha256) else _size(self._incoming(sha256))

    def put(self, sha256: str, offset: int, data: bytes, size_bytes: int) -> tuple[int, bool]:
        """Add bytes to an object that comes in; return how many are here, and whether it is complete.

        Raises:
            InvalidValue: the bytes together are not what the hash says; they are thrown away.
            OSError: the disk refuses.
        """
        check_sha256(sha256)
        if self._objects.exists(sha256):
            return size_bytes, True
        path = self._incoming(sha256)
        with self._locked(path) as file:
            have = os.fstat(file).st_size
            fresh = data[have - offset :] if offset <= have else b""
            while fresh:
                fresh = fresh[os.write(file, fresh) :]
            have = os.fstat(file).st_size
            if have < size_bytes:
                return have, False
            try:
                with path.open("rb") as whole:
                    if hashlib.file_digest(whole, "sha256").hexdigest() != sha256:
                        raise InvalidValue(f"what came for the object `{sha256}` has another hash")
                self._objects.put_file(path)
            finally:
                path.unlink(missing_ok=True)
        return have, True

    def _incoming(self, sha256: str) -> Path:
        return self._layout.root / "incoming" / sha256


def _header_of(first: bytes, run: str, name: str) -> Header:
    """Return the header at the beginning of a part's first bytes; raises when it is none of this part."""
    line, newline, _ = first[:MAX_HEADER_BYTES].partition(b"\n")
    try:
        record = orjson.loads(line if newline else b"")
        version = record[HEADER]["v"]
        header = Header.of(record)
    except (ValueError, TypeError, KeyError):
        raise InvalidValue(f"`{name}` does not begin with a header") from None
    if version > FORMAT_VERSION:
        raise StoreTooNew(f"`{name}` has journal version {version}; this hub reads up to {FORMAT_VERSION}")
    if header.run != run or name != f"{header.writer}-{header.part:06d}{PART_SUFFIX}":
        raise InvalidValue(f"`{name}` begins with the header of another part")
    check_label(header.project, "project")
    return header


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
