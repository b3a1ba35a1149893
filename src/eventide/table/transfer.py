"""Bring the files of an artifact's version somewhere else, and check them.

Each file is written beside its place and gets its name when its hash is right; what an interrupted download left is gone on with.
Invariant: a file under its final name holds what the manifest says; nothing is written outside the folder that was asked for.
"""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eventide.errors import EventideError, InvalidSetting, ObjectNotFound, StoreDamaged

if TYPE_CHECKING:
    from eventide.objects.manifest import Entry
    from eventide.source import Source

BLOCK_BYTES = 8 * 1024 * 1024
_TIMEOUT_S = 60.0
OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """One file of a version that is not as it was logged."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


def blocks(source: Source, sha256: str, start: int = 0) -> Iterator[bytes]:
    """Yield the bytes of an object from `start` on, a block at a time; raises ObjectNotFound."""
    size = source.object_size(sha256)
    while start < size:
        block = source.open_object(sha256, start=start, stop=min(start + BLOCK_BYTES, size))
        if not block:
            return
        start += len(block)
        yield block


def fetch(source: Source, entry: Entry, path: str, root: Path, on_bytes: OnBytes) -> bool:
    """Write one file below `root`; return False when it was there in full already.

    Raises:
        ObjectNotFound: its bytes are gone.
        StoreDamaged: they are not what was logged.
        EventideError: it cannot be written, or a link inside `root` leads out of it.
    """
    target = root / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.parent.resolve().is_relative_to(root.resolve()):
            raise EventideError(f"`{path}` would be written outside `{root}`: a link is in the way")
        if entry.sha256 and target.is_file() and _is(target, entry):
            on_bytes(entry.size_bytes or 0)
            return False
        _fetch(source, entry, target, on_bytes)
    except OSError as error:
        raise EventideError(
            f"cannot write `{target}`: {error.strerror or error}", hint="choose another folder"
        ) from error
    return True


def _fetch(source: Source, entry: Entry, target: Path, on_bytes: OnBytes) -> None:
    part = target.with_name(f".{target.name[:200]}.{(entry.sha256 or 'url')[:16]}.part")
    for attempt in (1, 2):
        digest = hashlib.sha256()
        with part.open("ab+") as file:
            file.seek(0)
            while block := file.read(BLOCK_BYTES):  # what an interrupted download left
                digest.update(block)
            begun = file.tell()
            if entry.size_bytes is not None and begun > entry.size_bytes:
                file.truncate(0)
                digest, begun = hashlib.sha256(), 0
            on_bytes(begun)
            for block in _blocks_of(source, entry, begun):
                file.write(block)
                digest.update(block)
                on_bytes(len(block))
        if not entry.sha256 or digest.hexdigest() == entry.sha256:
            os.replace(part, target)  # noqa: PTH105
            return
        part.unlink()
        if attempt == 2 or not begun:
            raise StoreDamaged(
                f"the bytes of `{target.name}` are not those that were logged", hint="eventide artifact verify"
            )


def _blocks_of(source: Source, entry: Entry, start: int) -> Iterator[bytes]:
    if not entry.reference:
        yield from blocks(source, entry.sha256, start)
    elif "://" in entry.reference:
        yield from _blocks_of_url(entry.reference, start)
    else:
        with open(entry.reference, "rb") as file:  # noqa: PTH123
            file.seek(start)
            while block := file.read(BLOCK_BYTES):
                yield block


def _blocks_of_url(url: str, start: int) -> Iterator[bytes]:
    """Yield what a web address gives; only ever called by a download that the user asked for."""
    if not url.startswith(("http://", "https://")):
        raise InvalidSetting(f"`{url:.120}` is a reference that is not fetched", hint="download(references=False)")
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310 - checked above
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
        if start and answer.status != 206:
            answer.read(start)
        while block := answer.read(BLOCK_BYTES):
            yield block


def _is(path: Path, entry: Entry) -> bool:
    if entry.size_bytes is not None and path.stat().st_size != entry.size_bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256


def check(source: Source, entry: Entry, path: str, on_bytes: OnBytes) -> Problem | None:
    """Return what is wrong with the bytes that are kept of a file, or None; a URL is not fetched."""
    if entry.reference:
        return _check_reference(entry, path)
    digest = hashlib.sha256()
    try:
        for block in blocks(source, entry.sha256):
            digest.update(block)
            on_bytes(len(block))
    except ObjectNotFound:
        return Problem(path, "its bytes are gone")
    return None if digest.hexdigest() == entry.sha256 else Problem(path, "its bytes have changed on the disk")


def _check_reference(entry: Entry, path: str) -> Problem | None:
    if "://" in entry.reference or not entry.sha256:
        return None
    place = Path(entry.reference)
    try:
        return None if _is(place, entry) else Problem(path, f"`{place}` has changed since it was logged")
    except OSError as error:
        return Problem(path, f"`{place}` cannot be read: {error.strerror or error}")


def check_copy(entry: Entry, path: str, root: Path) -> Problem | None:
    """Return what is wrong with a downloaded file, or None."""
    place = root / path
    try:
        return None if not entry.sha256 or _is(place, entry) else Problem(path, f"`{place}` is not what was logged")
    except OSError as error:
        return Problem(path, f"`{place}` cannot be read: {error.strerror or error}")
