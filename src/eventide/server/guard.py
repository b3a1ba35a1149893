"""What every request has to pass before it reaches a route, and what every answer carries.

A foreign `Host` (DNS rebinding), a foreign `Origin` on anything that is no plain reading, bodies that are no JSON, too large, too slow,
or packed: refused here. Every answer forbids the browser to guess types, to frame the page, and to load anything from elsewhere.
Invariant: nothing is answered without these headers; no header with Access-Control is ever sent.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

from eventide.server.problems import problem, unexpected

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_QUERY_BYTES = 32 * 1024
BODY_TIMEOUT_S = 30.0
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; style-src 'self'; object-src 'none';"
    " frame-src 'self' blob:; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

NEAR = "http://localhost:* http://127.0.0.1:* https://localhost:* https://127.0.0.1:*"
"""Whose pages may show this one in a frame, where frames are allowed: notebooks on the same machine."""
FRAMED = {name: value for name, value in HEADERS.items() if name != "X-Frame-Options"} | {
    "Content-Security-Policy": CONTENT_POLICY.replace("frame-ancestors 'none'", f"frame-ancestors 'self' {NEAR}")
}


class Hosts:
    """Which names this server answers to."""

    def __init__(self, bound: str, extra: Iterable[str] = ()) -> None:
        """Allow the names of this machine that fit where the server listens, and `extra` ones.

        A server that others reach answers to any address in numbers too: only names can be made to point elsewhere.
        """
        self.is_loopback = is_loopback(bound)
        self._names = {*LOOPBACK_NAMES, *(name.lower() for name in extra)}
        if not self.is_loopback:
            self._names |= {bound.lower().strip("[]"), socket.gethostname().lower(), socket.getfqdn().lower()}

    def allows(self, host: str) -> bool:
        """Tell whether a Host header names this server."""
        name = host_name(host)
        if name is None:
            return False
        return name in self._names or (not self.is_loopback and _is_address(name))


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a server that listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str | None:
    """Return the name in a Host header without its port; None when it is none."""
    if not host or any(character in host for character in "/\\@?# \t"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Bodies(NamedTuple):
    """What bodies may be below some path."""

    prefix: str
    types: tuple[str, ...]
    max_bytes: int
    encodings: tuple[str, ...] = ("identity",)


_JSON_BODIES = Bodies("/", ("application/json",), MAX_BODY_BYTES)


class Guard:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, hosts: Hosts, bodies: Iterable[Bodies] = (), *, frames: bool = False) -> None:
        """Guard `app`; `bodies` are exceptions from the rule that a body is JSON of some megabytes; `frames` lets in those of `NEAR`."""
        self.app = app
        self._headers = FRAMED if frames else HEADERS
        self.hosts = hosts
        self.bodies = (*bodies, _JSON_BODIES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or let it through with limits on its body and headers on its answer."""
        if scope["type"] == "websocket":
            if self._refusal(scope) is not None:
                await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
            else:
                await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, _Answer(send, self._headers))
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: _Answer) -> None:
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        try:
            await self.app(scope, _Body(receive, self._bodies(scope).max_bytes), send)
        except RefusedBodyError as error:
            if not send.started:
                await error.answer(scope, receive, send)
        except Exception as error:
            if not send.started:
                await unexpected(error)(scope, receive, send)
            elif not send.ended:
                raise  # in the middle of an answer: all that is left is to hang up

    def _bodies(self, scope: Scope) -> Bodies:
        return next(each for each in self.bodies if scope["path"].startswith(each.prefix))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.hosts.allows(hosts[0]):
            return problem(
                421,
                "the Host header names another server",
                code="access_denied",
                hint="eventide serve --allow-host NAME",
            )
        if len(scope.get("query_string", b"")) > MAX_QUERY_BYTES:
            return problem(413, f"an address has at most {MAX_QUERY_BYTES} bytes", code="limit_exceeded")
        reading = scope["type"] == "http" and scope["method"] in SAFE_METHODS
        if not reading and not _same_origin(headers, hosts[0]):
            return problem(403, "this came from another site's page", code="access_denied")
        if scope["path"].startswith("/api/") and headers.get("sec-fetch-site") == "cross-site":
            return problem(403, "this came from another site's page", code="access_denied")
        if reading or scope["type"] == "websocket" or (scope["method"] == "DELETE" and _is_empty(headers)):
            return None  # no form can send a DELETE, and no script of another site without being asked first
        return _unfit_body(headers, self._bodies(scope))


def _same_origin(headers: Headers, host: str) -> bool:
    """Tell whether a request was not made by another site's page: its Origin is this server, or there is none."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    return urlsplit(origin).netloc.lower() == host.lower()


def _is_empty(headers: Headers) -> bool:
    """Tell whether a request says that it has no body."""
    return headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers


def _unfit_body(headers: Headers, bodies: Bodies) -> Response | None:
    """Return the refusal of a body by its headers alone: only JSON passes, so no form of another site does."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in bodies.types:
        return problem(415, f"the body has to be {' or '.join(bodies.types)}", code="invalid_value")
    if headers.get("content-encoding", "identity").lower() not in bodies.encodings:
        return problem(415, "the body must not be compressed like this", code="invalid_value")
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > bodies.max_bytes:
        return _too_large(bodies.max_bytes)
    return None


def _too_large(max_bytes: int) -> Response:
    return problem(413, f"a body has at most {max_bytes >> 20} MiB", code="limit_exceeded")


class _Answer:
    """Sends an answer with the headers that every answer has."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self.started = False
        self.ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
            headers["Server"] = "eventide"
        await self._send(message)
        self.ended = message["type"] == "http.response.body" and not message.get("more_body", False)


class RefusedBodyError(Exception):
    """A body that is cut short here."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer


class _Body:
    """Receives the body of one request, up to a size and a time."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = self._left = max_bytes
        self._until = asyncio.get_running_loop().time() + BODY_TIMEOUT_S
        self._complete = False

    async def __call__(self) -> Message:
        if self._complete:
            return await self._receive()
        left_s = self._until - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.001, left_s))
        except TimeoutError:
            raise RefusedBodyError(
                problem(408, f"the body took longer than {BODY_TIMEOUT_S:g} s", code="limit_exceeded")
            ) from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._left < 0:
                raise RefusedBodyError(_too_large(self._max_bytes))
        return message
