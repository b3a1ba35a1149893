"""The folders of results and snapshots that old scripts read.

Invariant: files appear under their names when complete, nothing is overwritten, and nothing outside the folder is written.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide.errors import InvalidName, InvalidValue
from eventide.sdk.birth import store_of
from eventide.sdk.values import type_name

if TYPE_CHECKING:
    from eventide.compat.tmt.configs import Configs
    from eventide.sdk.run import Run


def keep_file(folder: Path, obj: Any, name: str, extension: str, custom_save: Callable[[Any, str], Any] | None) -> Path:
    """Write an object to `folder`, under a name that is free, and return the path.

    Raises:
        InvalidName: the extension would leave the folder.
        InvalidValue: the object cannot be pickled.
    """
    extension = extension if not extension or extension.startswith(".") else f".{extension}"
    if "/" in extension or "\\" in extension or "\0" in extension:
        raise InvalidName(f"`{extension!r:.40}` cannot be an extension")
    data = None if custom_save is not None else _pickled(obj)
    folder.mkdir(parents=True, exist_ok=True)
    path = _reserve(folder, name, extension)
    if custom_save is not None:
        try:
            other = custom_save(obj, str(path))
        finally:
            with contextlib.suppress(OSError):
                if path.stat().st_size == 0:
                    path.unlink()  # the saver failed, or chose a path of its own
        return Path(other) if isinstance(other, (str, os.PathLike)) else path
    temporary = path.with_name(f".{path.name}-{os.urandom(4).hex()}.tmp")
    try:
        temporary.write_bytes(data or b"")
        os.replace(temporary, path)  # noqa: PTH105 - complete or not at all
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _reserve(folder: Path, name: str, extension: str) -> Path:
    """Make an empty file under the first free name."""
    number = 1
    while True:
        path = folder / (f"{name}{extension}" if number == 1 else f"{name}-{number}{extension}")
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            return path


def _pickled(obj: Any) -> bytes:
    import cloudpickle  # noqa: PLC0415 - only when something is saved

    try:
        data: bytes = cloudpickle.dumps(obj)
    except Exception as error:
        raise InvalidValue(
            f"a {type_name(obj)} cannot be pickled: {error!s:.200}", hint="tmt_save(obj, name, custom_save=...)"
        ) from error
    return data


def link_snapshot(run: Run, config: Configs) -> str:
    """Show the code that the store keeps of a run as `<snapshot_target>/<id>`, point `last` at it, and return its path.

    Files are hard links into the store, copies where links fail. Empty when the run keeps no code, or the folder cannot be made.
    """
    store = store_of(run)
    kept = None if store is None else store / "snapshots" / run.id
    if kept is None or not kept.is_dir():
        return ""
    target = Path(config.snapshot_target) / run.id
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(kept, target, symlinks=True, copy_function=link_or_copy, dirs_exist_ok=True)
    except (OSError, shutil.Error):
        return ""
    with contextlib.suppress(OSError):
        point(Path(config.last_snapshot_link), target)
    return str(target)


def link_or_copy(source: str, target: str) -> None:
    """Make a hard link to a file, or a copy where that cannot be."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def point(link: Path, target: Path) -> None:
    """Make a link point somewhere, atomically, whoever else does the same."""
    link.parent.mkdir(parents=True, exist_ok=True)
    temporary = link.with_name(f".{link.name}-{os.getpid()}-{os.urandom(4).hex()}.tmp")
    temporary.symlink_to(target.absolute(), target_is_directory=True)
    try:
        os.replace(temporary, link)  # noqa: PTH105
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
