"""Rows as log entries: to files, the standard output and JSON lines.

Files and output go through loguru, with handlers of the logger's own: handlers that anybody else has added to loguru neither see these
entries nor lose any, and two loggers never share a handler.
Invariant: every row is one entry that `logfiles` reads back.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eventide._optional import require
from eventide.clock import SYSTEM_CLOCK
from eventide.errors import InvalidValue
from eventide.table import logfiles, stamp
from eventide.table.logfiles import DELIMITER, EXPERIMENT, MONITOR, STRUCTURED, TRACKING

FILE_FORMAT = "{time:YYYY-MM-DD}.log"
_COLORS = {MONITOR: "<cyan>", TRACKING: "<magenta>", EXPERIMENT: "<yellow>"}
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)


class Logger:
    """Writes rows and texts to where it was told. Safe for threads; several processes may share files."""

    def __init__(
        self,
        *,
        stdout: bool = False,
        logs_path: str | os.PathLike[str] | None = None,
        file_format: str | None = None,
        jsonl: str | os.PathLike[str] | None = None,
        prettify: bool = True,
        delimiter: str = DELIMITER,
    ) -> None:
        """Open the places to write to; with none of them, the standard output.

        Args:
            stdout: write to the standard output.
            logs_path: folder for log files, one a day.
            file_format: name of the files in it, with the time as loguru writes it.
            jsonl: file for rows as JSON lines; texts do not go there.
            prettify: write what `experiment` is given over several lines.
            delimiter: what stands before the text of an entry.

        Raises:
            MissingExtra: loguru is not installed, and something else than `jsonl` is asked for.
        """
        self.logs_path = None if logs_path is None else Path(logs_path)
        self.delimiter = delimiter
        self._prettify = prettify
        self._fd = -1
        if jsonl is not None:
            file = Path(jsonl)
            file.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(file, _FLAGS, 0o644)
        self._loguru: Any = None
        if stdout or logs_path is not None or jsonl is None:
            self._loguru = _own_loguru()
            self._add_handlers(stdout or (logs_path is None and jsonl is None), file_format or FILE_FORMAT)
        self._close = weakref.finalize(self, _close, self._loguru, self._fd)

    def _add_handlers(self, stdout: bool, file_format: str) -> None:
        form = "{extra[moment]} | {level: <8} | {extra[place]}" + self.delimiter.replace("{", "{{") + "{message}"
        if stdout:
            self._loguru.add(_to_stdout, format=form, level=0)
        if self.logs_path is not None:
            self._loguru.add(
                str(self.logs_path / file_format), format=form, level=0, rotation="00:00", encoding="utf-8"
            )

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def track(self, data: Any) -> None:
        """Write rows of a tracker: a dict, a list of dicts or a frame."""
        self.log(data, TRACKING)

    def monitor(self, data: Any) -> None:
        """Write rows of a model that is watched: a dict, a list of dicts or a frame."""
        self.log(data, MONITOR)

    def experiment(self, data: Any) -> None:
        """Write the parameters and results of an experiment: a dict, a list of dicts or a frame."""
        self.log(data, EXPERIMENT, pretty=self._prettify)

    experiemnt = experiment

    def log(self, data: Any, level: str = MONITOR, *, pretty: bool = False) -> None:
        """Write rows at a level: MONITOR, TRACKING or EXPERIMENT.

        Raises:
            InvalidValue: `data` is neither a dict, a list of dicts nor a frame.
        """
        for row in rows_of(data):
            if self._loguru is not None:
                self._write(level, self.render(row, pretty=pretty))
            if self._fd >= 0:
                moment = row.get("timestamp") or stamp.text(SYSTEM_CLOCK.time())
                self._append(self.render({"timestamp": moment, "level": level, **row}, pretty=False))

    def render(self, row: Mapping[str, Any], *, pretty: bool) -> str:
        """Return a row as JSON."""
        return logfiles.json_of(row, pretty=pretty)

    # ── texts ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def debug(self, message: Any, *args: Any, **kwargs: Any) -> None:
        """Write a text at the level DEBUG; arguments are filled in as `str.format` does."""
        self._say("DEBUG", message, args, kwargs)

    def info(self, message: Any, *args: Any, **kwargs: Any) -> None:
        """Write a text at the level INFO."""
        self._say("INFO", message, args, kwargs)

    def warning(self, message: Any, *args: Any, **kwargs: Any) -> None:
        """Write a text at the level WARNING."""
        self._say("WARNING", message, args, kwargs)

    def error(self, message: Any, *args: Any, **kwargs: Any) -> None:
        """Write a text at the level ERROR."""
        self._say("ERROR", message, args, kwargs)

    def _say(self, level: str, message: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        text = str(message)
        self._write(level, text.format(*args, **kwargs) if args or kwargs else text)

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def read_logs(self, path: str | os.PathLike[str] | None = None, limit: int | None = None) -> list[dict[str, Any]]:
        """Return the rows of the log files in a folder, this logger's own by default."""
        folder = path if path is not None else self.logs_path
        if folder is None:
            raise InvalidValue("this logger writes no files to read", hint="Logger(logs_path='logs')")
        return logfiles.read_logs(folder, limit, self.delimiter)

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _write(self, level: str, text: str) -> None:
        if self._loguru is None:
            return
        moment = datetime.fromtimestamp(SYSTEM_CLOCK.time(), tz=UTC)
        extra = {
            "moment": moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}",
            "place": f"eventide:{level.lower()}:0",
        }
        self._loguru.bind(**extra).log(level, "{}", logfiles.indented(text))

    def _append(self, text: str) -> None:
        line = text.encode() + b"\n"
        while line:  # one write for all but full disks and enormous rows
            line = line[os.write(self._fd, line) :]

    def close(self) -> None:
        """Close the files; calling again does nothing."""
        self._close()
        self._loguru, self._fd = None, -1


def rows_of(data: Any) -> Iterable[Mapping[str, Any]]:
    """Return data given as a dict, a list of dicts or a frame of pandas or polars as rows; raises InvalidValue."""
    if isinstance(data, Mapping):
        return [data]
    if hasattr(data, "to_dicts"):
        return list(data.to_dicts())
    if hasattr(data, "iloc") and hasattr(data, "to_dict"):
        return list(data.to_dict(orient="records"))
    if isinstance(data, list | tuple) and all(isinstance(row, Mapping) for row in data):
        return list(data)
    raise InvalidValue(
        f"a {type(data).__name__} is neither a dict, a list of dicts nor a frame", hint='logger.monitor({"loss": 0.1})'
    )


def _own_loguru() -> Any:
    """Return a loguru logger with a core of its own; handlers of the shared one are left as they are."""
    shared = require("loguru", "loguru").logger
    own = type(shared)(
        core=type(shared._core)(),  # noqa: SLF001 - loguru makes independent loggers by copying, which open files forbid
        exception=None,
        depth=0,
        record=False,
        lazy=False,
        colors=False,
        raw=False,
        capture=False,
        patchers=[],
        extra={},
    )
    for level, number in STRUCTURED.items():
        own.level(level, no=number, color=_COLORS[level])
    return own


def _close(own_loguru: Any, fd: int) -> None:
    """Close what a logger has open, when it says so or is gone."""
    if own_loguru is not None:
        own_loguru.remove()
    if fd >= 0:
        os.close(fd)


def _to_stdout(message: Any) -> None:
    sys.stdout.write(str(message))
