"""Patterns of files inside a run: `*.npy` in the run's own folder, `checkpoints/*.ckpt` below it, `**/*.ckpt` anywhere.

Invariant: a pattern never reaches outside the run; hidden names match only a pattern that begins with a dot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from eventide.errors import InvalidSetting

Matches = Callable[[str], bool]
_ANY_FOLDERS = "(?:[^/]+/)*"
_SIGNS = {"*": "[^/]*", "?": "[^/]"}


def compile_patterns(texts: Iterable[str]) -> Matches:
    """Return a test for paths relative to a run, true when any pattern fits; raises InvalidSetting."""
    patterns = [_compiled(text) for text in texts]
    return lambda name: any(pattern.fullmatch(name) for pattern in patterns)


def compile_pattern(text: str) -> Matches:
    """Return the test for one pattern; raises InvalidSetting."""
    return compile_patterns([text])


def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(_expression(text))
    except re.error as error:
        raise InvalidSetting(f"`{text:.60}` is no pattern: {error}") from error


def _expression(text: str) -> str:
    if not text or text.startswith("/") or ".." in text.split("/"):
        raise InvalidSetting(f"`{text:.60}` is no pattern of files inside a run", hint='"*.npy" or "**/*.ckpt"')
    *folders, name = re.sub(r"(\*\*/)+", "**/", text).split("/")
    parts = [_ANY_FOLDERS if part == "**" else _one(part) + "/" for part in folders]
    return "".join(parts) + (_ANY_FOLDERS + "[^/]+" if name == "**" else _one(name))


def _one(part: str) -> str:
    """Return the regular expression of a pattern for one name."""
    found, place = "" if part.startswith(".") else r"(?!\.)", 0
    part = re.sub(r"\*+", "*", part)
    while place < len(part):
        end = part.find("]", place + 2) if part[place] == "[" else -1
        found += _SIGNS.get(part[place]) or re.escape(part[place]) if end < 0 else _set(part[place + 1 : end])
        place = max(place, end) + 1
    return found


def _set(inner: str) -> str:
    """Return the inside of a set such as `a-c` or `!a-c` as a regular expression that never matches a separator."""
    negated = inner[0] in "!^"
    members = inner[negated:].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
    return f"(?!/)[{'^' if negated else ''}{members}]"
