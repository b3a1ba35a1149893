"""Logged text made safe for a terminal: the only way from a user's string to the screen.

Invariant: what comes out holds no control character, no escape sequence and no mark that reorders text, so that nothing that was
logged can move the cursor, set a title, write the clipboard or change what stands beside it. Console text keeps its colours, as
styles and not as sequences.
"""

from __future__ import annotations

import re
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.style import Style

from eventide.table import values

_CSI = "\x1b\\[([0-9;:?<=>!]*)[ -/]*([@-~])"
_OTHER = (
    "\x1b[\\]PX^_][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c|(?=\n)|$)"  # OSC and its like; one that never ends ends with its line
    "|[\x90\x98\x9d-\x9f][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c|(?=\n)|$)"
    "|\x1b[ -/]*[0-~]"
    "|\x9b[0-9;:?<=>!]*[ -/]*[@-~]"
)
_SEQUENCES = re.compile(f"{_CSI}|{_OTHER}")
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}
_TAB = "    "


def safe(value: Any) -> str:
    """Return any value on one line: escape sequences removed, other control characters visible as escapes."""
    if not isinstance(value, str):
        return values.text(value)
    return values.printable(_SEQUENCES.sub("", value) if "\x1b" in value or not value.isprintable() else value)


def safe_lines(text: str) -> list[str]:
    """Return text of several lines, each as `safe` gives it, tabs as four spaces."""
    return [safe(line) for line in text.replace("\r\n", "\n").replace("\t", _TAB).split("\n")]


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return safe text cut or padded to a number of cells; `…` stands for what was cut."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 1 else set_cell_size(text, max(0, width))
    return " " * (width - length) + text if right else text + " " * (width - length)


def console_line(text: str) -> list[tuple[str, Style]]:
    """Return a line of console text as pieces with styles; of a line that was overwritten, what was written last."""
    shown = text.rstrip("\r\n").rpartition("\r")[2].replace("\t", _TAB)
    pieces: list[tuple[str, Style]] = []
    state: dict[str, Any] = {}
    at = 0
    for match in _SEQUENCES.finditer(shown):
        _add(pieces, shown[at : match.start()], state)
        if match.group(2) == "m":
            state = _changed(state, match.group(1) or "0")
        at = match.end()
    _add(pieces, shown[at:], state)
    return pieces


def _add(pieces: list[tuple[str, Style]], text: str, state: dict[str, Any]) -> None:
    if text:
        pieces.append((values.printable(text), Style(**state)))


def _changed(state: dict[str, Any], parameters: str) -> dict[str, Any]:
    """Return the attributes after an SGR sequence; what cannot be read changes nothing."""
    codes = [int(part) if part.isdigit() else 0 for part in re.split("[;:]", parameters)][:32]
    new = dict(state)
    while codes:
        code = codes.pop(0)
        if code == 0:
            new = {}
        elif code in _ON:
            new[_ON[code]] = True
        elif code in _OFF:
            for name in _OFF[code]:
                new.pop(name, None)
        elif code in (38, 48):
            color = _extended(codes)
            if color:
                new["color" if code == 38 else "bgcolor"] = color
        elif code in (39, 49):
            new.pop("color" if code == 39 else "bgcolor", None)
        else:
            _basic(new, code)
    return new


def _basic(state: dict[str, Any], code: int) -> None:
    for first, name, prefix in (
        (30, "color", ""),
        (40, "bgcolor", ""),
        (90, "color", "bright_"),
        (100, "bgcolor", "bright_"),
    ):
        if first <= code < first + 8:
            state[name] = prefix + _NAMES[code - first]


def _extended(codes: list[int]) -> str:
    """Take the rest of a 256-colour or 24-bit colour off the codes."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        return f"color({min(255, codes.pop(0))})"
    if kind == 2 and len(codes) >= 3:
        red, green, blue = (min(255, codes.pop(0)) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    return ""
