"""What the streams can show: terminal or pipe, colour or none, how wide.

Invariant: colour goes only where it was asked for or where a terminal shows it, and a stream never fails over a character it
cannot encode.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import IO, TYPE_CHECKING

from eventide.table.values import printable_block

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEQUENCES = re.compile(
    "\x1b\\[[0-9;:?<=>!]*[ -/]*[@-~]"  # CSI: colours, cursor
    "|\x1b[\\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)"  # OSC and the like: titles, links
    "|\x1b[ -/]*[0-~]"
    "|\x9b[0-9;:?<=>!]*[ -/]*[@-~]"
)
ANSI = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
"""The styles used, all of the 16-colour palette, so that the terminal's own theme holds."""


def wants_color(choice: str, stream: IO[str], environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether to colour a stream: the option, then NO_COLOR, FORCE_COLOR, then whether it is a terminal that can."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    forced = environment.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return is_terminal(stream) and environment.get("TERM", "") != "dumb"


def is_terminal(stream: IO[str]) -> bool:
    """Tell whether a stream is a terminal; a closed one is not."""
    try:
        return stream.isatty()
    except ValueError:
        return False


def width() -> int:
    """Return the columns of the terminal, 80 when it does not say; $COLUMNS wins."""
    return max(20, shutil.get_terminal_size((80, 24)).columns)


def paint(text: str, style: str, *, color: bool) -> str:
    """Return `text` in a style of `ANSI`, if there is colour."""
    return f"\x1b[{ANSI[style]}m{text}\x1b[0m" if color and style else text


def plain_console(text: str) -> str:
    """Return console text without escape sequences, a line that was overwritten as it was last, nothing left that steers."""
    stripped = _SEQUENCES.sub("", text).replace("\r\n", "\n")
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in stripped.split("\n"))
    return printable_block("\n".join(lines))


def prepare_streams() -> None:
    """Let stdout and stderr write what they cannot encode as an escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
