"""The few things of an S3-compatible bucket that nodes need: list, get, put, and put if nobody has.

Invariant: keys, region and endpoint are boto3's affair (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ...); nothing here writes them down.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eventide._optional import require
from eventide.errors import InvalidSetting, StoreError

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class Bucket:
    """A prefix of a bucket. Safe for threads."""

    def __init__(self, url: str) -> None:
        """Prepare to use `s3://bucket/prefix`; raises InvalidSetting for anything else, MissingExtra without boto3."""
        name, _, prefix = url.removeprefix("s3://").partition("/")
        if not url.startswith("s3://") or not name:
            raise InvalidSetting(f"`{url:.80}` is no bucket", hint="--data s3://bucket/prefix")
        self.url = url.rstrip("/")
        self._name = name
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = require("boto3", "s3").session.Session().client("s3")
        self._errors: Any = require("botocore.exceptions", "s3")

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (self._errors.ClientError, self._errors.BotoCoreError) as error:
            raise StoreError(f"`{self.url}`: cannot {what}: {error}") from error

    def names(self, prefix: str, after: str = "") -> Iterator[str]:
        """Yield the names below a prefix in order, from the one after `after` on."""
        options = {"StartAfter": f"{self._prefix}{after}"} if after else {}
        with self._explained("list"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._name, Prefix=f"{self._prefix}{prefix}", **options
            )
            for page in pages:
                for found in page.get("Contents") or []:
                    yield str(found["Key"]).removeprefix(self._prefix)

    def folders(self, prefix: str) -> list[str]:
        """Return the names of the folders right below a prefix that ends with a slash."""
        with self._explained("list"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._name, Prefix=f"{self._prefix}{prefix}", Delimiter="/"
            )
            found = [str(item["Prefix"]) for page in pages for item in page.get("CommonPrefixes") or []]
        return [name.rstrip("/").rpartition("/")[2] for name in found]

    def fetch(self, name: str, path: Path) -> None:
        """Write an object into a file, which is there in full or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
        try:
            with self._explained("read"):
                self._client.download_file(self._name, f"{self._prefix}{name}", str(temporary))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def put(self, name: str, path: Path) -> None:
        """Write a file's bytes under a name."""
        with self._explained("write"):
            self._client.upload_file(str(path), self._name, f"{self._prefix}{name}")

    def put_new(self, name: str, data: bytes) -> bool:
        """Write bytes under a name that nobody has; return False when somebody has."""
        try:
            self._client.put_object(Bucket=self._name, Key=f"{self._prefix}{name}", Body=data, IfNoneMatch="*")
        except self._errors.ClientError as error:
            if str(error.response.get("Error", {}).get("Code")) in _TAKEN:
                return False
            raise StoreError(f"`{self.url}`: cannot write: {error}") from error
        return True
