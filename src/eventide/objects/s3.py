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
import threading
from typing import TYPE_CHECKING, Any

from eventide._optional import require
from eventide.errors import InvalidSetting, ObjectNotFound
from eventide.objects.copying import copy_hashing

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from typing import BinaryIO

    from eventide.objects.copying import OnBytes

PART_BYTES = 16 * 1024 * 1024
MAX_PARTS = 10_000
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


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

    @property
    def _client(self) -> Any:
        return _client_of_process()

    def key(self, sha256: str) -> str:
        """Return the name an object has in the bucket."""
        return f"{self._prefix}{sha256[:2]}/{sha256}"

    # ── putting ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def put_bytes(self, data: bytes) -> str:
        """Store bytes and return their SHA-256; raises OSError when the bucket cannot be written."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not self._has(sha256, len(data)):
            with _as_os_error(self.url):
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
                with _as_os_error(self.url):
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
        with self._missing(sha256), _as_os_error(self.url):
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
        with self._missing(sha256), _as_os_error(self.url):
            return int(self._client.head_object(Bucket=self._bucket, Key=self.key(sha256))["ContentLength"])
        raise AssertionError  # pragma: no cover - for the type checker

    # ── upkeep ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def listing(self) -> Iterator[tuple[str, int, float]]:
        """Yield hash, size and time of last change (seconds) of every object."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        for page in pages:
            for found in page.get("Contents") or []:
                name = str(found["Key"]).rpartition("/")[2]
                if len(name) == 64:
                    yield name, int(found["Size"]), float(found["LastModified"].timestamp())

    def touch(self, sha256: str) -> bool:
        """Tell whether the object is there; its age is that of its upload."""
        return self.exists(sha256)

    def remove(self, sha256: str) -> None:
        """Remove an object; nothing happens when it is gone."""
        with _as_os_error(self.url):
            self._client.delete_object(Bucket=self._bucket, Key=self.key(sha256))

    def _has(self, sha256: str, size: int) -> bool:
        try:
            return self.size_bytes(sha256) == size
        except ObjectNotFound:
            return False

    @contextlib.contextmanager
    def _missing(self, sha256: str) -> Iterator[None]:
        errors = require("botocore.exceptions", "s3")
        try:
            yield
        except errors.ClientError as error:
            if str(error.response.get("Error", {}).get("Code")) in _MISSING:
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


@contextlib.contextmanager
def _as_os_error(url: str) -> Iterator[None]:
    """Turn what boto3 raises into OSError, as a disk would, except for what says that something is missing."""
    errors = require("botocore.exceptions", "s3")
    try:
        yield
    except errors.ClientError as error:
        if str(error.response.get("Error", {}).get("Code")) in _MISSING:
            raise
        raise OSError(f"`{url}`: {error}") from error
    except errors.BotoCoreError as error:
        raise OSError(f"`{url}`: {error}") from error


_connection = threading.local()


def _client_of_process() -> Any:
    """Return the client of this thread in this process."""
    import os  # noqa: PLC0415 - only the process id

    made = getattr(_connection, "made", None)
    if made is None or made[0] != os.getpid():
        made = _connection.made = (os.getpid(), require("boto3", "s3").session.Session().client("s3"))
    return made[1]
