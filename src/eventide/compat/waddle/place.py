"""Where WaddleML's paths lead: each names a store of Eventide.

Invariant: a path that ends in a file name of the seed's database means the folder it would lie in.
"""

from __future__ import annotations

import os
from pathlib import Path

HOME = ".waddle"
_DATABASES = (".duckdb", ".db")


def store_of_database(path: str | os.PathLike[str] | None) -> Path:
    """Return the store for a `db_path`: `.waddle/waddle.duckdb` means `.waddle`; a database elsewhere gets a folder of its name."""
    if path is None:
        return Path.cwd() / HOME
    place = Path(path).expanduser()
    if place.suffix not in _DATABASES:
        return place
    return place.parent if place.parent.name == HOME else place.with_suffix(".eventide")


def store_of_logs(path: str | os.PathLike[str]) -> Path:
    """Return the store for a `log_root`: `.waddle/logs` means `.waddle`."""
    place = Path(path).expanduser()
    return place.parent if place.parent.name == HOME else place
