"""Files that appear whole or not at all.

Invariant: until the last byte is written, the name shows the old file or none; a failure leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from eventide.errors import EventideError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; what was written there gets the final name when all went well.

    Raises:
        EventideError: the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105 - one call, no exists() before
    except OSError as error:
        raise EventideError(
            f"cannot write `{path}`: {error.strerror or error}", hint="choose another file with -o"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file at once; raises EventideError when it cannot be written."""
    with whole_file(path) as temporary:
        temporary.write_bytes(data)
