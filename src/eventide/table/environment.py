"""Where a run came from, as people and scripts read it: packages fetched, leaves by dotted names.

Invariant: what was recorded is shown as it was; an object that is gone leaves its hash.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson

from eventide.errors import EventideError

if TYPE_CHECKING:
    from eventide.model import RunInfo
    from eventide.source import Source

COMMANDS = ("argv", "original")
"""Leaves that are command lines."""


def whole(source: Source, info: RunInfo) -> dict[str, Any]:
    """Return a run's provenance as a tree, with its packages even where they are an object."""
    tree = dict(info.provenance)
    python = tree.get("python")
    if isinstance(python, dict) and not python.get("packages") and python.get("packages_sha256"):
        packages = _object(source, str(python["packages_sha256"]))
        if packages is not None:
            tree["python"] = {**python, "packages": orjson.loads(packages)}
    return tree


def changes(source: Source, info: RunInfo) -> str:
    """Return what was changed against the commit, as a diff; empty where nothing was, or nothing is known."""
    git = info.provenance.get("git")
    sha256 = git.get("diff") if isinstance(git, dict) else ""
    data = _object(source, str(sha256)) if sha256 else None
    return "" if data is None else data.decode("utf-8", "replace")


def leaves(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the leaves of a provenance by dotted names: `git.commit`, `packages.numpy`, `gpu.0.name`; command lines as one text."""
    found: dict[str, Any] = {}
    for name, value in _walk(tree, ""):
        short = name.removeprefix("python.") if name.startswith("python.packages.") else name
        if short not in ("captured", "python.packages_sha256"):
            found[short] = value
    return found


def _walk(value: Any, name: str) -> Iterable[tuple[str, Any]]:
    last = name.rpartition(".")[2]
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _walk(child, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and last in COMMANDS:
        yield name, shlex.join(map(str, value))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for place, item in enumerate(value):
            yield from _walk(item, f"{name}.{place}")
    elif isinstance(value, list):
        yield name, ", ".join(map(str, value))
    else:
        yield name, value


def _object(source: Source, sha256: str) -> bytes | None:
    try:
        return source.open_object(sha256)
    except EventideError:
        return None
