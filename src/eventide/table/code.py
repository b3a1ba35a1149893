"""The code a run kept: its files, what differs from another run or from a folder, and the tree written out again.

Everything comes through the Source: the manifest is an object, and so is each file. Invariant: nothing is ever written outside of the
folder that was named, whatever a manifest says; bytes are checked against their SHA-256 before they are used; nothing that is there is
overwritten unasked.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from eventide.errors import InvalidSetting, ObjectNotFound, StoreDamaged, StoreUnwritable
from eventide.model import FileQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eventide.source import Source

MAX_LINES = 20_000
"""Longer files, and files of more than a megabyte, are compared by hash alone."""
MAX_TEXT_BYTES = 1024 * 1024
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class CodeFile:
    """One kept file."""

    path: str
    """From the root of the tree, with slashes."""
    sha256: str
    size_bytes: int
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """What a run kept of its code."""

    run_id: str
    source: str
    """The folder it was taken from, on the machine of the run."""
    ts: float
    """When, in seconds since the epoch."""
    sha256: str
    """Of the manifest: the same for the same tree."""
    files: dict[str, CodeFile] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    """Path → why it was not kept."""

    @property
    def size_bytes(self) -> int:
        """All files together."""
        return sum(file.size_bytes for file in self.files.values())


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file that is not the same on both sides."""

    path: str
    change: Literal["added", "removed", "changed"]
    old: CodeFile | None
    new: CodeFile | None
    lines: tuple[str, ...] | None
    """A unified diff without line ends; None for what is no text, or too long to compare by lines."""

    @property
    def added(self) -> int:
        """Lines that are new."""
        return sum(line.startswith("+") and not line.startswith("+++ ") for line in self.lines or ())

    @property
    def removed(self) -> int:
        """Lines that are gone."""
        return sum(line.startswith("-") and not line.startswith("--- ") for line in self.lines or ())


def find(source: Source, run_id: str) -> Tree | None:
    """Return the tree a run kept, the newest if it kept several; None when it kept none."""
    found = [info for info in source.files(FileQuery(run_ids=(run_id,), kinds=("snapshot",))) if info.sha256]
    if not found:
        return None
    info = found[-1]
    try:
        content = orjson.loads(_checked(source, info.sha256, "the manifest"))
        sizes, executable = content.get("sizes", {}), set(content.get("executable", ()))
        files = {
            path: CodeFile(path, sha256, _size(source, path, sha256, sizes), path in executable)
            for path, sha256 in sorted(content["files"].items())
        }
        return Tree(run_id, str(content["source"]), info.ts, info.sha256, files, dict(content.get("left_out", {})))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreDamaged(f"the manifest `{info.sha256}` of the code of `{run_id}` is none") from error


def tree(source: Source, run_id: str) -> Tree:
    """Return the tree a run kept; raises ObjectNotFound when it kept none."""
    found = find(source, run_id)
    if found is None:
        raise ObjectNotFound(
            f"the run `{run_id}` kept no code",
            hint="eventide.init(snapshot=True), or put an eventide.toml beside the code",
        )
    return found


def _size(source: Source, path: str, sha256: str, sizes: dict[str, int]) -> int:
    """Return the size that the manifest says, or, in those of older versions, that of the object; 0 where it is gone."""
    if path in sizes:
        return int(sizes[path])
    try:
        return source.object_size(sha256)
    except ObjectNotFound:
        return 0


def read(source: Source, of: Tree, path: str) -> bytes:
    """Return the bytes of a kept file; raises ObjectNotFound with the nearest name when there is none."""
    file = of.files.get(path.removeprefix("./"))
    if file is None:
        near = difflib.get_close_matches(path, list(of.files), n=1, cutoff=0.4)
        reason = f": it was left out, {of.left_out[path]}" if path in of.left_out else ""
        raise ObjectNotFound(
            f"the code of `{of.run_id}` has no file `{path:.120}`{reason}",
            hint=f"did you mean `{near[0]}`?" if near else f"eventide code ls {of.run_id}",
        )
    return _checked(source, file.sha256, f"`{file.path}`")


def _checked(source: Source, sha256: str, what: str) -> bytes:
    data = source.open_object(sha256)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreDamaged(f"the bytes of {what}, `{sha256}`, have changed on the disk")
    return data


# ── differences ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def diff(source: Source, a: str, b: str | None = None, *, folder: Path | None = None) -> list[FileDiff]:
    """Return the files that differ, from run `a` to run `b`; without `b` to a folder as it is now, that of the code by default.

    Raises:
        ObjectNotFound: a run kept no code, or the bytes are gone.
        InvalidSetting: the folder is not there.
    """
    old = tree(source, a)
    if b is not None:
        new = tree(source, b)
        return compare(old.files, new.files, lambda path: read(source, old, path), lambda path: read(source, new, path))
    root = folder if folder is not None else Path(old.source)
    if not root.is_dir():
        raise InvalidSetting(
            f"`{root}`, where this code was taken from, is no folder here", hint=f"eventide code diff {a} --dir ."
        )
    files = {path: file for path, file in of_folder(root).items() if path in old.files or path not in old.left_out}
    return compare(old.files, files, lambda path: read(source, old, path), lambda path: (root / path).read_bytes())


def of_folder(root: Path) -> dict[str, CodeFile]:
    """Return the files of a folder that a snapshot of it would keep."""
    from eventide.sdk.snapshot import walk  # noqa: PLC0415 - only to compare with a folder

    files: dict[str, CodeFile] = {}
    for found in walk(root.absolute(), None, {}):
        try:
            data = Path(found.place).read_bytes()
        except OSError:  # a snapshot would leave it out as well
            continue
        files[found.path] = CodeFile(found.path, hashlib.sha256(data).hexdigest(), len(data), found.executable)
    return files


def compare(
    old: dict[str, CodeFile],
    new: dict[str, CodeFile],
    read_old: Callable[[str], bytes],
    read_new: Callable[[str], bytes],
) -> list[FileDiff]:
    """Return the files that differ between two trees, in the order of their paths."""
    found = []
    for path in sorted(old.keys() | new.keys()):
        before, after = old.get(path), new.get(path)
        if before is not None and after is not None and before.sha256 == after.sha256:
            continue
        lines = None
        if all(file is None or file.size_bytes <= MAX_TEXT_BYTES for file in (before, after)):
            texts = (before and _text(read_old(path)), after and _text(read_new(path)))
            lines = _lines(path, before is not None, texts[0] or (), after is not None, texts[1] or ())
            if (before and texts[0] is None) or (after and texts[1] is None):
                lines = None
        change: Literal["added", "removed", "changed"]
        change = "added" if before is None else "removed" if after is None else "changed"
        found.append(FileDiff(path, change, before, after, lines))
    return found


def _text(data: bytes) -> list[str] | None:
    """Return the lines of a text; None for what is none, or too long."""
    if b"\0" in data:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    elif lines:
        lines[-1] += "\n\\ No newline at end of file"
    return lines if len(lines) <= MAX_LINES else None


def _lines(path: str, was: bool, old: Sequence[str], is_there: bool, new: Sequence[str]) -> tuple[str, ...]:
    names = (f"a/{path}" if was else "/dev/null", f"b/{path}" if is_there else "/dev/null")
    return tuple(
        piece for line in difflib.unified_diff(list(old), list(new), *names, lineterm="") for piece in line.split("\n")
    )


# ── writing it out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def restore(source: Source, run_id: str, folder: str | os.PathLike[str], *, force: bool = False) -> Tree:
    """Write the code of a run into a folder, and return what was written.

    Args:
        source: where the run is.
        run_id: a full id.
        folder: made when it is not there.
        force: write into a folder with something in it; files of the same names are replaced, others stay.

    Raises:
        InvalidSetting: the folder is not empty, or is a file.
        ObjectNotFound: the run kept no code, or the bytes of some files are gone; the others are written.
        StoreDamaged: the manifest names a path that leads out of the folder; nothing is written then.
        StoreUnwritable: the folder cannot be written.
    """
    of = tree(source, run_id)
    for path in of.files:
        _refuse_unsafe(run_id, path)
    root = Path(folder)
    missing = []
    try:
        if not force and os.path.lexists(root) and (not root.is_dir() or any(root.iterdir())):
            what = "is not empty" if root.is_dir() else "is no folder"
            raise InvalidSetting(
                f"`{root}` {what}", hint=f"eventide code restore {run_id} {root} --force" if root.is_dir() else ""
            )
        root.mkdir(parents=True, exist_ok=True)
        for file in of.files.values():
            try:
                data = _checked(source, file.sha256, f"`{file.path}`")
            except ObjectNotFound:
                missing.append(file.path)
                continue
            _write(root, file, data)
    except OSError as error:
        if isinstance(error, StoreUnwritable):
            raise
        raise StoreUnwritable(f"cannot write to `{root}`: {error.strerror or error}") from error
    if missing:
        raise ObjectNotFound(
            f"{len(missing)} of {len(of.files)} files are not in the store any more, such as `{missing[0]}`; the others are in `{root}`"
        )
    return of


def _refuse_unsafe(run_id: str, path: str) -> None:
    """Raise StoreDamaged for a path that no snapshot has: absolute, with `..`, or with what a system takes for a separator."""
    parts = path.split("/")
    odd = any(part in ("", ".", "..") for part in parts) or "\0" in path
    if odd or (os.sep != "/" and (os.sep in path or _DRIVE.match(path))):
        raise StoreDamaged(
            f"the manifest of the code of `{run_id}` names `{path!r:.120}`, which leads out of its folder"
        )


def _write(root: Path, file: CodeFile, data: bytes) -> None:
    """Write one file below `root`; a link on the way there is never followed."""
    folder = root
    *parents, name = file.path.split("/")
    for part in parents:
        folder /= part
        if folder.is_symlink():
            raise StoreUnwritable(f"`{folder}` is a link, and nothing is written through it")
        folder.mkdir(exist_ok=True)
    temporary = folder / f".{os.urandom(6).hex()}.tmp"
    try:
        with temporary.open("xb") as target:
            target.write(data)
        if file.executable:
            mode = temporary.stat().st_mode
            temporary.chmod(mode | (mode & 0o444) >> 2)  # whoever may read it may run it
        temporary.replace(folder / name)
    finally:
        temporary.unlink(missing_ok=True)


class Code:
    """The code of one run, as `RunView.code` gives it."""

    def __init__(self, source: Source, run_id: str) -> None:
        self._source = source
        self._run_id = run_id

    @property
    def kept(self) -> bool:
        """Whether the run kept any."""
        return find(self._source, self._run_id) is not None

    @property
    def tree(self) -> Tree:
        """All that was kept, and what was left out; raises ObjectNotFound when nothing was."""
        return tree(self._source, self._run_id)

    def files(self) -> list[CodeFile]:
        """Return the kept files in the order of their paths; raises ObjectNotFound when there are none."""
        return list(self.tree.files.values())

    def read(self, path: str) -> str:
        """Return a kept file as text; raises ObjectNotFound. What is no UTF-8 comes as replacement characters."""
        return self.read_bytes(path).decode("utf-8", "replace")

    def read_bytes(self, path: str) -> bytes:
        """Return the bytes of a kept file; raises ObjectNotFound."""
        return read(self._source, self.tree, path)

    def diff(self, other: Any = None) -> list[FileDiff]:
        """Return the files that differ from here to another run (a view or an id), or to a folder (a `Path`; default that of the code)."""
        if other is None or isinstance(other, Path):
            return diff(self._source, self._run_id, folder=other)
        return diff(self._source, self._run_id, other if isinstance(other, str) else other.id)

    def restore(self, folder: str | os.PathLike[str], *, force: bool = False) -> Tree:
        """Write the code into a folder, which has to be new or empty unless `force`; see `eventide code restore`."""
        return restore(self._source, self._run_id, folder, force=force)

    def __repr__(self) -> str:
        found = find(self._source, self._run_id)
        return (
            f"<Code of {self._run_id}: {len(found.files)} files>" if found else f"<Code of {self._run_id}: none kept>"
        )
