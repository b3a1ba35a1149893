"""Versioned artifacts of a run: files and folders under a name, stored once by content, with aliases and lineage.

Invariant: the bytes are in the object store, and the number of the version is claimed for their digest, before the record that names
them is written; two processes that log different content never get the same number.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.errors import InvalidName, InvalidValue, Misuse
from eventide.journal.codec import Encoded, encode
from eventide.names import check_alias, check_artifact_name, check_label
from eventide.objects.manifest import Entry, Manifest, check_path
from eventide.sdk.values import type_name

if TYPE_CHECKING:
    from pathlib import Path

    from eventide.sdk.run import Run

LATEST = "latest"
NOT_KEPT = -1
"""The number of a version that the disk did not take."""


class Piece(NamedTuple):
    """One file that is about to be kept."""

    place: str
    """Absolute path; empty for bytes and URLs."""
    data: bytes | None
    reference: Entry | None


class Artifact:
    """What is about to become a version: files, folders and references, gathered under the paths they shall have.

    Args:
        name: 1 to 128 characters without `/`, backslash, `:`, `@`, `..` and control characters.
        type: a word for what it is, such as `model` or `dataset`.
        metadata: anything that can be logged.
        description: a text.

    Raises:
        InvalidName: the name or type cannot be used.
    """

    def __init__(
        self,
        name: str,
        type: str = "artifact",  # noqa: A002 - the name users know
        *,
        metadata: Mapping[str, Any] | None = None,
        description: str = "",
    ) -> None:
        self.name = check_artifact_name(name)
        self.type = check_label(type, "artifact type")
        self.metadata = dict(metadata or {})
        self.description = str(description)
        self.pieces: dict[str, Piece] = {}
        """Path in the artifact → what will be there."""

    def add_file(self, path: str | os.PathLike[str], name: str | None = None) -> Artifact:
        """Add a file, under its own name unless another path (with slashes) is given; returns the artifact.

        Raises:
            InvalidValue: there is no such file, or it is a folder.
            InvalidName: the path cannot be used, or is taken by another file.
        """
        place = _absolute(path)
        if not os.path.isfile(place):  # noqa: PTH113 - texts throughout
            raise InvalidValue(f"`{path!s:.120}` is no file", hint="add_dir(path) takes a folder")
        return self._add(name or os.path.basename(place), Piece(place, None, None))  # noqa: PTH119

    def add_dir(self, path: str | os.PathLike[str], prefix: str = "") -> Artifact:
        """Add every file below a folder, under `prefix`; links are followed, each folder once. Returns the artifact.

        Raises:
            InvalidValue: there is no such folder, it holds no file, or something that is none.
        """
        place = _absolute(path)
        if not os.path.isdir(place):  # noqa: PTH112
            raise InvalidValue(f"`{path!s:.120}` is no folder", hint="add_file(path) takes a file")
        found = dict(_below(place, f"{prefix.strip('/')}/" if prefix.strip("/") else ""))
        if not found:
            raise InvalidValue(f"the folder `{path!s:.120}` holds no files")
        for name, inner in found.items():
            self._add(name, Piece(inner, None, None))
        return self

    def add_bytes(self, data: bytes | str, name: str) -> Artifact:
        """Add a file that exists in memory only; returns the artifact."""
        if not isinstance(data, (str, bytes, bytearray, memoryview)):
            raise InvalidValue(
                f"a {type_name(data)} is neither bytes nor a text", hint="run.save(obj, name) keeps any object"
            )
        return self._add(name, Piece("", data.encode() if isinstance(data, str) else bytes(data), None))

    def add_reference(
        self,
        target: str | os.PathLike[str],
        name: str | None = None,
        *,
        size_bytes: int | None = None,
        etag: str = "",
        sha256: str = "",
    ) -> Artifact:
        """Add a URL or a path that is named and not copied; returns the artifact.

        Of a local file, and of every file below a local folder, size and hash are kept, so that `verify` finds changes. Of a URL
        what is given is kept; nothing is fetched.
        """
        text = os.fspath(target)
        if "://" in text and not text.startswith("file://"):
            entry = Entry(sha256=sha256, size_bytes=size_bytes, reference=text, etag=etag)
            last = text.partition("?")[0].rstrip("/").rpartition("/")[2]
            return self._add(name or last or "reference", Piece("", None, entry))
        place = _absolute(text.removeprefix("file://"))
        if os.path.isdir(place):  # noqa: PTH112
            for inner_name, inner in _below(place, f"{(name or os.path.basename(place)).strip('/')}/"):  # noqa: PTH119
                self._add(inner_name, Piece(inner, None, Entry(reference=inner)))
            return self
        if not os.path.isfile(place):  # noqa: PTH113
            raise InvalidValue(f"`{text:.120}` is neither a URL nor a file that is there")
        return self._add(name or os.path.basename(place), Piece(place, None, Entry(reference=place)))  # noqa: PTH119

    def _add(self, name: str, piece: Piece) -> Artifact:
        path = check_path(name.replace(os.sep, "/") if os.sep != "/" else name)
        if self.pieces.setdefault(path, piece) != piece:
            raise InvalidName(f"the artifact `{self.name}` holds a file `{path:.80}` already")
        return self

    def __repr__(self) -> str:
        return f"Artifact({self.name!r}, type={self.type!r}, {len(self.pieces)} files)"


@dataclass(frozen=True)
class Version:
    """A version that was logged: `name:v3`."""

    name: str
    version: int
    """-1 when the disk did not take it; the run has warned of it then."""
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
    root: Path | None = None
    """The store; None where nothing is written."""

    @property
    def files(self) -> dict[str, Entry]:
        """What it holds: path → entry with `sha256` and `size_bytes`, or `reference`."""
        return dict(self.manifest.files)

    @property
    def selector(self) -> str:
        """How it is asked for: `project/name:v3`."""
        return f"{self.project}/{self.name}:v{self.version}"

    def record(self) -> dict[str, Any]:
        """Return what the journal says of it."""
        same = ("name", "version", "digest", "type", "size_bytes", "new_bytes", "description")
        more = {
            "sha256": self.digest,
            "format": "manifest",
            "files": len(self.manifest.files),
            "aliases": list(self.aliases),
        }
        return {"kind": "artifact", **{what: getattr(self, what) for what in same}, **more}

    def download(self, save_path: str | os.PathLike[str] | None = None) -> Path:
        """Write its files below `save_path` and return that folder; files that are there in full already are left."""
        with self._store() as store:
            return store.artifact(self.selector).download(save_path)  # type: ignore[no-any-return]

    def verify(self) -> list[Any]:
        """Return what is missing or has changed, by reading every byte; empty when all is well."""
        with self._store() as store:
            return list(store.artifact(self.selector).verify())

    def delete(self) -> Any:
        """Delete this version and what only it needs; returns a `Removal` with the bytes that were freed."""
        with self._store() as store:
            return store.artifact(self.selector).delete()

    def add_alias(self, *aliases: str) -> None:
        """Give it further aliases; each belongs to one version of a name, and is taken from the one that had it."""
        with self._store() as store:
            store.artifact(self.selector).add_alias(*aliases)

    def remove_alias(self, *aliases: str) -> None:
        """Take aliases off it."""
        with self._store() as store:
            store.artifact(self.selector).remove_alias(*aliases)

    def _store(self) -> Any:
        if self.root is None or self.version == NOT_KEPT:
            raise Misuse(
                f"the artifact `{self.name}` was not kept", hint="the run's mode is `disabled`, or the disk was full"
            )
        return _opened(self.root)

    def __str__(self) -> str:
        return f"{self.name}:v{self.version}" if self.version != NOT_KEPT else f"{self.name} (not kept)"


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
    artifact = _gathered(source, name, type, metadata, description)
    named = tuple(dict.fromkeys(check_alias(one) for one in ([aliases] if isinstance(aliases, str) else aliases)))
    named = tuple(alias for alias in named if alias != LATEST)
    writer = run._writer  # noqa: SLF001 - artifacts belong to the run
    if run.finished:
        writer.file({})  # raises what a finished run raises
    version = Version(
        name=artifact.name,
        version=NOT_KEPT,
        digest="",
        type=artifact.type,
        project=run.project,
        size_bytes=0,
        new_bytes=0,
        manifest=Manifest({}),
        metadata=artifact.metadata,
        description=artifact.description,
        aliases=named,
    )
    layout = run._layout  # noqa: SLF001
    if layout is None:
        return version
    described = encode(artifact.metadata, writer._extend)[1]  # type: ignore[union-attr]  # noqa: SLF001
    from eventide.objects.claims import claim  # noqa: PLC0415 - only where artifacts are kept
    from eventide.sdk.keeping import keep  # noqa: PLC0415

    try:
        manifest, new_bytes = keep(layout, artifact)
        number = claim(layout, run.project, artifact.name, manifest.digest)
    except OSError as error:  # the disk is full, the bucket gone: said, counted, and training goes on
        run._guard("artifact", error, 1)  # noqa: SLF001
        return version
    made = replace(
        version,
        version=number,
        digest=manifest.digest,
        size_bytes=manifest.size_bytes,
        new_bytes=new_bytes,
        manifest=manifest,
        root=layout.root,
    )
    writer.file({**made.record(), "metadata": Encoded(described)})
    run._watch()  # noqa: SLF001
    return made


def use_artifact(run: Run, selector: str) -> Any:
    """Record that a run used a version, and return the version as `eventide.open().artifact(selector)` does; see `Run.use_artifact`."""
    root = None if run._layout is None else run._layout.root  # noqa: SLF001
    found = _opened(root).artifact(selector, project=run.project)
    reference = {"name": found.name, "version": found.version, "digest": found.digest, "project": found.project}
    run._writer.file({"kind": "use", **reference})  # noqa: SLF001
    run._watch()  # noqa: SLF001
    return found


def _opened(root: Path | None) -> Any:
    """Return the store as a reader has it, by the same door as everybody: training itself has no use for it."""
    import eventide  # noqa: PLC0415

    return eventide.open(root)


def _gathered(
    source: Any, name: str | None, kind: str | None, metadata: Mapping[str, Any] | None, description: str
) -> Artifact:
    """Return what is to be kept as an `Artifact`; raises InvalidName or InvalidValue."""
    if isinstance(source, Artifact):
        artifact = Artifact(
            name or source.name,
            kind or source.type,
            metadata={**source.metadata, **(metadata or {})},
            description=description or source.description,
        )
        artifact.pieces = dict(source.pieces)
        if not artifact.pieces:
            raise InvalidValue(f"the artifact `{artifact.name}` is empty", hint="artifact.add_file(path)")
        return artifact
    if not isinstance(source, (str, os.PathLike)):
        raise InvalidValue(
            f"a {type_name(source)} is neither a path nor an Artifact", hint="run.save(obj, name) keeps objects"
        )
    place = _absolute(source)
    if not os.path.exists(place):  # noqa: PTH110
        raise InvalidValue(f"there is no file or folder `{source!s:.120}`")
    own = os.path.basename(place.rstrip("/\\"))  # noqa: PTH119
    artifact = Artifact(own if name is None else name, kind or "artifact", metadata=metadata, description=description)
    return artifact.add_dir(place) if os.path.isdir(place) else artifact.add_file(place)  # noqa: PTH112


def _absolute(path: str | os.PathLike[str]) -> str:
    text = os.fspath(path)
    if "\0" in text or not text:
        raise InvalidValue(f"`{path!r:.60}` is no path")
    return os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111


def _below(folder: str, prefix: str, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Yield path in the artifact and place of every file below a folder, in order."""
    seen |= {os.path.realpath(folder)}
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise InvalidValue(f"`{folder:.120}` cannot be read: {error.strerror or error}") from None
    for entry in entries:
        if entry.is_dir():
            if not entry.is_symlink() or os.path.realpath(entry.path) not in seen:
                yield from _below(entry.path, f"{prefix}{entry.name}/", seen)
        elif entry.is_file():
            yield prefix + entry.name, entry.path
        else:
            raise InvalidValue(f"`{entry.path:.120}` is neither a file nor a folder, or a link to nothing")
