"""What hub nodes share in PostgreSQL: journal bytes that are not sealed yet, and small documents such as the tokens.

Invariant: bytes of a part are appended in one transaction that holds the part's row, at the offset that is its size; whoever sees a size
sees the bytes up to it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide._optional import require
from eventide.errors import StoreError

if TYPE_CHECKING:
    from eventide.relay.frames import Piece

_SCHEMA = """
CREATE TABLE IF NOT EXISTS eventide_parts(
  run text, name text, project text NOT NULL, writer text NOT NULL, at bigint NOT NULL, size bigint NOT NULL,
  closed boolean NOT NULL, sealed boolean NOT NULL DEFAULT false, touched timestamptz NOT NULL, PRIMARY KEY(run, name));
CREATE INDEX IF NOT EXISTS eventide_parts_touched ON eventide_parts(touched);
CREATE TABLE IF NOT EXISTS eventide_chunks(
  run text, name text, start bigint, data bytea NOT NULL, PRIMARY KEY(run, name, start),
  FOREIGN KEY(run, name) REFERENCES eventide_parts ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS eventide_documents(name text PRIMARY KEY, body bytea NOT NULL, changed timestamptz NOT NULL);
"""
_LOCK = 0x6576656E74  # "event"
OVERLAP_S = 10.0
"""How far back a look at what was touched goes: transactions commit in another order than they begin."""


class SharedPart(NamedTuple):
    """One part as all nodes see it."""

    run: str
    name: str
    project: str
    writer: str
    at: int
    size: int
    closed: bool
    sealed: bool
    """Its bytes are in the tables, and no longer here."""
    touched_s: float


_PART = "run, name, project, writer, at, size, closed, sealed, extract(epoch FROM touched)::float8"


class Database:
    """A pool of connections to the shared database. Safe for threads."""

    def __init__(self, url: str) -> None:
        """Connect, and make the tables if they are not there.

        Raises:
            StoreError: there is no database at that address, or it cannot be used.
            MissingExtra: psycopg is not installed.
        """
        self._psycopg: Any = require("psycopg", "postgres")
        pool: Any = require("psycopg_pool", "postgres")
        self._pool = pool.ConnectionPool(url, min_size=1, max_size=12, open=False, kwargs={"autocommit": False})
        try:
            self._pool.open(wait=True, timeout=10)
        except pool.PoolTimeout:
            self._pool.close()
            raise StoreError(
                "the database of `--index` cannot be reached", hint="--index postgresql://user@host/name"
            ) from None
        with self.transaction() as db:
            db.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            db.execute(_SCHEMA)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Any]:
        """Yield a connection within a transaction; raises StoreError when the database fails."""
        try:
            with self._pool.connection() as db:
                yield db
        except self._psycopg.Error as error:
            raise StoreError(f"the database of the hub failed: {error}") from error

    @contextlib.contextmanager
    def only_one(self) -> Iterator[bool]:
        """Yield whether this node is, for now, the one that works on the tables."""
        try:
            with self._pool.connection() as db:
                held = bool(db.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK + 1,)).fetchone()[0])
                db.commit()
                try:
                    yield held
                finally:
                    if held:
                        db.execute("SELECT pg_advisory_unlock(%s)", (_LOCK + 1,))
        except self._psycopg.Error as error:
            raise StoreError(f"the database of the hub failed: {error}") from error

    # ── journals ────────────────────────────────────────────────────────────────────────────────────────────────────

    def append(self, piece: Piece, *, project: str, writer: str, closed: bool) -> int:
        """Add a piece to its part; return the part's size then, the piece included or not."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO eventide_parts VALUES(%s, %s, %s, %s, %s, 0, false, false, clock_timestamp()) ON CONFLICT DO NOTHING",
                (piece.run, piece.name, project, writer, piece.at),
            )
            size: int = db.execute(
                "SELECT size FROM eventide_parts WHERE run = %s AND name = %s FOR UPDATE", (piece.run, piece.name)
            ).fetchone()[0]
            end = piece.offset + len(piece.data)
            if piece.offset > size or end <= size:
                return size
            fresh = piece.data[size - piece.offset :]
            db.execute("INSERT INTO eventide_chunks VALUES(%s, %s, %s, %s)", (piece.run, piece.name, size, fresh))
            db.execute(
                "UPDATE eventide_parts SET size = %s, closed = closed OR %s, touched = clock_timestamp() WHERE run = %s AND name = %s",
                (end, closed, piece.run, piece.name),
            )
            return end

    def touch(self, run: str, name: str) -> None:
        """Note that the writer of a part lives."""
        with self.transaction() as db:
            db.execute(
                "UPDATE eventide_parts SET touched = clock_timestamp() WHERE run = %s AND name = %s", (run, name)
            )

    def part(self, run: str, name: str) -> SharedPart | None:
        """Return one part, or None."""
        with self.transaction() as db:
            sql = f"SELECT {_PART} FROM eventide_parts WHERE run = %s AND name = %s"  # noqa: S608 - a constant
            found = db.execute(sql, (run, name)).fetchone()
        return None if found is None else SharedPart(*found)

    def touched_since(self, since_s: float) -> list[SharedPart]:
        """Return the parts that were touched since then (seconds, by the database's clock), and a little before."""
        with self.transaction() as db:
            found = db.execute(
                f"SELECT {_PART} FROM eventide_parts WHERE touched >= to_timestamp(%s) ORDER BY touched",  # noqa: S608 - a constant
                (since_s - OVERLAP_S,),
            ).fetchall()
        return [SharedPart(*row) for row in found]

    def bytes_from(self, run: str, name: str, offset: int) -> Iterator[tuple[int, bytes]]:
        """Yield (offset, bytes) of a part from an offset on."""
        with self.transaction() as db:
            rows = db.execute(
                "SELECT start, data FROM eventide_chunks WHERE run = %s AND name = %s AND start + octet_length(data) > %s ORDER BY start",
                (run, name, offset),
            ).fetchall()
        for start, data in rows:
            skip = max(0, offset - start)
            yield start + skip, bytes(data)[skip:]

    def forget(self, parts: list[tuple[str, str]]) -> None:
        """Remove the bytes of parts that are sealed."""
        with self.transaction() as db:
            for run, name in parts:
                db.execute("DELETE FROM eventide_chunks WHERE run = %s AND name = %s", (run, name))
                db.execute("UPDATE eventide_parts SET sealed = true WHERE run = %s AND name = %s", (run, name))

    def closed_parts(self, older_than_s: float) -> list[SharedPart]:
        """Return closed parts whose bytes are still here and that were not touched for so many seconds."""
        with self.transaction() as db:
            sql = (
                f"SELECT {_PART} FROM eventide_parts WHERE closed AND NOT sealed"  # noqa: S608 - a constant
                " AND touched < clock_timestamp() - make_interval(secs => %s)"
            )
            found = db.execute(sql, (older_than_s,)).fetchall()
        return [SharedPart(*row) for row in found]

    # ── documents ───────────────────────────────────────────────────────────────────────────────────────────────────

    def read_document(self, name: str) -> tuple[bytes, float] | None:
        """Return a document and when it was changed, or None."""
        with self.transaction() as db:
            found = db.execute(
                "SELECT body, extract(epoch FROM changed)::float8 FROM eventide_documents WHERE name = %s", (name,)
            ).fetchone()
        return None if found is None else (bytes(found[0]), found[1])

    def write_document(self, name: str, body: bytes) -> None:
        """Replace a document."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO eventide_documents VALUES(%s, %s, clock_timestamp())"
                " ON CONFLICT(name) DO UPDATE SET body = excluded.body, changed = excluded.changed",
                (name, body),
            )
