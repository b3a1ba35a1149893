"""How often somebody may ask, and a record of who changed what.

Invariant: the audit log gets a line for every request that could change something and for every refusal; it never holds a token, a body
or a query string. Who asks too often is told when to come again, and others do not notice.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.server.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

RATE_PER_S = 200.0
BURST = 1000
_MAX_CALLERS = 10_000
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_QUESTIONS = ("/api/series", "/api/rows", "/api/runs/values", "/api/sql", "/api/source/")
"""Posts that read; `source/edit` is written down all the same."""


class RateLimit:
    """A bucket of requests per caller, refilled at a steady rate. Safe for threads."""

    def __init__(self, rate_per_s: float = RATE_PER_S, burst: int = BURST, clock: Clock = SYSTEM_CLOCK) -> None:
        self._rate = rate_per_s
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._callers: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: str) -> float:
        """Count a request; return 0 when it may pass, else after how many seconds to come again."""
        now = self._clock.monotonic()
        with self._lock:
            left, then = self._callers.pop(caller, (float(self._burst), now))
            left = min(self._burst, left + (now - then) * self._rate)
            passes = left >= 1.0
            self._callers[caller] = (left - passes, now)
            while len(self._callers) > _MAX_CALLERS:
                self._callers.popitem(last=False)
        return 0.0 if passes else (1.0 - left) / self._rate


class Audit:
    """Appends lines to a file. Safe for threads."""

    def __init__(self, path: Path, clock: Clock = SYSTEM_CLOCK) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()

    def note(self, *, user: str, caller: str, method: str, path: str, status: int) -> None:
        """Write one line; a disk that refuses stops nobody."""
        line = {
            "ts": self._clock.time(),
            "user": user,
            "from": caller,
            "method": method,
            "path": path,
            "status": status,
        }
        try:
            with self._lock, self._path.open("ab") as file:
                file.write(orjson.dumps(line, default=str) + b"\n")
        except OSError:
            return


class Limits:
    """ASGI middleware around the access check: limits rates by address, and writes the audit log once it is known who asked."""

    def __init__(self, app: ASGIApp, rate: RateLimit | None = None, audit: Audit | None = None) -> None:
        self.app = app
        self.rate = rate
        self.audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or tell it to come again."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        address = (scope.get("client") or ("", 0))[0]
        wait = self.rate.wait_s(address) if self.rate is not None else 0.0
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        if wait:
            answer = problem(
                429, "too many requests", code="limit_exceeded", headers={"Retry-After": str(int(wait) + 1)}
            )
            await answer(scope, receive, noted)
        else:
            await self.app(scope, receive, noted)
        if self.audit is not None and (status in {401, 403, 429} or changes(scope["method"], scope["path"])):
            user = getattr(scope.get("state", {}).get("access"), "user", None) or ""
            self.audit.note(user=user, caller=address, method=scope["method"], path=scope["path"], status=status)


def changes(method: str, path: str) -> bool:
    """Tell whether a request could change something that people would ask about later."""
    if method in _READING or path.startswith("/api/relay/"):
        return False
    return method != "POST" or path == "/api/source/edit" or not path.startswith(_QUESTIONS)
