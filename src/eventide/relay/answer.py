"""The hub's side of the relay's requests: what was asked, to the receiver, and back.

Invariant: every request says which projects its sender may write to; nothing else decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from eventide.errors import InvalidValue, NotFound
from eventide.names import check_sha256
from eventide.relay.frames import Ack, load_frame

if TYPE_CHECKING:
    from eventide.relay.receiver import Allowed, Receiver

MAX_ASKED = 10_000
"""Most parts or objects one request may ask about."""


def have(receiver: Receiver, body: bytes, allowed: Allowed, hub: str) -> dict[str, Any]:
    """Answer what is here of parts: `{"parts": [[run, name, at, project], ...]}`; raises InvalidValue."""
    asked = _listed(body, "parts")
    if not all(
        type(item) is list
        and len(item) == 4
        and type(item[2]) is int
        and all(type(item[place]) is str for place in (0, 1, 3))
        for item in asked
    ):
        raise InvalidValue("a part is asked about as [run, name, at, project]")
    return {
        "hub": hub,
        "parts": [_raw(receiver.have(run, name, at, project, allowed)) for run, name, at, project in asked],
    }


def parts(receiver: Receiver, body: bytes, allowed: Allowed) -> dict[str, Any]:
    """Take a frame in and answer what is here then; raises InvalidValue."""
    pieces, alive = load_frame(body)
    acks = [_raw(receiver.append(piece, allowed)) for piece in pieces]
    for run, name in alive:
        receiver.touch(run, name)
    return {"parts": acks}


def lacks(receiver: Receiver, body: bytes) -> dict[str, Any]:
    """Answer which of `{"objects": [hash, ...]}` are not here, and how much of each is; raises InvalidValue, InvalidName."""
    found = []
    for sha256 in _listed(body, "objects"):
        received = receiver.lacks(check_sha256(sha256) if type(sha256) is str else "")
        if received is not None:
            found.append({"sha256": sha256, "received": received})
    return {"lacks": found}


def put(receiver: Receiver, sha256: str, query: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Take bytes of an object in: `?offset=&size=`; raises InvalidValue, InvalidName."""
    try:
        offset, size_bytes = int(query.get("offset", "0")), int(query["size"])
    except (KeyError, ValueError):
        raise InvalidValue("an object comes with ?offset= and ?size= in bytes") from None
    if offset < 0 or size_bytes < offset + len(body):
        raise InvalidValue(f"{len(body)} bytes at {offset} do not fit into an object of {size_bytes}")
    received, complete = receiver.put(sha256, offset, body, size_bytes)
    return {"received": received, "complete": complete}


def dispatch(
    receiver: Receiver, what: str, query: Mapping[str, str], body: bytes, *, allowed: Allowed, hub: str
) -> dict[str, Any]:
    """Answer one request by the end of its path, such as `have` or `objects/<hash>`; raises NotFound, InvalidValue, InvalidName."""
    kind, _, rest = what.partition("/")
    answers: dict[str, Callable[[], dict[str, Any]]] = {
        "have": lambda: have(receiver, body, allowed, hub),
        "parts": lambda: parts(receiver, body, allowed),
        "lacks": lambda: lacks(receiver, body),
        "objects": lambda: put(receiver, rest, query, body),
    }
    if kind not in answers or bool(rest) != (kind == "objects"):
        raise NotFound(f"`{what:.80}` is nothing a hub takes")
    return answers[kind]()


def _listed(body: bytes, name: str) -> list[Any]:
    try:
        asked = orjson.loads(body)[name]
    except (ValueError, TypeError, KeyError):
        raise InvalidValue(f"the question is a JSON object with `{name}`") from None
    if type(asked) is not list or len(asked) > MAX_ASKED:
        raise InvalidValue(f"`{name}` is a list of at most {MAX_ASKED}")
    return asked


def _raw(ack: Ack) -> dict[str, Any]:
    return ack._asdict()
