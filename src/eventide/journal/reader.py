"""Read parts: headers, whole lines from an offset, decoded rows.

Invariant: an offset handed out is always the start of a line, and only whole lines are handed out; what follows the last newline
is a torn tail, ignored until it is completed. A whole line that is no JSON object is reported as such and skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from eventide.errors import StoreDamaged, StoreTooNew
from eventide.journal.codec import decode
from eventide.journal.records import FORMAT_VERSION, HEADER, KEYS, KEYS_PREFIX, STEP, TS, Header, Record
from eventide.names import unescape_key

CHUNK_BYTES = 4 * 1024 * 1024
MAX_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of one part."""

    start: int
    """Offset in the part of the first byte."""
    data: bytes
    """Lines, the last newline included."""

    @property
    def end(self) -> int:
        """Offset just after the last newline."""
        return self.start + len(self.data)


def read_header(path: Path) -> Header | None:
    """Return the header of a part, or None while its first line is not whole.

    Raises:
        StoreDamaged: the first line is whole but no header.
        StoreTooNew: the part was written by a newer version.
    """
    with open(path, "rb") as file:  # noqa: PTH123 - ten thousand of them are opened in a row
        line = file.readline(MAX_HEADER_BYTES)
    if not line.endswith(b"\n"):
        return None
    try:
        record = orjson.loads(line)
        if record[HEADER]["v"] > FORMAT_VERSION:
            raise StoreTooNew(
                f"`{path}` has journal version {record[HEADER]['v']}; this Eventide reads up to {FORMAT_VERSION}",
                hint="pip install --upgrade eventide",
            )
        return Header.of(record)
    except (ValueError, TypeError, KeyError):
        raise StoreDamaged(f"`{path}` does not begin with a header") from None


def read_chunks(path: Path, offset: int, *, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """Yield the whole lines after `offset`, about `size` bytes at a time (a longer line comes whole)."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        file.seek(offset)
        rest = b""
        while True:
            block = file.read(size)
            if not block:
                return
            cut = block.rfind(b"\n") + 1
            if not cut:
                rest += block
                continue
            data = rest + block[:cut]
            yield Chunk(offset, data)
            offset += len(data)
            rest = block[cut:]


def records(chunk: Chunk) -> Iterator[tuple[int, Record | None]]:
    """Yield `(offset, record)` of every line; None for a line that is no JSON object."""
    offset = chunk.start
    for line in chunk.data.splitlines(keepends=True) if b"\r" not in chunk.data else _lines(chunk.data):
        try:
            record = orjson.loads(line)
        except ValueError:
            record = None
        yield offset, record if type(record) is dict else None
        offset += len(line)


def _lines(data: bytes) -> list[bytes]:
    """Split at newlines only; `splitlines` would also split at a carriage return."""
    return [line + b"\n" for line in data[:-1].split(b"\n")]


def is_row(record: Record) -> bool:
    """Tell whether a record is a logged row."""
    return next(iter(record), None) == STEP


def row_values(record: Record) -> dict[str, Any]:
    """Return the user's keys and values of a row record, decoded."""
    return {unescape_key(key): decode(raw) for key, raw in record.items() if key not in (STEP, TS)}


def read_tags(path: Path, until: int) -> dict[str, str]:
    """Return stored key → tags first seen before the offset `until`; several tags of one key are joined."""
    found: dict[str, str] = {}
    for chunk in read_chunks(path, 0):
        position = 0 if chunk.data.startswith(KEYS_PREFIX) else chunk.data.find(b"\n" + KEYS_PREFIX) + 1
        while position or chunk.data.startswith(KEYS_PREFIX):
            if chunk.start + position >= until:
                return found
            end = chunk.data.index(b"\n", position)
            merge_tags(found, orjson.loads(chunk.data[position:end]).get(KEYS, {}))
            position = chunk.data.find(b"\n" + KEYS_PREFIX, end) + 1
            if not position:
                break
    return found


def merge_tags(found: dict[str, str], news: dict[str, str]) -> None:
    """Add the tags of a `_keys` record to what is known."""
    for key, tag in news.items():
        have = found.get(key, "")
        if tag not in have:
            found[key] = "".join(sorted(have + tag))
