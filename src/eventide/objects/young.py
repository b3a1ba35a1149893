"""What has to be known before anything is removed from a bucket: which stores use it, and which objects somebody has put again lately.

A bucket has no time of last use, so who finds an object there already that is older than `MARK_AFTER_S` leaves a mark,
`<prefix>/young/<sha256>.mark`, whose age is the object's. A store writes `<prefix>/stores/<store id>` before it puts anything.
Invariant: an object that was put or marked after a moment is never removed as older than that moment.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from eventide._optional import require
from eventide.objects import connection

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK_AFTER_S = 1800.0
"""A record follows its object within this time; younger objects and marks need no new mark."""
_DIGITS = 64


class Young:
    """The ages of the objects below a prefix of a bucket, and who uses it."""

    def __init__(self, url: str, bucket: str, prefix: str) -> None:
        self.url = url
        self._bucket = bucket
        self._prefix = prefix

    def join(self, store_id: str) -> None:
        """Note that a store keeps objects here; raises OSError."""
        with connection.as_os_error(self.url):
            connection.client().put_object(Bucket=self._bucket, Key=f"{self._prefix}stores/{store_id}", Body=b"")

    def stores(self) -> set[str]:
        """Return the ids of the stores that keep objects here; raises OSError."""
        return {key.rpartition("/")[2] for key, *_ in self._listed("stores/")}

    def listing(self) -> Iterator[tuple[str, int, float]]:
        """Yield hash, size in bytes and time of upload (seconds) of every object; raises OSError."""
        for key, size_bytes, changed_s in self._listed(""):
            name = key.rpartition("/")[2]
            if len(name) == _DIGITS:
                yield name, size_bytes, changed_s

    def mark(self, sha256: str, uploaded_s: float) -> None:
        """Make an object that is there young again; raises OSError."""
        now_s = time.time()
        if now_s - uploaded_s > MARK_AFTER_S and now_s - (self._marked_s(sha256) or 0.0) > MARK_AFTER_S:
            with connection.as_os_error(self.url):
                connection.client().put_object(Bucket=self._bucket, Key=self._mark_of(sha256), Body=b"")

    def remove_if_old(self, sha256: str, key: str, oldest_kept_s: float) -> bool:
        """Remove an object with its mark unless it was put or marked since; raises OSError."""
        marked_s = self._marked_s(sha256)
        uploaded_s = self._changed_s(key)
        if uploaded_s is None or uploaded_s >= oldest_kept_s:
            return False
        if marked_s is not None and marked_s + MARK_AFTER_S >= oldest_kept_s:
            return False
        with connection.as_os_error(self.url):
            connection.client().delete_object(Bucket=self._bucket, Key=key)
            if marked_s is not None:
                connection.client().delete_object(Bucket=self._bucket, Key=self._mark_of(sha256))
        return True

    def _mark_of(self, sha256: str) -> str:
        return f"{self._prefix}young/{sha256}.mark"

    def _marked_s(self, sha256: str) -> float | None:
        return self._changed_s(self._mark_of(sha256))

    def _changed_s(self, key: str) -> float | None:
        errors = require("botocore.exceptions", "s3")
        try:
            with connection.as_os_error(self.url):
                return float(connection.client().head_object(Bucket=self._bucket, Key=key)["LastModified"].timestamp())
        except errors.ClientError:
            return None

    def _listed(self, below: str) -> Iterator[tuple[str, int, float]]:
        with connection.as_os_error(self.url):
            pages = connection.client().get_paginator("list_objects_v2")
            asked: dict[str, Any] = {"Bucket": self._bucket, "Prefix": f"{self._prefix}{below}"}
            for page in pages.paginate(**asked):
                for found in page.get("Contents") or []:
                    yield str(found["Key"]), int(found["Size"]), float(found["LastModified"].timestamp())
