"""Lines of log files that can be read back exactly, whatever they hold.

    2026-11-20 10:15:02.123 | TRACKING | eventide:track:0!📁!{"accuracy":0.9,"timestamp":"...","track_id":"..."}

A line that begins with a time begins an entry; the further lines of an entry begin with two spaces, which are not part of it. Rows are
JSON in the forms of the journal, so that NaN, dates and tuples come back as they were.
Invariant: `entries(lines_of(...))` gives what was written; no text that was logged can look like an entry of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from eventide.errors import InvalidValue
from eventide.journal.codec import Encoded, decode, encode
from eventide.sdk.values import Extender, short_repr

DELIMITER = "!📁!"
"""Between what is known of an entry and the entry itself."""
MONITOR, TRACKING, EXPERIMENT = "MONITOR", "TRACKING", "EXPERIMENT"
STRUCTURED = {MONITOR: 26, TRACKING: 27, EXPERIMENT: 28}
"""Levels of rows with their numbers, between INFO (20) and WARNING (30)."""
SUFFIX = ".log"
_INDENT = "  "
_BEGIN = re.compile(r"(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?) \| (?P<level>\S+) *\| ")


class Entry(NamedTuple):
    """One entry of a log file."""

    time: str
    level: str
    text: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows in it: one for most, none in an entry that is no row."""
        if self.level not in STRUCTURED:
            return []
        try:
            found = decode(orjson.loads(self.text))
        except ValueError:
            return []
        return [row for row in (found if isinstance(found, list) else [found]) if isinstance(row, dict)]


class _NoObjectsError(Exception):
    """A log file keeps no objects."""


def _no_objects() -> Any:
    raise _NoObjectsError


def _ignore(_kind: str, _error: BaseException, _records: int) -> None:
    return None


_extender = Extender(_no_objects, _ignore)


def _extend(value: Any) -> Any:
    try:
        return _extender(value)
    except (_NoObjectsError, InvalidValue):
        return Encoded(short_repr(value))


def json_of(row: Mapping[str, Any], *, pretty: bool = False) -> str:
    """Return a row as JSON in one line, or in several with `pretty`; objects become their text."""
    raw = {}
    for key, value in row.items():
        try:
            raw[str(key)] = encode(value, _extend)[1]
        except InvalidValue:  # contains itself, or nested too deep
            raw[str(key)] = short_repr(value)
    return orjson.dumps(raw, option=orjson.OPT_INDENT_2 if pretty else 0).decode()


def indented(text: str) -> str:
    """Return the text of an entry with its further lines set in."""
    return text.replace("\n", f"\n{_INDENT}")


def entries(lines: Iterable[str], delimiter: str = DELIMITER) -> Iterator[Entry]:
    """Yield the entries of a log file, given its lines without line ends; lines before the first entry are left out."""
    held: list[str] = []
    head: tuple[str, str] | None = None
    for line in lines:
        begin = _BEGIN.match(line)
        if begin is None or delimiter not in line:
            held.append(line.removeprefix(_INDENT))
            continue
        if head is not None:
            yield Entry(*head, "\n".join(held))
        head = (begin["time"], begin["level"])
        held = [line.partition(delimiter)[2]]
    if head is not None:
        yield Entry(*head, "\n".join(held))


def read_log(path: str | os.PathLike[str], delimiter: str = DELIMITER) -> list[Entry]:
    """Return the entries of one log file; raises OSError."""
    text = Path(path).read_bytes().decode("utf-8", "replace")
    return list(entries(text.removesuffix("\n").split("\n"), delimiter))


def read_logs(
    path: str | os.PathLike[str], limit: int | None = None, delimiter: str = DELIMITER
) -> list[dict[str, Any]]:
    """Return the rows of the log files in a folder (or of one file), oldest first; `limit` takes the newest files only."""
    place = Path(path)
    files = [place] if place.is_file() else sorted(place.glob(f"*{SUFFIX}"), key=lambda file: (file.name, str(file)))
    chosen = files if limit is None else files[max(0, len(files) - limit) :]
    return [row for file in chosen for entry in read_log(file, delimiter) for row in entry.rows]


def read_jsonl(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the rows of a JSON lines log; a last line that is not whole yet is left out. Raises OSError."""
    rows = []
    for line in Path(path).read_bytes().split(b"\n"):
        try:
            row = decode(orjson.loads(line))
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
    return rows


def frame(rows: list[dict[str, Any]]) -> Any:
    """Return rows as a frame of the backend at hand; keys that a row lacks are missing values."""
    from eventide._optional import require  # noqa: PLC0415
    from eventide.table.backend import get_backend  # noqa: PLC0415

    if get_backend() == "polars":
        pl = require("polars", "polars")
        names = list(dict.fromkeys(name for row in rows for name in row))
        return pl.DataFrame([pl.Series(name, [row.get(name) for row in rows], strict=False) for name in names])
    import pandas as pd  # noqa: PLC0415

    return pd.DataFrame(rows)
