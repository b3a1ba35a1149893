"""xetrack's Logger on Eventide's: positional arguments, NaN as null, and the delimiter of $LOGS_DELIMITER.

Invariant: what is written can be read by `Reader.read_logs` and `Reader.read_jsonl`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

from eventide.compat.xetrack import keys
from eventide.compat.xetrack.config import LOGURU_PARAMS
from eventide.journal.codec import Encoded
from eventide.table import logfiles
from eventide.table.logger import Logger as NativeLogger


class Logger(NativeLogger):
    """Writes rows and texts to log files and the standard output."""

    def __init__(
        self,
        stdout: bool = True,
        logs_path: str | os.PathLike[str] | None = None,
        file_format: str | None = None,
        prettify: bool = True,
        jsonl: str | os.PathLike[str] | None = None,
    ) -> None:
        """Open the places to write to."""
        super().__init__(
            stdout=stdout,
            logs_path=logs_path,
            file_format=file_format,
            prettify=prettify,
            jsonl=jsonl,
            delimiter=LOGURU_PARAMS.DELIMITER,
        )

    def render(self, row: Mapping[str, Any], *, pretty: bool) -> str:
        """Return a row as JSON in which NaN and infinities are null."""
        plain = {key: _plain(value) for key, value in row.items()}
        return super().render(keys.valid_row(plain), pretty=pretty)

    def log(self, data: Any, level: str = LOGURU_PARAMS.MONITOR, indent: int | None = None, **how: Any) -> None:
        """Write rows at a level; over several lines when `indent` is given."""
        super().log(data, level, pretty=bool(indent) or bool(how.get("pretty")))

    @staticmethod
    def is_tracked_entry(text: str) -> bool:
        """Tell whether a line of a log begins a row."""
        return any(level in text.partition(LOGURU_PARAMS.DELIMITER)[0] for level in logfiles.STRUCTURED)

    def read_log(self, path: str | os.PathLike[str], level: str | None = None) -> list[dict[str, Any]]:
        """Return the rows of one log file, of one level when given."""
        found = logfiles.read_log(path, self.delimiter)
        return [row for entry in found if level in (None, entry.level) for row in entry.rows]

    read_structured_logs = read_log


def _plain(value: Any) -> Any:
    if isinstance(value, Encoded):
        return keys.text_of(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
