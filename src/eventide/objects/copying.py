"""Copy bytes and hash them on the way, as fast as the slower of the two.

Invariant: the hash returned is that of the bytes written, whatever happens to the source meanwhile; memory stays at a few blocks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

BLOCK_BYTES = 4 * 1024 * 1024
_FICLONE = 0x40049409
OnBytes = Callable[[int], None]
"""Called with the number of bytes that were done since the last call."""


def cloned(source: BinaryIO, target: BinaryIO) -> bool:
    """Let `target`, which is empty, share the blocks of `source`, which stands at its start; False where that cannot be."""
    try:
        import fcntl  # noqa: PLC0415 - Linux and macOS have it

        if source.tell() or os.fstat(source.fileno()).st_size < BLOCK_BYTES:
            return False
        fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
    except (ImportError, OSError, ValueError, AttributeError):
        return False
    return True


def copy_hashing(source: BinaryIO, target: BinaryIO | None, on_bytes: OnBytes | None = None) -> str:
    """Copy what is left of a file, to nowhere when `target` is None, and return the SHA-256 in lower-case hexadecimal.

    A large file is hashed in a second thread while its blocks are written.
    """
    digest = hashlib.sha256()
    block = source.read(BLOCK_BYTES)
    more = source.read(BLOCK_BYTES) if len(block) == BLOCK_BYTES else b""
    if more and target is not None:
        _overlapped(source, target, [block, more], digest, on_bytes)
        return digest.hexdigest()
    while block:
        digest.update(block)
        if target is not None:
            target.write(block)
        if on_bytes is not None:
            on_bytes(len(block))
        block, more = more or source.read(BLOCK_BYTES), b""
    return digest.hexdigest()


def _overlapped(
    source: BinaryIO, target: BinaryIO, first: list[bytes], digest: hashlib._Hash, on_bytes: OnBytes | None
) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only for large files

    with ThreadPoolExecutor(1, thread_name_prefix="eventide-hash") as hashing:
        for block in chain(first, iter(lambda: source.read(BLOCK_BYTES), b"")):
            try:
                hashed = hashing.submit(digest.update, block)
            except RuntimeError:  # the process is ending
                digest.update(block)
                hashed = None
            target.write(block)
            if hashed is not None:
                hashed.result()
            if on_bytes is not None:
                on_bytes(len(block))
