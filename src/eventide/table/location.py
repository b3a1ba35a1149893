"""Where the rows of a tracker live: what the `db` argument of Tracker, Reader and copy means.

    None                      the default store, as for eventide.init()
    "runs.db", any path       a store in a folder of that name, made when it is not there
    a real xetrack file       a store in the folder `<file>.eventide` beside it, filled from the file; the file is only read
    ":memory:"                a private store that vanishes with the process
    "SKIP_INSERT"             nothing is stored

Invariant: a file that is there is never written to, replaced or removed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

from eventide.errors import NotAStore
from eventide.layout import find_root

IN_MEMORY = ":memory:"
SKIP_INSERT = "SKIP_INSERT"
BESIDE = ".eventide"
"""What the folder beside a foreign file is called: the file's name with this behind it."""
_SQLITE_MAGIC = b"SQLite format 3\x00"


class Place(NamedTuple):
    """What a `db` argument leads to."""

    mode: Literal["disk", "memory", "disabled"]
    root: Path | None = None
    """The store's folder; None for stores that have none yet."""
    file: Path | None = None
    """A foreign SQLite file whose rows belong into the store."""


def find_place(db: str | os.PathLike[str] | None) -> Place:
    """Return what `db` means; touches nothing.

    Raises:
        NotAStore: it is a file of another kind.
    """
    if db == IN_MEMORY:
        return Place("memory")
    if db == SKIP_INSERT:
        return Place("disabled")
    if db is None:
        return Place("disk", find_root(None))
    path = Path(db).expanduser()
    if not path.is_file():
        return Place("disk", find_root(path).absolute())
    beside = path.absolute().with_name(path.name + BESIDE)
    if path.stat().st_size == 0:  # a name that was reserved, or an SQLite file nothing was written to
        return Place("disk", beside)
    if is_sqlite(path):
        return Place("disk", beside, path.absolute())
    raise NotAStore(
        f"`{path}` is a file, and neither a store nor an SQLite file",
        hint="name another path; a store is a folder, made when it is not there",
    )


def is_sqlite(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a file that begins like an SQLite database."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC
    except OSError:
        return False
