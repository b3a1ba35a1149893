"""Talk to a server of Eventide: one pool of connections, a token, errors as ours.

Invariant: only errors of `eventide.errors` come out; the token is sent to the server it was given for and appears in no message.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import orjson

from eventide import errors, settings
from eventide.errors import AccessDenied, EventideError, InvalidSetting, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 120.0
_SCHEMES = ("http", "https")


def is_url(place: object) -> bool:
    """Tell whether a place is the address of a server rather than a folder."""
    return isinstance(place, str) and place.partition("://")[0] in _SCHEMES and "://" in place


def token_of(given: str | None = None) -> str | None:
    """Return the token to present: the given one, the setting `token`, or what the file of `token_file` holds.

    Raises:
        InvalidSetting: the file cannot be read.
    """
    if given:
        return given
    named = (settings.get("token") or "").strip()
    file = settings.get("token_file")
    if named or not file:
        return named or None
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise InvalidSetting(f"`token_file` names `{file}`, which cannot be read: {error.strerror}") from error


class Http:
    """Requests to one server. Safe for threads."""

    def __init__(self, url: str, *, token: str | None = None, ca_file: str | None = None) -> None:
        """Prepare to talk to the server at `url`; nothing is sent yet.

        Args:
            url: `http://host:port` or `https://…`, a path prefix included; a `?token=` of a link is taken out and used.
            token: presented with every request; default: see `token_of`.
            ca_file: certificates to trust instead of the system's; default: the setting `ca_file`.

        Raises:
            InvalidSetting: this is no such address.
        """
        import urllib3  # noqa: PLC0415 - only who talks to a server pays for it

        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise InvalidSetting(f"`{url:.200}` is no address of a server", hint="http://127.0.0.1:8080")
        linked = dict(pair.partition("=")[::2] for pair in parts.query.split("&")).get("token")
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        self._headers = {"Accept-Encoding": "gzip", "User-Agent": "eventide"}
        known = token_of(token or linked)
        if known:
            self._headers["Authorization"] = f"Bearer {known}"
        self._pool = urllib3.PoolManager(
            maxsize=8,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S),
            retries=False,
            ca_certs=ca_file or settings.get("ca_file"),
        )

    def __repr__(self) -> str:
        return f"Http({self.url!r})"

    def request(
        self, method: str, path: str, body: bytes | None = None, *, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Send a request and return the answer's body.

        Raises:
            Unreachable: nobody answers there, or somebody else than Eventide does.
            AccessDenied: the token is missing, unknown, or does not allow this.
            EventideError: what the server says went wrong, as the error it is.
        """
        import urllib3  # noqa: PLC0415

        try:
            answer = self._pool.request(
                method, f"{self.url}{path}", body=body, headers={**self._headers, **(headers or {})}, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(
                f"no answer from `{self.url}`: {_why(error)}", hint="is `eventide serve` running there?"
            ) from error
        if answer.status >= 300:
            raise problem(answer.status, answer.data, self.url)
        return bytes(answer.data)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def _why(error: BaseException) -> str:
    """Return why a request failed, without the machinery around it."""
    reason = getattr(error, "reason", None) or error
    return str(reason).rpartition(": ")[2] or type(error).__name__


def quoted(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="")


def problem(status: int, body: bytes, url: str) -> EventideError:
    """Return the error that a server's answer of `application/problem+json` stands for."""
    try:
        said: dict[str, Any] = orjson.loads(body)
        message = str(said.get("detail") or said.get("title") or "")
        code = str(said.get("code", ""))
    except (ValueError, AttributeError):
        return Unreachable(f"`{url}` answers {status}, and not as Eventide does: {body[:80]!r}")
    hint = str(said.get("hint") or "")
    kind = _BY_CODE.get(code)
    if kind is None:
        kind = AccessDenied if status in {401, 403} else EventideError
    known: dict[str, Any] = {}
    if kind is errors.InvalidFilter:
        known = {name: said[name] for name in ("text", "position") if name in said}
    elif kind is errors.RunAmbiguous:
        known = {"candidates": tuple(said.get("candidates") or ())}
    return kind(message or f"`{url}` answers {status}", hint=hint, **known)


def _kinds(root: type[EventideError]) -> dict[str, type[EventideError]]:
    found = {root.code: root}
    for kind in root.__subclasses__():
        found.update(_kinds(kind))
    return found


_BY_CODE = _kinds(EventideError)
