"""Which names recorded functions have taken, so that a second run of a name can be refused or put below the first.

One small file per name, made exclusively and complete: asking costs the same however many runs there are, and of any number of
processes that start at once exactly one is the first. Invariant: a file is never changed while the run it names exists.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from eventide.errors import StoreUnwritable

if TYPE_CHECKING:
    from pathlib import Path

    from eventide.layout import Layout


def claim(layout: Layout, project: str, name: str, run_id: str) -> str:
    """Take a name for a run; return the run that has it: `run_id`, or the existing run that was first.

    Raises:
        StoreUnwritable: the file cannot be written.
    """
    path = layout.name_file(project, name)
    try:
        for _ in range(16):
            owner = _publish(path, run_id)
            if owner == run_id or layout.run_dir(owner).is_dir() or _is_young(path):
                return owner
            path.unlink(missing_ok=True)  # that run was purged
    except OSError as error:
        raise StoreUnwritable(f"cannot write `{path}`: {error.strerror or error}") from error
    return run_id


_YOUNG_S = 5.0
"""A name is taken a moment before its run's folder is made."""


def _is_young(path: Path) -> bool:
    import time  # noqa: PLC0415

    try:
        return abs(time.time() - path.stat().st_mtime) < _YOUNG_S
    except FileNotFoundError:
        return False


def _publish(path: Path, run_id: str) -> str:
    """Write `run_id` unless somebody was first; return what the file says."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{os.getpid()}-{os.urandom(6).hex()}.tmp")
    temporary.write_text(run_id + "\n")
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError:  # no hard links here
        if not path.exists():
            os.replace(temporary, path)  # noqa: PTH105
    finally:
        temporary.unlink(missing_ok=True)
    return path.read_text().strip()
