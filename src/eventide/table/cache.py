"""Results of functions on disk, by what was called: `Tracker(cache="folder")`.

    <folder>/<2 hex>/<fingerprint>      one line of JSON (who computed what, when), then the pickled result

An entry appears whole or not at all, so any number of processes may share a folder. Results are unpickled when they are asked for, which
runs code of whoever wrote the folder: use folders of your own.
Invariant: a result is only given for the very same code and arguments (`fingerprint`).
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from eventide.clock import SYSTEM_CLOCK
from eventide.errors import ObjectNotFound
from eventide.sdk.values import short_repr

_VERSION = 1
_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """A cached result's lineage."""

    key: str
    track_id: str
    """The run that computed it."""
    function: str
    args: str
    """What it was called with, shortened."""
    created: float
    """Seconds since the epoch."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A cached result, and where it comes from."""

    entry: Entry
    result: Any


class Cache:
    """A folder of results. Safe for threads and processes."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder).expanduser()

    def find(self, key: str) -> Hit | None:
        """Return the result under a key; None when there is none, or one that cannot be read any more."""
        try:
            return self.read(key)
        except ObjectNotFound:
            return None

    def read(self, key: str) -> Hit:
        """Return the result under a key; raises ObjectNotFound."""
        try:
            head, _, body = self._path(key).read_bytes().partition(b"\n")
            return Hit(_entry(key, head, len(body)), pickle.loads(body))  # noqa: S301 - the user's own folder
        except Exception as error:
            raise ObjectNotFound(
                f"no result `{key:.80}` can be read from `{self.folder}`", hint="eventide cache"
            ) from error

    def keep(self, key: str, result: Any, *, track_id: str, function: str, args: Any) -> bool:
        """Store a result; False when it cannot be pickled or written, which is no error: it is computed again."""
        import cloudpickle  # noqa: PLC0415 - only where results are kept

        head = {
            "v": _VERSION,
            "track_id": track_id,
            "function": function,
            "args": short_repr(args),
            "created": SYSTEM_CLOCK.time(),
        }
        path = self._path(key)
        temporary = path.with_name(f".{key}-{os.urandom(6).hex()}.tmp")
        try:
            data = orjson.dumps(head) + b"\n" + cloudpickle.dumps(result)
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
            temporary.replace(path)
        except Exception:  # noqa: BLE001 - foreign __reduce__, a full disk
            temporary.unlink(missing_ok=True)
            return False
        return True

    def scan(self) -> Iterator[tuple[str, Entry]]:
        """Yield (key, entry) of every result, without unpickling any."""
        for path in sorted(self.folder.glob("??/*")):
            if len(path.name) != _DIGITS:
                continue
            try:
                with path.open("rb") as file:
                    head = file.readline()
                entry = _entry(path.name, head, path.stat().st_size - len(head))
            except (OSError, ValueError, KeyError, TypeError):
                continue
            yield path.name, entry

    def delete(self, key: str) -> bool:
        """Remove a result; return whether there was one."""
        try:
            self._path(key).unlink()
        except OSError:
            return False
        return True

    def delete_by_track_id(self, track_id: str) -> int:
        """Remove the results that a run computed; return how many there were."""
        return sum(self.delete(key) for key, entry in list(self.scan()) if entry.track_id == track_id)

    def _path(self, key: str) -> Path:
        if len(key) != _DIGITS or not set(key) <= set("0123456789abcdef"):
            raise ObjectNotFound(f"`{key:.80}` is no key of a cached result", hint="eventide cache FOLDER")
        return self.folder / key[:2] / key


def _entry(key: str, head: bytes, size_bytes: int) -> Entry:
    content = orjson.loads(head)
    return Entry(key, content["track_id"], content["function"], content["args"], float(content["created"]), size_bytes)
