"""Tokens: who may read, write or administer which projects, and until when.

A token is `evt_<id>_<secret>`, with 256 random bits in the secret; kept is its SHA-256 alone, in `access/tokens.json` of the store,
readable by the owner only.

Invariant: a token is shown once, when it is made; what is kept cannot be turned back into it. A revoked or expired one opens nothing
from the next request on.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.errors import InvalidSetting, NotFound, StoreDamaged, StoreUnwritable
from eventide.names import check_label
from eventide.server.auth import COOKIE, Access, Gate, Right

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from eventide.layout import Layout

SCOPES: dict[str, tuple[Right, ...]] = {
    "read": ("read",),
    "write": ("read", "write"),
    "admin": ("read", "write", "admin"),
}
"""What each scope allows."""
PREFIX = "evt"


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of one token; the secret is not."""

    id: str
    user: str
    scope: str
    projects: tuple[str, ...] | None
    """None means all."""
    created: float
    expires: float | None
    revoked: float | None
    hash: str
    """SHA-256 of the whole token."""
    cookie_hash: str
    """SHA-256 of the cookie it is exchanged for."""

    def is_valid(self, now_s: float) -> bool:
        """Tell whether it opens anything."""
        return self.revoked is None and (self.expires is None or now_s < self.expires)


class Shelf(Protocol):
    """Where a book is kept."""

    def stamp(self) -> object:
        """Return what moves when the book changes; None when there is none."""
        ...

    def read(self) -> bytes:
        """Return the book."""
        ...

    def write(self, body: bytes) -> None:
        """Replace the book; raises StoreUnwritable."""
        ...


class FileShelf:
    """Keeps a book in a file that its owner alone can read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def stamp(self) -> object:
        """Return the file's age and number, None when there is none."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_ino

    def read(self) -> bytes:
        """Return the file's bytes."""
        return self.path.read_bytes()

    def write(self, body: bytes) -> None:
        """Replace the file; raises StoreUnwritable."""
        temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
            temporary.replace(self.path)
        except OSError as error:
            raise StoreUnwritable(f"cannot keep tokens in `{self.path}`: {error.strerror or error}") from error


class TokenBook:
    """The tokens of a store. Safe for threads; a change by another process is seen at the next question."""

    def __init__(self, shelf: Shelf, clock: Clock = SYSTEM_CLOCK) -> None:
        self._shelf = shelf
        self._clock = clock
        self._lock = threading.Lock()
        self._stamp: object = ""
        self._tokens: dict[str, Token] = {}

    @classmethod
    def of(cls, layout: Layout, clock: Clock = SYSTEM_CLOCK) -> TokenBook:
        """Return the book of a store."""
        return cls(FileShelf(layout.root / "access" / "tokens.json"), clock)

    def create(
        self, scope: str, *, user: str = "", projects: Iterable[str] | None = None, expires_in_s: float | None = None
    ) -> tuple[str, Token]:
        """Make a token; return it, for the only time, and what is kept of it.

        Raises:
            InvalidSetting: there is no such scope, or the time is none.
            InvalidName: a user or project that cannot be.
            StoreUnwritable: it cannot be kept.
        """
        if scope not in SCOPES:
            raise InvalidSetting(f"`{scope}` is no scope", hint=f"one of {', '.join(SCOPES)}")
        if expires_in_s is not None and not expires_in_s > 0:
            raise InvalidSetting("a token that has expired when it is made is of no use")
        chosen = None if projects is None else tuple(check_label(project, "project") for project in projects)
        if user:
            check_label(user, "user")
        now = self._clock.time()
        token_id = secrets.token_hex(4)
        token = f"{PREFIX}_{token_id}_{secrets.token_urlsafe(32)}"
        kept = Token(
            id=token_id,
            user=user,
            scope=scope,
            projects=chosen or None,
            created=now,
            expires=None if expires_in_s is None else now + expires_in_s,
            revoked=None,
            hash=_digest(token),
            cookie_hash=_digest(cookie_of(token)),
        )
        with self._lock:
            self._load()
            self._save({**self._tokens, kept.id: kept})
        return token, kept

    def revoke(self, token_id: str) -> Token:
        """Make a token open nothing any more; raises NotFound when there is no such id."""
        with self._lock:
            self._load()
            known = self._tokens.get(token_id)
            if known is None:
                raise NotFound(f"there is no token `{token_id:.40}`", hint="eventide token ls")
            gone = replace(known, revoked=known.revoked or self._clock.time())
            self._save({**self._tokens, token_id: gone})
            return gone

    def opens(self) -> bool:
        """Tell whether any token is valid now."""
        return any(token.is_valid(self._clock.time()) for token in self.tokens())

    def tokens(self) -> list[Token]:
        """Return all tokens, the newest last."""
        with self._lock:
            self._load()
            return sorted(self._tokens.values(), key=lambda token: token.created)

    def find(self, token: str) -> Token | None:
        """Return what is kept of a token that is valid now, else None."""
        return self._find(token.split("_", 2)[1] if token.count("_") >= 2 else "", "hash", token)

    def find_cookie(self, cookie: str) -> Token | None:
        """Return the token that a cookie stands for, else None."""
        return self._find(cookie.partition(".")[0], "cookie_hash", cookie)

    def _find(self, token_id: str, field: str, secret: str) -> Token | None:
        with self._lock:
            self._load()
            known = self._tokens.get(token_id)
        expected = getattr(known, field) if known is not None else "0" * 64
        same = hmac.compare_digest(_digest(secret), expected)
        return known if known is not None and same and known.is_valid(self._clock.time()) else None

    def _load(self) -> None:
        stamp = self._shelf.stamp()
        if stamp is not None and stamp == self._stamp:
            return
        try:
            kept = [] if stamp is None else orjson.loads(self._shelf.read())["tokens"]
            self._tokens = {raw["id"]: _token(raw) for raw in kept}
        except (ValueError, TypeError, KeyError) as error:
            raise StoreDamaged(f"`{self._shelf}` holds no tokens: {error}") from error
        self._stamp = stamp

    def _save(self, tokens: dict[str, Token]) -> None:
        body = orjson.dumps({"tokens": [asdict(token) for token in tokens.values()]}, option=orjson.OPT_INDENT_2)
        self._shelf.write(body)
        self._stamp = ""
        self._load()


class BookGate:
    """Lets in who has a token of a book, or the cookie it was exchanged for; reading alone on a read-only server.

    A server that only this machine reaches may let everybody in until the first token is made. Once there was one, it stays closed.
    """

    def __init__(self, book: TokenBook, *, read_only: bool = False, until_first: Access | None = None) -> None:
        self._book = book
        self._read_only = read_only
        self._until_first = until_first

    def access(self, connection: HTTPConnection) -> Access | None:
        """Return what the sender's token allows; None when there is none that opens anything."""
        if self._until_first is not None:
            if not self._book.tokens():
                return self._until_first
            self._until_first = None
        scheme, _, given = connection.headers.get("authorization", "").partition(" ")
        if given:
            found = self._book.find(given.strip()) if scheme.lower() == "bearer" else None
        else:
            found = self._book.find_cookie(connection.cookies.get(COOKIE, ""))
        if found is None:
            return None
        rights: frozenset[Right] = frozenset({"read"}) if self._read_only else frozenset(SCOPES[found.scope])
        projects = None if found.projects is None else frozenset(found.projects)
        return Access(rights, found.user or f"token {found.id}", projects)

    def cookie(self, token: str) -> str | None:
        """Return the cookie a token is exchanged for; None when it opens nothing."""
        return cookie_of(token) if self._book.find(token) is not None else None


class AnyGate:
    """Lets in whom one of several gates lets in."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        self._gates = tuple(gates)

    def access(self, connection: HTTPConnection) -> Access | None:
        """Return what the first gate that knows the sender allows."""
        return next((found for gate in self._gates if (found := gate.access(connection)) is not None), None)

    def cookie(self, token: str) -> str | None:
        """Return the cookie of the first gate that knows the token."""
        return next((found for gate in self._gates if (found := gate.cookie(token)) is not None), None)


def cookie_of(token: str) -> str:
    """Return the cookie a token is exchanged for; it does not tell the token."""
    return f"{token.split('_', 2)[1]}.{_digest('eventide cookie ' + token)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _token(raw: dict[str, Any]) -> Token:
    return Token(**{**raw, "projects": None if raw["projects"] is None else tuple(raw["projects"])})
