"""The connection to a bucket: one client for each thread of each process, and boto3's errors as a disk's.

Invariant: a fork never shares a connection with its parent; what leaves here is OSError, or says that something is missing.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any

from eventide._optional import require

if TYPE_CHECKING:
    from collections.abc import Iterator

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_made = threading.local()


def client() -> Any:
    """Return the client of this thread in this process."""
    found = getattr(_made, "client", None)
    if found is None or found[0] != os.getpid():
        found = _made.client = (os.getpid(), require("boto3", "s3").session.Session().client("s3"))
    return found[1]


def forget() -> None:
    """Forget this thread's client, so that the next one is made with the settings of then."""
    _made.__dict__.clear()


def is_missing(error: Any) -> bool:
    """Tell whether an error of boto3's says that there is no such object."""
    return str(error.response.get("Error", {}).get("Code")) in _MISSING


@contextlib.contextmanager
def as_os_error(url: str) -> Iterator[None]:
    """Turn what boto3 raises into OSError, as a disk would, except for what says that something is missing."""
    errors = require("botocore.exceptions", "s3")
    try:
        yield
    except errors.ClientError as error:
        if is_missing(error):
            raise
        raise OSError(f"`{url}`: {error}") from error
    except errors.BotoCoreError as error:
        raise OSError(f"`{url}`: {error}") from error
