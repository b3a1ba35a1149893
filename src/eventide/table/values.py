"""Values as people read them: numbers, times, durations, sizes, and text that is safe to print.

Invariant: what comes out of here holds no control character, so nothing that was logged can steer a terminal; NaN, the two
infinities and a missing value each look different from everything else and from each other.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

MISSING = "·"
SIGNIFICANT = 4
_EXACT_FLOAT = 1e15
_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e6

# C0 and C1 controls, DEL, line and paragraph separators, and the marks that reorder text on screen.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_UNSAFE_BLOCK = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\x1b": "\\e"}


def printable(text: str) -> str:
    """Return `text` on one line, with every control character as a visible escape."""
    return _UNSAFE.sub(_escape, text) if _UNSAFE.search(text) else text


def printable_block(text: str) -> str:
    """Return `text` with its newlines and tabs kept and every other control character as a visible escape."""
    return _UNSAFE_BLOCK.sub(_escape, text) if _UNSAFE_BLOCK.search(text) else text


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def number(value: float) -> str:  # noqa: PLR0911 - one return per kind of number
    """Return a number with 4 significant digits: `0.9412`, `3.9e-4`, `NaN`, `-inf`; whole numbers stay whole."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    magnitude = abs(value)
    if value.is_integer() and magnitude < _EXACT_FLOAT:
        return str(int(value))
    if _PLAIN_FROM <= magnitude < _PLAIN_BELOW:
        return f"{value:.{SIGNIFICANT}g}" if magnitude < 10**SIGNIFICANT - 0.5 else f"{value:.0f}"
    mantissa, exponent = f"{value:.{SIGNIFICANT - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def text(value: Any) -> str:
    """Return any logged value on one line, safe to print."""
    if value is None:
        return MISSING
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, bool | int | float):
        return number(value)
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(item, str) for item in value):
        return printable(", ".join(sorted(value) if isinstance(value, set | frozenset) else value))
    if isinstance(value, dict | list):
        return printable(json.dumps(value, ensure_ascii=False, default=str))
    return printable(str(value))


def exact(value: Any) -> str:
    """Return a value on one line in full precision, for files and pipes; a missing one is the empty string."""
    if value is None:
        return ""
    if isinstance(value, float):
        return number(value) if not math.isfinite(value) else repr(value)
    return text(value)


def align(texts: Sequence[str]) -> list[str]:
    """Return numbers padded so that their points stand below each other."""
    heads = [re.split(r"[.e]", entry, maxsplit=1)[0] for entry in texts]
    head_width = max(map(len, heads), default=0)
    tail_width = max((len(entry) - len(head) for entry, head in zip(texts, heads, strict=True)), default=0)
    return [
        " " * (head_width - len(head)) + entry + " " * (tail_width - len(entry) + len(head))
        for entry, head in zip(texts, heads, strict=True)
    ]


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: `350 ms`, `12 s`, `3 m 20 s`, `2 h 5 m`, `4 d 1 h`."""
    if seconds < 1:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    whole = int(seconds)
    for size, unit, below, below_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {unit} {rest} {below_unit}" if rest else f"{whole // size} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"


def age(ts: float, now: float) -> str:
    """Return how long ago `ts` was: `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`; `now` within a second, also for the future."""
    seconds = now - ts
    if seconds < 1:
        return "now"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{int(seconds)} s ago"


def moment(ts: float) -> str:
    """Return a time as ISO 8601 in UTC with microseconds, which loses nothing of a float of seconds."""
    try:
        return datetime.fromtimestamp(ts, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except (ValueError, OverflowError, OSError):
        return repr(ts)


def files(count: int) -> str:
    """Return a number of files: `1 file`, `3 files`."""
    return "1 file" if count == 1 else f"{count} files"


def size(size_bytes: float) -> str:
    """Return a size in decimal units: `812 B`, `3.4 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size_bytes) < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def spread(mean: float | None, std: float | None) -> str:
    """Return `mean ± std` with the mean rounded to the precision that the deviation gives it."""
    if mean is None:
        return MISSING
    if std is None or not math.isfinite(std) or not math.isfinite(mean):
        return number(mean)
    if not std:
        return f"{number(mean)} ± 0"
    digits = 1 - math.floor(math.log10(std))
    if not 0 <= digits <= 6:
        return f"{number(mean)} ± {number(float(f'{std:.2g}'))}"
    return f"{mean:.{digits}f} ± {std:.{digits}f}"
