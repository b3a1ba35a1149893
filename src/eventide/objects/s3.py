"""Objects in a bucket that speaks S3: `<prefix>/<2 hex>/<sha256>`.

Large objects go up in parts that are hashed, sent and forgotten one by one; an upload that was interrupted goes on where it was, for the
name of an object is its content. Keys, region and endpoint are boto3's affair (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ...). Invariant: an
object can be seen only when all of its bytes are there; nothing here writes down a key.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import tempfile
from typing import TYPE_CHECKING, Any

from eventide._optional import require
from eventide.errors import InvalidSetting, ObjectNotFound
from eventide.objects.connection import as_os_error, client, is_missing
from eventide.objects.copying import copy_hashing
from eventide.objects.young import Young

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from typing import BinaryIO

    from eventide.objects.copying import OnBytes

PART_BYTES = 16 * 1024 * 1024
MAX_PARTS = 10_000


class S3Objects:
    """A content-addressed store in a bucket. Safe for threads and processes; every process and fork makes its own connection."""

    def __init__(self, url: str) -> None:
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        if not bucket:
            raise InvalidSetting(f"`{url:.80}` names no bucket", hint="EVENTIDE_OBJECTS=s3://bucket/prefix")
        require("boto3", "s3")
        self.url = url
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.young = Young(url, bucket, self._prefix)

    @property
    def _client(self) -> Any:
        return client()

    def key(self, sha256: str) -> str:
        """Return the name an object has in the bucket."""
        return f"{self._prefix}{sha256[:2]}/{sha256}"

    # ── putting ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def put_bytes(self, data: bytes) -> str:
        """Store bytes and return their SHA-256; raises OSError when the bucket cannot be written."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not self._has(sha256, len(data)):
            with as_os_error(self.url):
                self._client.put_object(Bucket=self._bucket, Key=self.key(sha256), Body=data)
        return sha256

    def put_file(self, path: str | os.PathLike[str]) -> str:
        """Store a file's bytes and return their SHA-256: read once to name them, and once more to send what is not there."""
        with open(path, "rb") as file:  # noqa: PTH123
            return self.put_stream(file)

    def put_stream(self, source: BinaryIO) -> str:
        """Store what is left of an open file and return its SHA-256; the file then stands at its end."""
        return self.put_counted(source)[0]

    def put_counted(self, source: BinaryIO, on_bytes: OnBytes | None = None) -> tuple[str, bool]:
        """Store what is left of an open file; return its SHA-256, and whether it was not there before."""
        with contextlib.ExitStack() as stack:
            if not source.seekable():
                spooled = stack.enter_context(tempfile.TemporaryFile(prefix="eventide-"))
                copy_hashing(source, spooled)
                spooled.seek(0)
                source = spooled
            begin = source.tell()
            sha256 = copy_hashing(source, None, on_bytes)
            size = source.tell() - begin
            is_new = not self._has(sha256, size)
            if is_new:
                source.seek(begin)
                with as_os_error(self.url):
                    self._upload(source, sha256, size)
        return sha256, is_new

    def _upload(self, source: BinaryIO, sha256: str, size: int) -> None:
        """Send what follows in the file, in one request or in parts."""
        where = {"Bucket": self._bucket, "Key": self.key(sha256)}
        if size <= PART_BYTES:
            data = source.read(size)
            _check(data, sha256)
            self._client.put_object(**where, Body=data)
            return
        part_bytes = max(PART_BYTES, -(-size // MAX_PARTS))
        upload_id, there = self._begun(where)
        digest = hashlib.sha256()
        parts = []
        for number in range(1, -(-size // part_bytes) + 1):
            block = source.read(part_bytes)
            digest.update(block)
            etag = f'"{hashlib.md5(block, usedforsecurity=False).hexdigest()}"'
            if there.get(number) != etag:
                answer = self._client.upload_part(**where, UploadId=upload_id, PartNumber=number, Body=block)
                etag = answer["ETag"]
            parts.append({"PartNumber": number, "ETag": etag})
        if digest.hexdigest() != sha256:
            self._client.abort_multipart_upload(**where, UploadId=upload_id)
            raise OSError("the file changed while it was sent")
        self._client.complete_multipart_upload(**where, UploadId=upload_id, MultipartUpload={"Parts": parts})

    def _begun(self, where: dict[str, str]) -> tuple[str, dict[int, str]]:
        """Return an upload of this object that was interrupted, with the parts that arrived; else a new one."""
        found = self._client.list_multipart_uploads(Bucket=where["Bucket"], Prefix=where["Key"]).get("Uploads") or []
        for upload in found:
            if upload["Key"] == where["Key"]:
                pages = self._client.get_paginator("list_parts").paginate(**where, UploadId=upload["UploadId"])
                there = {part["PartNumber"]: part["ETag"] for page in pages for part in page.get("Parts") or []}
                return str(upload["UploadId"]), there
        return str(self._client.create_multipart_upload(**where)["UploadId"]), {}

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def open(self, sha256: str) -> BinaryIO:
        """Return an object opened for reading, fetched block by block as it is read; raises ObjectNotFound."""
        return io.BufferedReader(_Remote(self, sha256, self.size_bytes(sha256)), 1024 * 1024)

    def read(self, sha256: str) -> bytes:
        """Return the bytes of an object; raises ObjectNotFound."""
        return self.part(sha256, 0, None)

    def part(self, sha256: str, start: int, stop: int | None) -> bytes:
        """Return bytes `start` up to `stop` of an object; raises ObjectNotFound."""
        wanted = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"} if start or stop is not None else {}
        with self._missing(sha256), as_os_error(self.url):
            answer = self._client.get_object(Bucket=self._bucket, Key=self.key(sha256), **wanted)
            data: bytes = answer["Body"].read()
        return data

    def exists(self, sha256: str) -> bool:
        """Tell whether the object is there."""
        try:
            return self.size_bytes(sha256) >= 0
        except ObjectNotFound:
            return False

    def size_bytes(self, sha256: str) -> int:
        """Return the object's size; raises ObjectNotFound."""
        return self.found(sha256)[0]

    # ── upkeep ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def touch(self, sha256: str) -> bool:
        """Make an object young again, so that garbage collection leaves it; tell whether it is there."""
        return self._touched(sha256) is not None

    def remove_if_old(self, sha256: str, oldest_kept_s: float) -> bool:
        """Remove an object unless somebody has put it since a moment (seconds); tell whether it was removed. Raises OSError."""
        return self.young.remove_if_old(sha256, self.key(sha256), oldest_kept_s)

    def found(self, sha256: str) -> tuple[int, float]:
        """Return the object's size in bytes and the time of its upload (seconds); raises ObjectNotFound."""
        with self._missing(sha256), as_os_error(self.url):
            head = self._client.head_object(Bucket=self._bucket, Key=self.key(sha256))
            return int(head["ContentLength"]), float(head["LastModified"].timestamp())
        raise AssertionError  # pragma: no cover - for the type checker

    def _has(self, sha256: str, size: int) -> bool:
        return self._touched(sha256) == size

    def _touched(self, sha256: str) -> int | None:
        """Make an object young again and return its size in bytes, or None when it is not there."""
        try:
            size_bytes, uploaded_s = self.found(sha256)
        except ObjectNotFound:
            return None
        self.young.mark(sha256, uploaded_s)
        return size_bytes

    @contextlib.contextmanager
    def _missing(self, sha256: str) -> Iterator[None]:
        errors = require("botocore.exceptions", "s3")
        try:
            yield
        except errors.ClientError as error:
            if is_missing(error):
                raise ObjectNotFound(f"no object `{sha256}` in `{self.url}`") from None
            raise


class _Remote(io.RawIOBase):
    """An object of a bucket as a file."""

    def __init__(self, objects: S3Objects, sha256: str, size: int) -> None:
        self._objects, self._sha256, self._size, self._at = objects, sha256, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        stop = min(self._at + len(buffer), self._size)
        if stop <= self._at:
            return 0
        data = self._objects.part(self._sha256, self._at, stop)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _check(data: bytes, sha256: str) -> None:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OSError("the file changed while it was sent")
