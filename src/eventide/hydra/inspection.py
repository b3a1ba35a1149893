"""How a run ended, as far as its files tell.

Hydra leaves no status. A log that ends in a traceback tells of a failure; anything else counts as finished, a kill leaves no trace.
Invariant: looks at the last 64 KiB of each log and at nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eventide.hydra.tree import RunFolder

_TAIL_BYTES = 64 * 1024
_TRACEBACK = "Traceback (most recent call last):"
_LOG_LINE = re.compile(r"^(\[?\d{4}-\d\d-\d\d|\[?\d\d:\d\d)", re.MULTILINE)
_MAX_ERROR_CHARS = 20_000


def ending(run: RunFolder, is_log: Callable[[str], bool]) -> tuple[str, str]:
    """Return `failed` and the traceback that the newest log ends with, or `finished` and the empty text."""
    for name in sorted(filter(is_log, run.files)):
        error = traceback_at_end(_tail(f"{run.path}/{name}"))
        if error:
            return "failed", error
    return "finished", ""


def traceback_at_end(text: str) -> str:
    """Return the traceback that nothing was logged after; empty when there is none."""
    start = text.rfind(_TRACEBACK)
    if start < 0 or _LOG_LINE.search(text, start + len(_TRACEBACK)):
        return ""
    first = start
    while (earlier := text.rfind(_TRACEBACK, 0, first)) >= 0 and not _LOG_LINE.search(text, earlier, first):
        first = earlier  # "During handling of the above exception ..."
    return text[first:].strip()[-_MAX_ERROR_CHARS:]


def _tail(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
