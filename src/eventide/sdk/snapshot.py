"""Keep the code a run started from: a browsable tree in the store, whose files are shared by content.

`snapshots/<run-id>/` holds hard links into `objects/` (copies where links fail), `snapshots/last` points to the newest tree, and a
`_file` record of kind `snapshot` names the manifest: an object that lists every file with its hash, and every one left out with
the reason. Hashes of files that have not changed (size, mtime, inode) come from a cache that can be deleted at any time.

Invariant: the tree under a run's name is whole or not there; nothing outside the source is ever read or linked; what cannot be read is
left out and said.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from eventide.objects.local import LocalObjects
from eventide.sdk.ignore import Rules, is_left_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eventide.layout import Layout
    from eventide.sdk.run import Run

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_TREE_BYTES = 200 * 1024 * 1024
MAX_FILES = 20_000


class Limits(NamedTuple):
    """How much of a tree is kept."""

    file_bytes: int = MAX_FILE_BYTES
    tree_bytes: int = MAX_TREE_BYTES
    files: int = MAX_FILES


WIDE = Limits()
"""Where keeping the code was asked for."""
NARROW = Limits(1024 * 1024, 50 * 1024 * 1024, 5_000)
"""Where it was not: code yes, data that lies beside it no."""
_NO_TIME = "there was no time left"
_SETTLE_NS = 2_000_000_000
"""A file changed so recently may change again without its mtime showing it; it is hashed again next time."""


class Found(NamedTuple):
    """A file of the tree."""

    path: str
    """From the source, with slashes."""
    place: str
    size_bytes: int
    mtime_ns: int
    inode: int
    executable: bool


def take(
    run: Run,
    source: Path | None = None,
    *,
    ignore_file: Path | None = None,
    limits: Limits = WIDE,
    until_s: float = float("inf"),
) -> dict[str, Any] | None:
    """Keep the tree below `source` (default: the current folder) as the code of a run, and return the record that says so.

    Args:
        run: it gets the record, and its folder in `snapshots/`.
        source: the folder.
        ignore_file: rules in gitignore's form for the whole tree, beside the `.gitignore` files in it.
        limits: how much at most; what is beyond is named among what was left out.
        until_s: when to stop, in seconds of `time.monotonic`; what was not reached by then is left out.

    Raises:
        OSError: the store cannot be written.
    """
    layout = run._layout  # noqa: SLF001 - part of the same package
    if layout is None:
        return None
    root = (source or Path.cwd()).absolute()
    left_out: dict[str, str] = {}
    files = list(walk(root, layout.root.absolute(), left_out, ignore_file=ignore_file, limits=limits, until_s=until_s))
    known = _Cache(layout, root)
    objects = LocalObjects(layout)
    manifest: dict[str, str] = {}
    for found in files:
        try:
            sha256 = known.hash_of(found)
            if sha256 is None and time.monotonic() > until_s:
                left_out[found.path] = _NO_TIME
                continue
            manifest[found.path] = sha256 or known.remember(found, objects.put_file(found.place))
        except OSError as error:
            left_out[found.path] = error.strerror or str(error)
    _show(layout, run.id, manifest, {found.path: found for found in files})
    known.save()
    body = orjson.dumps(_manifest(root, files, manifest, left_out), option=orjson.OPT_SORT_KEYS)
    reference = {
        "kind": "snapshot",
        "name": "code",
        "sha256": objects.put_bytes(body),
        "size_bytes": len(body),
        "format": "json",
        "files": len(manifest),
        "left_out": len(left_out),
    }
    run._writer.file(reference)  # noqa: SLF001
    return reference


def _manifest(root: Path, files: list[Found], hashes: dict[str, str], left_out: dict[str, str]) -> dict[str, Any]:
    """Return what the manifest says; texts that are no UTF-8 (odd file names) are written with question marks."""
    kept = [found for found in files if found.path in hashes]
    return {
        "source": _text(str(root)),
        "files": {_text(path): sha256 for path, sha256 in hashes.items()},
        "sizes": {_text(found.path): found.size_bytes for found in kept},
        "executable": [_text(found.path) for found in kept if found.executable],
        "left_out": {_text(path): why for path, why in left_out.items()},
    }


def _text(path: str) -> str:
    return path if path.isascii() else path.encode("utf-8", "replace").decode()


def walk(
    root: Path,
    store: Path | None,
    left_out: dict[str, str],
    *,
    ignore_file: Path | None = None,
    limits: Limits = WIDE,
    until_s: float = float("inf"),
) -> Iterator[Found]:
    """Yield the files that belong to the tree, in order, within the limits; note what is left out and why."""
    rules = Rules()
    if ignore_file is not None:
        with contextlib.suppress(OSError):
            rules = rules.adding("", ignore_file.read_text(encoding="utf-8", errors="replace").splitlines())
    total = count = 0
    for path, entry in _entries(root, store, rules, left_out, until_s):
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError as error:  # gone meanwhile
            left_out[path] = error.strerror or str(error)
            continue
        if count >= limits.files:
            left_out[path] = f"there are more than {limits.files:,} files; nothing beyond this one was looked at"
            return
        if found.st_size > limits.file_bytes or total + found.st_size > limits.tree_bytes:
            left_out[path] = "too large" if found.st_size > limits.file_bytes else "the tree is too large"
            continue
        total, count = total + found.st_size, count + 1
        executable = bool(found.st_mode & stat.S_IXUSR)
        yield Found(path, entry.path, found.st_size, found.st_mtime_ns, found.st_ino, executable)


def _entries(
    root: Path, store: Path | None, rules: Rules, left_out: dict[str, str], until_s: float
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield path and entry of every file that the rules leave in."""
    waiting = [(root, "", rules)]
    while waiting:
        folder, prefix, above = waiting.pop()
        if time.monotonic() > until_s:
            left_out[prefix or "."] = _NO_TIME
            continue
        inside = above.entering(folder, prefix)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            left_out[prefix or "."] = error.strerror or str(error)
            continue
        for entry in entries:
            path = prefix + entry.name
            why = _why_not(entry, store)
            if why is not None:
                left_out[path] = why
            elif entry.is_dir(follow_symlinks=False):
                if not inside.ignores(f"{path}/"):
                    waiting.append((Path(entry.path), f"{path}/", inside))
            elif not inside.ignores(path):
                yield path, entry


def _why_not(entry: os.DirEntry[str], store: Path | None) -> str | None:
    """Return why something is left out whatever the ignore rules say, or None."""
    if entry.is_symlink():
        return "a symbolic link"
    if entry.is_dir(follow_symlinks=False):
        inner = Path(entry.path)
        if is_left_out(entry.name, is_folder=True) or inner == store or (inner / "store.json").is_file():
            return "not code"
        return "a virtual environment" if (inner / "pyvenv.cfg").is_file() else None
    if not entry.is_file(follow_symlinks=False):
        return "no ordinary file"
    return "may hold a secret" if is_left_out(entry.name, is_folder=False) else None


def _show(layout: Layout, run_id: str, manifest: dict[str, str], files: dict[str, Found]) -> None:
    """Make the browsable tree under the run's name, and point `last` to it."""
    final = layout.snapshot_dir(run_id)
    making = final.with_name(f".{run_id}-{os.urandom(4).hex()}.tmp")
    making.mkdir(parents=True)
    objects = layout.objects_dir
    try:
        made = {""}
        for path, sha256 in manifest.items():
            folder = path.rpartition("/")[0]
            if folder not in made:
                (making / folder).mkdir(parents=True, exist_ok=True)
                made.add(folder)
            _link(f"{objects}/{sha256[:2]}/{sha256}", f"{making}/{path}", executable=files[path].executable)
        making.rename(final)
    except OSError:
        shutil.rmtree(making, ignore_errors=True)
        if not final.is_dir():  # else the run has its tree already
            raise
    pointer = final.with_name(f".last-{os.urandom(4).hex()}.tmp")
    with contextlib.suppress(OSError):
        pointer.symlink_to(final.name, target_is_directory=True)
        pointer.replace(final.with_name("last"))


def _link(source: str, target: str, *, executable: bool) -> None:
    try:
        if not executable:  # links share one mode
            os.link(source, target)
            return
    except OSError:
        pass
    shutil.copyfile(source, target)
    os.chmod(target, 0o555 if executable else 0o444)  # noqa: PTH101 - texts, as above


class _Cache:
    """Hashes of files by size, mtime and inode; a file beside the objects' folder, rebuilt when it is not to be read."""

    def __init__(self, layout: Layout, root: Path) -> None:
        self._objects = str(layout.objects_dir)
        self._path = _cache_folder(layout) / f"code-{_short(str(root))}.json"
        self._news = False
        self._kept: dict[str, list[Any]] = {}
        self._known: dict[str, list[Any]] = {}
        with contextlib.suppress(OSError, ValueError):
            loaded = orjson.loads(self._path.read_bytes())
            self._known = loaded if isinstance(loaded, dict) else {}

    def hash_of(self, found: Found) -> str | None:
        """Return the hash of a file that has not changed since it was stored, or None."""
        entry = self._known.get(found.path)
        if not isinstance(entry, list) or entry[:3] != [found.size_bytes, found.mtime_ns, found.inode]:
            return None
        with contextlib.suppress(Exception):
            sha256 = str(entry[3])
            if os.path.exists(f"{self._objects}/{sha256[:2]}/{sha256}"):  # noqa: PTH110 - five thousand times
                self._kept[found.path] = entry
                return sha256
        return None

    def remember(self, found: Found, sha256: str) -> str:
        """Note the hash of a file, if it still is as it was when it was found."""
        now = Path(found.place).stat()
        settled = time.time_ns() - found.mtime_ns > _SETTLE_NS
        if (
            settled
            and found.path == _text(found.path)
            and (now.st_size, now.st_mtime_ns) == (found.size_bytes, found.mtime_ns)
        ):
            self._kept[found.path] = [found.size_bytes, found.mtime_ns, found.inode, sha256]
            self._news = True
        return sha256

    def save(self) -> None:
        """Write the cache for the next run; losing it costs time only."""
        if not self._news and len(self._kept) == len(self._known):
            return
        temporary = self._path.with_name(f"{self._path.name}.{os.urandom(4).hex()}.tmp")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(orjson.dumps(self._kept))
            temporary.replace(self._path)


def _cache_folder(layout: Layout) -> Path:
    import platformdirs  # noqa: PLC0415 - only where code is kept

    from eventide.settings import get  # noqa: PLC0415

    base = get("cache_dir") or platformdirs.user_cache_dir("eventide", appauthor=False)
    return Path(base) / f"code-{_short(str(layout.root.absolute()))}"


def _short(text: str) -> str:
    import hashlib  # noqa: PLC0415

    return hashlib.sha256(text.encode()).hexdigest()[:12]
