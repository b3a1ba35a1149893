"""Pieces of many parts in one request.

A frame is one line of JSON and the bytes of the pieces, one after the other:

    {"pieces": [{"run": "...", "name": "...", "at": 0, "offset": 0, "size": 1234}], "alive": [["run", "name"]]}

Invariant: the sizes add up to the bytes after the line, and a frame that is not so is refused as a whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from eventide.errors import InvalidValue

MAX_FRAME_BYTES = 64 * 1024 * 1024
"""Most that one frame may hold, unpacked."""


class Piece(NamedTuple):
    """Bytes of one part from an offset; whole lines."""

    run: str
    name: str
    """File name of the part."""
    at: int
    """Bytes in this writer's earlier parts."""
    offset: int
    data: bytes


class Ack(NamedTuple):
    """What the receiver has of a part."""

    received: int
    """Bytes of the part that are with it."""
    sealed: int = 0
    """Bytes of the part that are in its tables."""
    state: str = "ok"
    """`ok`; `purged`: the run was removed there for ever; `refused`: see `why`."""
    why: str = ""


def dump_frame(pieces: Sequence[Piece], alive: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return a frame as bytes."""
    contents = [
        {"run": piece.run, "name": piece.name, "at": piece.at, "offset": piece.offset, "size": len(piece.data)}
        for piece in pieces
    ]
    head = orjson.dumps({"pieces": contents, "alive": list(alive)})
    return b"".join((head, b"\n", *(piece.data for piece in pieces)))


def load_frame(data: bytes) -> tuple[list[Piece], list[tuple[str, str]]]:
    """Return the pieces and living parts of a frame; raises InvalidValue when it is none."""
    head, newline, body = data.partition(b"\n")
    try:
        said: dict[str, Any] = orjson.loads(head)
        pieces, offset, view = [], 0, memoryview(body)
        for content in said["pieces"]:
            size = content["size"]
            numbers = (content["at"], content["offset"], size)
            if not all(type(number) is int and number >= 0 for number in numbers):
                raise ValueError("a size or offset that is none")  # noqa: TRY301 - one refusal for all
            names = (content["run"], content["name"])
            if not all(type(name) is str for name in names):
                raise ValueError("a name that is none")  # noqa: TRY301
            pieces.append(Piece(*names, *numbers[:2], bytes(view[offset : offset + size])))
            offset += size
        alive = [(str(run), str(name)) for run, name in said.get("alive", ())]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidValue(f"this is no frame of journal bytes: {error}") from error
    if not newline or offset != len(body):
        raise InvalidValue(f"a frame says that it holds {offset} bytes, and holds {len(body)}")
    return pieces, alive


def packed(data: bytes) -> bytes:
    """Return bytes compressed quickly, as `Content-Encoding: gzip` means it."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def unpacked(data: bytes, limit_bytes: int = MAX_FRAME_BYTES) -> bytes:
    """Return gzip-compressed bytes as they were; raises InvalidValue when they are none, or more than the limit."""
    unpacker = zlib.decompressobj(31)
    try:
        plain = unpacker.decompress(data, limit_bytes)
    except zlib.error as error:
        raise InvalidValue(f"this is not compressed as it says: {error}") from error
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise InvalidValue(f"a frame is cut short, or unpacks to more than {limit_bytes} bytes")
    return plain
