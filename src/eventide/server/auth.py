"""Who may do what: every request and every WebSocket gets an `Access` before anything else looks at it.

Without a token (a server that only this machine reaches) everybody may do everything; with one, nobody without it gets anywhere but
`/healthz` and the files of the page. The token comes as `Authorization: Bearer`, or once as `?token=` of the printed link, which is
exchanged for a cookie at once, so that it does not stay in the address. Invariant: default deny; a path is open only if it is listed.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import parse_qsl, urlencode

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

from eventide.errors import AccessDenied
from eventide.server.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

Right = Literal["read", "write", "admin"]
COOKIE = "eventide"
OPEN_PATHS = frozenset({"/healthz"})
OPEN_PREFIXES = ("/static/",)
"""What anybody may ask for: it is the same on every server."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the sender of one request may do."""

    rights: frozenset[Right]
    user: str | None = None
    projects: frozenset[str] | None = None
    """Projects it is about; None means all."""

    def check(self, right: Right) -> None:
        """Raise AccessDenied unless `right` is held."""
        if right not in self.rights:
            raise AccessDenied(
                f"this needs the right to {'administer' if right == 'admin' else right}",
                hint="ask with a token for it: eventide token create --scope write; or the server is --read-only"
                if right == "write"
                else "ask with a token for it: eventide token create --scope admin",
            )


EVERYTHING = Access(frozenset({"read", "write", "admin"}))
READING = Access(frozenset({"read"}))


class Gate(Protocol):
    """Decides what a connection may do."""

    def access(self, connection: HTTPConnection) -> Access | None:
        """Return what the sender may do; None when it has to say who it is."""
        ...

    def cookie(self, token: str) -> str | None:
        """Return the cookie that a token of a link is exchanged for; None when it is not valid."""
        ...


class OpenGate:
    """Lets everybody in, with the same rights."""

    def __init__(self, access: Access = EVERYTHING) -> None:
        self._access = access

    def access(self, connection: HTTPConnection) -> Access | None:  # noqa: ARG002 - the protocol's shape
        """Return the same for everybody."""
        return self._access

    def cookie(self, token: str) -> str | None:  # noqa: ARG002 - the protocol's shape
        """Return None: there is nothing to exchange."""
        return None


class TokenGate:
    """Lets in who has the one token of this server, or the cookie it was exchanged for."""

    def __init__(self, token: str, access: Access = EVERYTHING) -> None:
        self._token = token.encode()
        self._cookie = hashlib.sha256(b"eventide cookie\0" + self._token).hexdigest()
        self._access = access

    def access(self, connection: HTTPConnection) -> Access | None:
        """Return the rights of the token, or None."""
        scheme, _, given = connection.headers.get("authorization", "").partition(" ")
        if given:
            known = scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token)
            return self._access if known else None
        cookie = connection.cookies.get(COOKIE, "")
        return self._access if hmac.compare_digest(cookie.encode(), self._cookie.encode()) else None

    def cookie(self, token: str) -> str | None:
        """Return the cookie of the token, which does not tell the token."""
        return self._cookie if hmac.compare_digest(token.encode(), self._token) else None


class Auth:
    """ASGI middleware that puts an `Access` into the state of every request, or refuses it."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        access = self.gate.access(connection)
        answer = self._exchanged(connection, scope) if scope["type"] == "http" else None
        if answer is None and access is None and not _is_open(scope["path"]):
            answer = problem(
                401,
                "this server asks for a token",
                code="access_denied",
                hint="open the link that `eventide serve` printed",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if answer is None:
            scope.setdefault("state", {})["access"] = access
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "this server asks for a token"})
        else:
            await answer(scope, receive, send)

    def _exchanged(self, connection: HTTPConnection, scope: Scope) -> Response | None:
        """Return the redirection that turns the token of a link into a cookie; None when there is none to turn."""
        given = connection.query_params.get("token")
        if given is None or scope["method"] != "GET" or scope["path"].startswith("/api/"):
            return None
        cookie = self.gate.cookie(given)
        if cookie is None:
            return None
        query = urlencode([(key, value) for key, value in parse_qsl(scope["query_string"].decode()) if key != "token"])
        path = "/" + str(scope["path"]).lstrip("/\\")
        root = str(scope.get("root_path", "")).rstrip("/")
        answer = RedirectResponse(f"{root}{path}" + (f"?{query}" if query else ""), 303, {"Cache-Control": "no-store"})
        secure = connection.url.scheme == "https"
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=secure, path=f"{root}/")
        return answer


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)
