"""Artifacts, read back: names, versions, aliases, lineage, and the files themselves.

What the runs of a store have recorded, in the order of time, is folded into versions: an alias belongs to the version that got it last,
a version that was deleted comes back when its content is logged again. Invariant: everything is asked of a Source, so that a folder and a
server behave alike; bytes are handed out only when their hash is right.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.errors import EventideError, InvalidName, ObjectNotFound, StoreDamaged
from eventide.journal.codec import decode
from eventide.model import Edit, FileQuery, Removal
from eventide.names import check_alias
from eventide.objects.manifest import Manifest, Selector
from eventide.objects.progress import Progress
from eventide.table import transfer

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from eventide.model import FileInfo
    from eventide.objects.manifest import Entry
    from eventide.source import Source
    from eventide.table.transfer import Problem

LATEST = "latest"
KINDS = ("artifact", "alias", "artifact-deleted")


class Lineage(NamedTuple):
    """Where a version comes from and where it went: ids of runs, the earliest first."""

    made_by: tuple[str, ...]
    used_by: tuple[str, ...]


@dataclass(slots=True)
class _Facts:
    """What the records say of one version."""

    first: FileInfo
    newest: FileInfo
    runs: list[str] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    """Metadata and description: the newest that are not empty."""
    deleted: bool = False


@dataclass(frozen=True)
class ArtifactVersion:
    """One version of an artifact, such as `model:v3`."""

    source: Source = field(repr=False, compare=False)
    project: str
    name: str
    version: int
    digest: str
    """SHA-256 of the list of files."""
    type: str
    size_bytes: int
    """Of all files that are kept."""
    new_bytes: int
    """What the store did not have when it was logged."""
    file_count: int
    aliases: tuple[str, ...]
    created: datetime
    """When it was first logged, UTC."""
    runs: tuple[str, ...]
    """Ids of the runs that logged it, the first one first."""
    metadata: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    logged_s: float = 0.0
    """When it was logged last."""

    @property
    def selector(self) -> str:
        """How it is asked for: `project/name:v3`."""
        return f"{self.project}/{self.name}:v{self.version}"

    def manifest(self) -> Manifest:
        """Return the list of its files; raises ObjectNotFound or StoreDamaged."""
        return Manifest.from_bytes(self.source.open_object(self.digest), self.digest)

    @property
    def files(self) -> dict[str, Entry]:
        """What it holds: path → entry with `sha256` and `size_bytes`, or `reference`."""
        return dict(self.manifest().files)

    def read(self, path: str) -> bytes:
        """Return the bytes of one file.

        Raises:
            ObjectNotFound: there is no such file in it, or its bytes are gone.
            StoreDamaged: they are not those that were logged.
        """
        entry = self._entry(path)
        if entry.reference:
            raise ObjectNotFound(f"`{path}` is a reference to `{entry.reference}`, whose bytes are not kept")
        data = b"".join(transfer.blocks(self.source, entry.sha256))
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise StoreDamaged(f"the bytes of `{path}` of `{self}` have changed on the disk")
        return data

    def _entry(self, path: str) -> Entry:
        files = self.files
        if path not in files:
            raise ObjectNotFound(f"`{self}` has no file `{path:.80}`", hint=f"it has {', '.join(list(files)[:8])}")
        return files[path]

    def download(
        self,
        save_path: str | os.PathLike[str] | None = None,
        *,
        paths: Iterable[str] | None = None,
        references: bool = True,
        quiet: bool = False,
    ) -> Path:
        """Write its files below a folder and return the folder.

        Files that are there in full already are left, and what an interrupted download began is gone on with.

        Args:
            save_path: the folder; default `artifacts/<name>-v<version>` here.
            paths: these files only.
            references: bring what is referred to as well, by HTTP where it is a URL.
            quiet: no progress bar.

        Raises:
            ObjectNotFound: bytes are gone; StoreDamaged: they are not those that were logged.
            EventideError: the folder cannot be written.
        """
        root = Path(save_path) if save_path is not None else Path("artifacts") / f"{self.name}-v{self.version}"
        files = self.files
        wanted = {path: self._entry(path) for path in paths} if paths is not None else files
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EventideError(f"cannot make the folder `{root}`: {error.strerror or error}") from error
        total = sum(entry.size_bytes or 0 for entry in wanted.values())
        with Progress(f"fetching {self}", total, quiet=quiet) as progress:
            for path, entry in wanted.items():
                if references or not entry.reference:
                    transfer.fetch(self.source, entry, path, root, progress.advance)
        return root

    def verify(self, folder: str | os.PathLike[str] | None = None, *, quiet: bool = False) -> list[Problem]:
        """Read every byte, of the store or of a downloaded folder, and return what is missing or has changed."""
        try:
            files = self.files
        except (ObjectNotFound, StoreDamaged) as error:
            return [transfer.Problem("", f"its list of files: {error.message}")]
        root = None if folder is None else Path(folder)
        found: list[Problem | None] = []
        with Progress(f"checking {self}", self.size_bytes, quiet=quiet) as progress:
            for path, entry in files.items():
                found.append(
                    transfer.check(self.source, entry, path, progress.advance)
                    if root is None
                    else transfer.check_copy(entry, path, root)
                )
        return [problem for problem in found if problem is not None]

    def delete(self, *, dry_run: bool = False) -> Removal:
        """Delete it, and the bytes that nothing else refers to; return how many those are.

        Its number is not given to other content. What cannot be freed at once, because somebody has put the same bytes since, goes
        with the next `gc`. A source that does not hold the files itself only takes note.
        """
        wanted = _hashes(self)
        collect = getattr(self.source, "collect", None)
        removal = Removal(dry_run=dry_run)
        if dry_run and collect is not None:
            removal = collect(wanted, put_before_s=self.logged_s, released=(self.digest,), dry_run=True)
        if not dry_run:
            body = {"kind": "artifact-deleted", "name": self.name, "version": self.version, "digest": self.digest}
            self.source.edit(self.runs[:1], Edit(files=({**body, "project": self.project},)))
            removal = collect(wanted, put_before_s=self.logged_s) if collect is not None else removal
        return removal

    def add_alias(self, *aliases: str) -> ArtifactVersion:
        """Give it aliases, each taken from the version that had it; return it as it is now.

        Raises:
            InvalidName: one cannot be used; `latest` moves by itself.
        """
        return self._alias(aliases, removed=False)

    def remove_alias(self, *aliases: str) -> ArtifactVersion:
        """Take aliases off it, those it does not have included; return it as it is now."""
        return self._alias(aliases, removed=True)

    def _alias(self, aliases: Iterable[str], *, removed: bool) -> ArtifactVersion:
        named = [check_alias(alias) for alias in aliases]
        if LATEST in named:
            raise InvalidName("`latest` moves by itself, to the version that was logged last")
        body: dict[str, Any] = {"kind": "alias", "name": self.name, "version": self.version, "digest": self.digest}
        more = {"removed": True} if removed else {}
        self.source.edit(self.runs[:1], Edit(files=tuple({**body, "alias": alias, **more} for alias in named)))
        return find(self.source, self.selector)

    def lineage(self) -> Lineage:
        """Return which runs made it and which used it."""
        used = self.source.files(FileQuery(kinds=("use",), name=self.name))
        mine = [use.run_id for use in used if use.record.get("digest") == self.digest and _project(use) == self.project]
        return Lineage(self.runs, tuple(dict.fromkeys(mine)))

    def diff(self, other: ArtifactVersion) -> dict[str, list[str]]:
        """Return which paths `other` has added, removed and changed."""
        mine, theirs = self.files, other.files
        return {
            "added": sorted(theirs.keys() - mine.keys()),
            "removed": sorted(mine.keys() - theirs.keys()),
            "changed": sorted(path for path in mine.keys() & theirs.keys() if mine[path] != theirs[path]),
        }

    def __str__(self) -> str:
        return f"{self.name}:v{self.version}"

    def __hash__(self) -> int:
        return hash((self.project, self.name, self.version))


def versions(source: Source, *, project: str | None = None, name: str | None = None) -> list[ArtifactVersion]:
    """Return the versions that exist, by project, name and number."""
    found: dict[tuple[str, str, int, str], _Facts] = {}
    aliases: dict[tuple[str, str, str], int] = {}
    for info in source.files(FileQuery(kinds=KINDS, project=project, name=name)):
        number = info.record.get("version")
        if type(number) is int:  # what older imports call an artifact has none: it is a file
            _fold(info, (info.project, info.name, number, str(info.record.get("digest", ""))), found, aliases)
    return [
        _made(source, facts, _aliases_of(key, facts, found, aliases))
        for key, facts in sorted(found.items(), key=lambda item: item[0])
        if not facts.deleted
    ]


def _fold(
    info: FileInfo,
    key: tuple[str, str, int, str],
    found: dict[tuple[str, str, int, str], _Facts],
    aliases: dict[tuple[str, str, str], int],
) -> None:
    """Take one record in; they come in the order of time."""
    project, name, number, _ = key
    if info.kind == "artifact":
        facts = found.setdefault(key, _Facts(info, info))
        facts.newest, facts.deleted = info, False
        facts.runs.append(info.run_id)
        facts.said.update({what: info.record[what] for what in ("metadata", "description") if info.record.get(what)})
        for alias in info.record.get("aliases") or ():
            aliases[project, name, str(alias)] = number
    elif info.kind == "artifact-deleted":
        if key in found:
            found[key].deleted = True
    elif info.record.get("removed"):
        if aliases.get((project, name, str(info.record.get("alias")))) == number:
            del aliases[project, name, str(info.record.get("alias"))]
    else:
        aliases[project, name, str(info.record.get("alias"))] = number


def _aliases_of(
    key: tuple[str, str, int, str],
    facts: _Facts,
    found: dict[tuple[str, str, int, str], _Facts],
    aliases: dict[tuple[str, str, str], int],
) -> tuple[str, ...]:
    project, name, number, _ = key
    mine = sorted(alias for (p, n, alias), version in aliases.items() if (p, n, version) == (project, name, number))
    others = (other.newest.ts for (p, n, *_), other in found.items() if (p, n) == (project, name) and not other.deleted)
    return (LATEST, *mine) if facts.newest.ts >= max(others, default=0.0) else tuple(mine)


def _made(source: Source, facts: _Facts, aliases: tuple[str, ...]) -> ArtifactVersion:
    body = facts.newest.record
    metadata = decode(facts.said.get("metadata"))
    return ArtifactVersion(
        source=source,
        project=facts.first.project,
        name=facts.first.name,
        version=int(body["version"]),
        digest=str(body.get("digest", "")),
        type=str(body.get("type", "")),
        size_bytes=facts.newest.size_bytes,
        new_bytes=int(facts.first.record.get("new_bytes") or 0),
        file_count=int(body.get("files") or 0),
        aliases=aliases,
        created=datetime.fromtimestamp(facts.first.ts, tz=UTC),
        runs=tuple(dict.fromkeys(facts.runs)),
        metadata=metadata if isinstance(metadata, dict) else {},
        description=str(facts.said.get("description") or ""),
        logged_s=facts.newest.ts,
    )


def find(source: Source, selector: str, *, project: str | None = None) -> ArtifactVersion:
    """Return the version that a selector means: `name`, `name:v3`, `name:best`, `project/name:latest`.

    Args:
        source: where to look.
        selector: see above; without a version the latest is meant.
        project: looked at first when the selector names none; else the name has to be unique.

    Raises:
        InvalidName: the selector cannot be read.
        ObjectNotFound: there is no such artifact or version; the hint names those there are.
    """
    wanted = Selector.of(selector)
    everything = versions(source, project=wanted.project, name=wanted.name)
    mine = [each for each in everything if each.project == project] if wanted.project is None else []
    chosen = mine or everything
    projects = sorted({each.project for each in chosen})
    if len(projects) > 1:
        raise ObjectNotFound(
            f"several projects have an artifact `{wanted.name}`",
            hint=f"{projects[0]}/{selector}, or one of {', '.join(projects)}",
        )
    for each in chosen:
        if each.version == wanted.version or wanted.alias in each.aliases:
            return each
    raise _missing(source, wanted, chosen)


def _missing(source: Source, wanted: Selector, chosen: list[ArtifactVersion]) -> ObjectNotFound:
    if chosen:
        there = [
            f"v{each.version}" + "".join(f" ({', '.join(each.aliases)})" if each.aliases else "") for each in chosen
        ]
        what = f"v{wanted.version}" if wanted.version is not None else f"`{wanted.alias}`"
        return ObjectNotFound(
            f"the artifact `{wanted.name}` has no version {what}", hint=f"it has {', '.join(there[-12:])}"
        )
    names = sorted({each.name for each in versions(source, project=wanted.project)})
    hint = f"there are {', '.join(names[:12])}" if names else "run.log_artifact(path, name) makes one"
    return ObjectNotFound(f"there is no artifact `{wanted.name}`", hint=hint)


def made_by(source: Source, run_id: str, project: str) -> list[ArtifactVersion]:
    """Return the versions that a run logged."""
    return [each for each in versions(source, project=project) if run_id in each.runs]


def used_by(source: Source, run_id: str) -> list[ArtifactVersion]:
    """Return the versions that a run used and that still exist."""
    found = []
    for use in source.files(FileQuery(run_ids=(run_id,), kinds=("use",))):
        there = versions(source, project=_project(use), name=use.name)
        found += [each for each in there if each.digest == use.record.get("digest") and each not in found]
    return found


def _project(use: FileInfo) -> str:
    return str(use.record.get("project") or use.project)


def _hashes(version: ArtifactVersion) -> tuple[str, ...]:
    """Return the objects that a version is made of, its list of files included."""
    try:
        inner = {entry.sha256 for entry in version.files.values() if not entry.reference}
    except (ObjectNotFound, StoreDamaged):
        inner = set()
    return (version.digest, *sorted(inner))
