"""Versioned artifacts of a run: files and folders under a name, stored once by content, with aliases and lineage.

Invariant: the bytes are in the object store, and the number of the version is claimed for their digest, before the record that names
them is written; two processes that log different content never get the same number.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from eventide.objects.manifest import Manifest
    from eventide.sdk.run import Run


class Artifact:
    """What is about to become a version: files, folders and references, gathered under the paths they shall have.

    Args:
        name: 1 to 128 characters without `/`, backslash, `:`, `@` and control characters.
        type: a word for what it is, such as `model` or `dataset`.
        metadata: anything that can be logged.
        description: a text.

    Raises:
        InvalidName: the name or type cannot be used.
    """

    def __init__(
        self,
        name: str,
        type: str = "artifact",
        *,
        metadata: Mapping[str, Any] | None = None,
        description: str = "",
    ) -> None:
        raise NotImplementedError

    def add_file(self, path: str | os.PathLike[str], name: str | None = None) -> Artifact:
        """Add a file, under its own name unless another path (with slashes) is given; returns the artifact."""
        raise NotImplementedError

    def add_dir(self, path: str | os.PathLike[str], prefix: str = "") -> Artifact:
        """Add every file below a folder, under `prefix`; returns the artifact."""
        raise NotImplementedError

    def add_bytes(self, data: bytes | str, name: str) -> Artifact:
        """Add a file that exists in memory only; returns the artifact."""
        raise NotImplementedError

    def add_reference(self, target: str | os.PathLike[str], name: str | None = None) -> Artifact:
        """Add a URL or a path that is named and not copied; of a local file size and hash are kept, so that verify finds changes."""
        raise NotImplementedError


@dataclass(frozen=True)
class Version:
    """A version that was logged: `name:v3`."""

    name: str
    version: int
    digest: str
    """SHA-256 of the manifest, the list of files."""
    type: str
    project: str
    size_bytes: int
    new_bytes: int
    """How much of it the store did not have yet."""
    manifest: Manifest
    metadata: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def files(self) -> dict[str, Any]:
        """What it holds: path → entry with `sha256` and `size_bytes`, or `reference`."""
        raise NotImplementedError

    def download(self, save_path: str | os.PathLike[str] | None = None) -> Path:
        """Write its files below `save_path` and return that folder; files that are there in full already are left."""
        raise NotImplementedError

    def verify(self) -> list[Any]:
        """Return what is missing or has changed, by reading every byte; empty when all is well."""
        raise NotImplementedError

    def delete(self) -> Any:
        """Delete this version and what only it needs; returns a Removal with the bytes that were freed."""
        raise NotImplementedError

    def add_alias(self, *aliases: str) -> None:
        """Give it further aliases; each belongs to one version of a name, and is taken from the one that had it."""
        raise NotImplementedError

    def remove_alias(self, *aliases: str) -> None:
        """Take aliases off it."""
        raise NotImplementedError


def log_artifact(
    run: Run,
    source: str | os.PathLike[str] | Artifact,
    name: str | None = None,
    type: str | None = None,  # noqa: A002 - the name users know
    *,
    aliases: Iterable[str] = (),
    metadata: Mapping[str, Any] | None = None,
    description: str = "",
) -> Version:
    """Keep a file, a folder or an `Artifact` as a version; see `Run.log_artifact`."""
    raise NotImplementedError


def use_artifact(run: Run, selector: str) -> Any:
    """Record that a run used a version, and return the version as `eventide.open().artifact(selector)` does; see `Run.use_artifact`."""
    raise NotImplementedError
