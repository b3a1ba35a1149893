"""Find `eventide.toml`, or `[tool.eventide]` in `pyproject.toml`: upwards from the current folder, else from the script's.

Only what is found is read, and TOML is loaded only then. Of one folder `eventide.toml` wins; the nearest folder that has either wins.
Invariant: in a folder that anybody may write to, a file of somebody else counts for nothing, because it could send a run's data anywhere;
whether names and values are right is for `settings` to say.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple

from eventide.errors import InvalidSetting

OWN_NAME = "eventide.toml"
PROJECT_NAME = "pyproject.toml"
_TABLE = b"[tool.eventide"


class File(NamedTuple):
    """A configuration file that was found."""

    path: str
    """Absolute."""
    values: dict[str, Any]
    """As TOML says them, unchecked."""
    stamp: tuple[int, int]
    """Change time in nanoseconds, and size."""

    @property
    def folder(self) -> str:
        """The folder that relative paths in it start from."""
        return os.path.dirname(self.path)  # noqa: PTH120 - start-up cost

    def place(self, text: str) -> str:
        """Return a path that is written in the file as one from anywhere."""
        return os.path.join(self.folder, os.path.expanduser(text))  # noqa: PTH111, PTH118


_found: dict[tuple[str, str], File | None] = {}
"""Current folder and script → what was found for them."""


_parsed: dict[str, tuple[tuple[int, int], File | None]] = {}
"""Path → its stamp, and what the file said then; None for what says nothing of Eventide."""


def forget() -> None:
    """Look anew next time: a run begins, or a command."""
    _found.clear()


def current() -> File | None:
    """Return the configuration file that holds now, or None; what is edited later on counts after `forget`.

    Raises:
        InvalidSetting: it is there, and cannot be read or is no TOML.
    """
    first = sys.argv[0] if getattr(sys, "argv", None) else ""
    try:
        key = (os.getcwd(), first)  # noqa: PTH109 - start-up cost
    except OSError:  # the folder is gone
        key = ("", first)
    try:
        return _found[key]
    except KeyError:
        pass
    found = _upwards(key[0])
    script = _script(first) if found is None else ""
    if script:
        found = _upwards(os.path.dirname(script))  # noqa: PTH120
    _found[key] = found
    return found


def nearest(start: str) -> File | None:
    """Return the configuration file that holds for a folder; raises InvalidSetting as `current` does."""
    return _upwards(start)


def _script(first: str) -> str:
    """Return the absolute path of the script, or an empty text: at a prompt, in a notebook, for a program that was installed."""
    if not first or first in ("-c", "-m", "-"):
        return ""
    path = os.path.abspath(first)  # noqa: PTH100 - start-up cost
    return "" if path.startswith((sys.prefix + os.sep, sys.base_prefix + os.sep)) else path


def _upwards(start: str) -> File | None:
    """Return the nearest file from a folder up to the root."""
    folder = start
    while folder:
        for name in (OWN_NAME, PROJECT_NAME):
            path = os.path.join(folder, name)  # noqa: PTH118
            stamp = _stamp(path)
            if stamp is not None and _is_trusted(folder, path):
                known = _parsed.get(path)
                if known is None or known[0] != stamp:
                    values = _read(path, whole=name == OWN_NAME)
                    known = _parsed[path] = stamp, None if values is None else File(path, values, stamp)
                if known[1] is not None:
                    return known[1]
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            break
        folder = above
    return None


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a dozen of them at every start
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _is_trusted(folder: str, path: str) -> bool:
    """Tell whether a file may say where data goes."""
    if not hasattr(os, "geteuid"):
        return True
    try:
        is_open = os.stat(folder).st_mode & 0o002  # noqa: PTH116
        return not is_open or os.stat(path).st_uid in (os.geteuid(), 0)  # noqa: PTH116
    except OSError:
        return False


def _read(path: str, *, whole: bool) -> dict[str, Any] | None:
    """Return the values of a file; None for a `pyproject.toml` that says nothing of Eventide."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            body = file.read()
    except OSError as error:
        if not whole:
            return None
        raise InvalidSetting(f"cannot read `{path}`: {error.strerror or error}") from error
    if not whole and _TABLE not in body:
        return None
    import tomllib  # noqa: PLC0415 - only where there is such a file

    try:
        content = tomllib.loads(body.decode("utf-8-sig"))
    except ValueError as error:
        raise InvalidSetting(f"`{path}` is no TOML: {error}") from None
    tool = content.get("tool")
    found = content if whole else tool.get("eventide") if isinstance(tool, dict) else None
    if found is None:
        return None
    if not isinstance(found, dict):
        raise InvalidSetting(f"`tool.eventide` in `{path}` is no table", hint='[tool.eventide]\nproject = "name"')
    return found
