"""Errors as application/problem+json (RFC 9457), always: our own, those of the framework, and those nobody expected.

Invariant: the message of an unexpected exception never leaves the process; what a client gets of it is a number to look for in the log.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from starlette.responses import Response

from eventide.errors import EventideError, InvalidFilter, RunAmbiguous
from eventide.server.plain import dumps

log = logging.getLogger("eventide.server")

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "The question cannot be understood",
    401: "A token is needed",
    403: "This is not allowed",
    404: "There is no such thing",
    405: "This cannot be done here",
    408: "The question took too long to arrive",
    409: "This is not possible as things are",
    413: "This is too much",
    415: "The question has to be JSON",
    421: "This server has another name",
    429: "Too many at once",
    431: "The headers are too long",
    500: "The server failed",
    501: "Something is not installed",
    503: "The server is busy",
}


def problem(
    status: int,
    detail: str,
    *,
    code: str,
    hint: str = "",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    """Return an error as an answer; `more` are members of its own."""
    body = {
        "type": f"urn:eventide:problem:{code}",
        "title": _TITLES.get(status, "The question failed"),
        "status": status,
        "detail": detail,
        "code": code,
        "hint": hint,
        **more,
    }
    return Response(dumps(body), status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE)


def of_error(error: EventideError) -> Response:
    """Return one of our errors as an answer."""
    more: dict[str, Any] = {}
    if isinstance(error, InvalidFilter):
        more = {
            "position": error.position,
            "text": error.text,
            "expected": error.message.partition(": expected ")[2] or None,
        }
    elif isinstance(error, RunAmbiguous):
        more = {"candidates": list(error.candidates)}
    nearest = getattr(error, "nearest", None)
    if nearest is not None:
        more["nearest"] = nearest
    return problem(error.http_status, error.message, code=error.code, hint=error.hint, **more)


def unexpected(error: BaseException) -> Response:
    """Return an answer for an exception that should not have happened, and log it."""
    number = os.urandom(4).hex()
    log.error("error %s", number, exc_info=error)
    return problem(500, f"something unexpected happened; the server's log has it as {number}", code="internal_error")


def invalid(errors: list[Any]) -> Response:
    """Return an answer for a question that does not fit its model."""
    said = [f"`{'.'.join(str(part) for part in each['loc'])}`: {each['msg']}" for each in errors[:5]]
    return problem(400, "; ".join(said) or "the question does not fit", code="invalid_value", hint="/openapi.json")
