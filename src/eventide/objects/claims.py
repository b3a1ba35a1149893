"""Which numbers the versions of an artifact have, agreed on by any number of processes without a server.

One small file per number, `v0`, `v1`, ..., made exclusively and complete, holds the digest of the content that has it. Invariant: a
number is given to one content for ever, and the same content always gets the same number.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from eventide.layout import Layout


def claim(layout: Layout, project: str, name: str, digest: str) -> int:
    """Return the number that a content has as a version of `name`, taking the next one when it has none; raises OSError."""
    folder = layout.claims_dir(project, name)
    folder.mkdir(parents=True, exist_ok=True)
    known: dict[int, str] = {}
    while True:
        for number in _numbers(folder):
            if number not in known:
                known[number] = (folder / f"v{number}").read_text().strip()
        mine = [number for number, owner in known.items() if owner == digest]
        if mine:
            return min(mine)
        number = max(known, default=-1) + 1
        known[number] = _publish(folder / f"v{number}", digest)


def _numbers(folder: Path) -> list[int]:
    return sorted(int(name[1:]) for name in os.listdir(folder) if name[0] == "v" and name[1:].isdigit())  # noqa: PTH208


def _publish(path: Path, digest: str) -> str:
    """Write a digest unless somebody was first; return what the file says."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}-{os.urandom(6).hex()}.tmp")
    temporary.write_text(digest + "\n")
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError:  # no hard links here: exclusive creation, and the short line is written in one call
        try:
            with path.open("x") as file:
                file.write(digest + "\n")
        except FileExistsError:
            pass
    finally:
        temporary.unlink(missing_ok=True)
    return path.read_text().strip()
