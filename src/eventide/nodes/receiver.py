"""The receiving end of relays where several nodes share what comes in.

Invariant: a piece is acknowledged when it is in the shared database, whichever node it came to; the local part is brought up to it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from eventide.errors import AccessDenied, EventideError, StoreError
from eventide.names import check_label
from eventide.relay.frames import Ack, Piece
from eventide.relay.receiver import PURGED, Allowed, Covered, Receiver

if TYPE_CHECKING:
    from eventide.nodes.database import Database, SharedPart

_END = b'\n{"_end":'


class SharedReceiver:
    """A receiver that keeps what comes in in a database first. Safe for threads."""

    def __init__(self, local: Receiver, database: Database, covered: Covered) -> None:
        self._local = local
        self._database = database
        self._covered = covered

    def have(self, run: str, name: str, at: int, project: str, allowed: Allowed) -> Ack:
        """Return what the nodes have of a part whose writer had `at` bytes in earlier parts."""
        known = self._local.have(run, name, at, project, allowed)
        if known.state != "ok":
            return known
        part = self._database.part(run, name)
        return known if part is None else known._replace(received=max(part.size, known.sealed))

    def append(self, piece: Piece, allowed: Allowed) -> Ack:
        """Add a piece to its part; return what is here then. Raises StoreError when the database fails."""
        try:
            part = self._database.part(piece.run, piece.name)
            if part is None and piece.offset:
                return Ack(0)
            if part is None:
                header = self._local.header_of(piece)
                project, writer = header.project, header.writer
            else:
                project, writer = part.project, part.writer
            check_label(project, "project")
            if not allowed(project):
                raise AccessDenied(f"this token may not write to the project `{project}`")
        except StoreError:
            raise
        except EventideError as error:
            return Ack(0, 0, "refused", error.message)
        covered = self._covered(project, writer)
        if covered >= PURGED:
            return Ack(0, 0, "purged", "the run was removed from the hub for ever")
        closed = _END in piece.data[-65536:]
        size = self._database.append(piece, project=project, writer=writer, closed=closed)
        self.catch_up(piece.run, piece.name, size)
        return Ack(size, min(max(0, covered - piece.at), size))

    def catch_up(self, run: str, name: str, size: int) -> None:
        """Bring the local part up to what the database has."""
        have = self._local.size_of(run, name)
        if have >= size:
            return
        for offset, data in self._database.bytes_from(run, name, have):
            self._local.write(run, name, offset, data)

    def follow(self, parts: list[SharedPart]) -> None:
        """Bring local parts up to what was touched by other nodes."""
        for part in parts:
            if part.sealed:
                continue
            with contextlib.suppress(EventideError):
                self.catch_up(part.run, part.name, part.size)
                self._local.touch(part.run, part.name)

    def touch(self, run: str, name: str) -> None:
        """Note that the writer of a part lives, though it had nothing to say."""
        self._local.touch(run, name)
        self._database.touch(run, name)

    def lacks(self, sha256: str) -> int | None:
        """Return None when an object is here, else how many of its bytes are."""
        return self._local.lacks(sha256)

    def put(self, sha256: str, offset: int, data: bytes, size_bytes: int) -> tuple[int, bool]:
        """Add bytes to an object that comes in; return how many are here, and whether it is complete."""
        return self._local.put(sha256, offset, data, size_bytes)
