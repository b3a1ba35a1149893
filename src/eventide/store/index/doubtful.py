"""The last line of a part, when it is whole but no record.

On a network file system a reader can see a hole of NUL bytes where the server has not yet filled in data. Such a line at the very
end is left unread until something follows it; in the middle it is damage, skipped and counted.
"""

from __future__ import annotations

import orjson

from eventide.journal.reader import Chunk


def without_doubtful_tail(chunk: Chunk, size_bytes: int) -> Chunk:
    """Return the chunk without a last line that ends the part (of `size_bytes`) and is no record."""
    if chunk.end < size_bytes:
        return chunk
    cut = chunk.data.rfind(b"\n", 0, -1) + 1
    try:
        orjson.loads(chunk.data[cut:])
    except ValueError:
        return Chunk(chunk.start, chunk.data[:cut])
    return chunk
