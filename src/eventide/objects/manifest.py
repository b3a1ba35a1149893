"""The list of files that an artifact's version is: path → hash and size, or a reference to something kept elsewhere.

A manifest is an object like any other, `{"files": {path: {...}}}` with sorted keys, so that the same content has the same hash.
Invariant: every path is relative, has slashes, and leaves no folder it is joined to.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import orjson

from eventide.errors import InvalidName, StoreDamaged
from eventide.names import check_alias, check_artifact_name, check_label

_VERSION = re.compile(r"v(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a version."""

    sha256: str = ""
    """Empty only for a reference whose bytes nobody has read."""
    size_bytes: int | None = None
    reference: str = ""
    """A URL, or an absolute path; empty for a file that is kept."""
    etag: str = ""

    def record(self) -> dict[str, Any]:
        """Return it as a manifest has it."""
        if not self.reference:
            return {"sha256": self.sha256, "size_bytes": self.size_bytes}
        known = {"sha256": self.sha256, "etag": self.etag}
        return {
            "reference": self.reference,
            "size_bytes": self.size_bytes,
            **{name: value for name, value in known.items() if value},
        }


@dataclass(frozen=True, slots=True)
class Manifest:
    """All files of a version."""

    files: dict[str, Entry]

    @property
    def size_bytes(self) -> int:
        """How much the files that are kept hold together."""
        return sum(entry.size_bytes or 0 for entry in self.files.values() if not entry.reference)

    def to_bytes(self) -> bytes:
        """Return it as it is stored."""
        content = {"files": {path: entry.record() for path, entry in self.files.items()}}
        return orjson.dumps(content, None, orjson.OPT_SORT_KEYS)

    @property
    def digest(self) -> str:
        """The SHA-256 of its bytes."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @classmethod
    def from_bytes(cls, data: bytes, digest: str) -> Self:
        """Return the manifest in the bytes of the object `digest`; raises StoreDamaged."""
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreDamaged(f"the list of files `{digest}` has changed on the disk")
        try:
            content = orjson.loads(data)["files"]
            return cls({check_path(path): _entry(found) for path, found in content.items()})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreDamaged(f"the object `{digest}` is no list of files: {error!s:.80}") from None


def _entry(found: dict[str, Any]) -> Entry:
    size = found.get("size_bytes")
    texts = {name: str(found.get(name) or "") for name in ("sha256", "reference", "etag")}
    return Entry(**texts, size_bytes=None if size is None else int(size))


def check_path(path: object) -> str:
    """Return `path` if it can name a file of an artifact on every system, else raise `InvalidName`."""
    if not isinstance(path, str) or not path or len(path) > 4096:
        raise InvalidName(f"`{path!r:.60}` cannot be the path of a file: it needs 1 to 4096 characters")
    parts = path.split("/")
    if "\\" in path or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        raise InvalidName(
            f"`{path:.80}` cannot be the path of a file in an artifact", hint="relative, with slashes: a/b.txt"
        )
    if any(ord(char) < 32 or ord(char) == 127 for char in path):
        raise InvalidName(f"`{path!r:.80}` holds control characters")
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InvalidName(f"`{path!r:.80}` is no text in UTF-8") from None
    return path


class Selector(NamedTuple):
    """Which version is meant: `name`, `name:latest`, `name:v3`, `project/name:best`."""

    project: str | None
    name: str
    version: int | None
    alias: str
    """Empty when a version is given."""

    @classmethod
    def of(cls, text: str) -> Selector:
        """Return what a text means; raises InvalidName."""
        if not isinstance(text, str):
            raise InvalidName(f"`{text!r:.60}` is no artifact", hint="name:latest, name:v3 or project/name:v3")
        project, slash, rest = text.rpartition("/")
        name, colon, wanted = rest.partition(":")
        check_artifact_name(name)
        if slash:
            check_label(project, "project")
        number = _VERSION.fullmatch(wanted)
        if number is not None:
            return cls(project or None, name, int(number[1]), "")
        alias = check_alias(wanted) if colon else "latest"
        return cls(project or None, name, None, alias)
