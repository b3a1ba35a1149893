"""xetrack's constants.

Invariant: values that scripts compare with are the ones they know; what was a setting there (the delimiter of log lines) is read each time.
"""

from __future__ import annotations

import os
from typing import ClassVar

from eventide.table import logfiles, logger, tracked
from eventide.table.location import IN_MEMORY, SKIP_INSERT
from eventide.table.rowset import TIMESTAMP, TRACK_ID

TYPES: dict[str, type] = {
    "BOOLEAN": bool,
    "TINYINT": int,
    "SMALLINT": int,
    "INTEGER": int,
    "BIGINT": int,
    "FLOAT": float,
    "REAL": float,
    "DOUBLE": float,
    "DECIMAL": float,
    "VARCHAR": str,
    "TEXT": str,
    "CHAR": str,
    "UUID": str,
    "DATE": str,
    "TIME": str,
    "TIMESTAMP": str,
    "INTERVAL": str,
    "BLOB": bytearray,
}


class SCHEMA_PARAMS:  # noqa: N801 - the name scripts know
    """Names of tables and of the column that says which run a row belongs to."""

    TABLE = "db.events"
    DUCKDB_TABLE = "db.default"
    SQLITE_TABLE = "default"
    DEFAULT_TABLE = "default"
    TRACK_ID = TRACK_ID


class DEFAULTS:
    """What is used when nothing is given."""

    DB = "track.db"


class CONSTANTS:
    """Special databases, and the form of times."""

    IN_MEMORY_DB = IN_MEMORY
    SKIP_INSERT = SKIP_INSERT
    DTYPES_TO_PYTHON: ClassVar[dict[str, type]] = TYPES
    TIMESTAMP_FORMAT = "%Y-%m-%d %H:%M:%S.%f"


class TRACKER_CONSTANTS:  # noqa: N801
    """Keys of the rows of tracked calls."""

    FUNCTION_NAME = tracked.NAME
    FUNCTION_TIME = tracked.TIME
    FUNCTION_RESULT = tracked.RESULT
    ARGS = tracked.ARGS
    KWARGS = tracked.KWARGS
    ERROR = tracked.ERROR
    TIMESTAMP = TIMESTAMP
    GIT_COMMIT_KEY = "git_commit_hash"


class _Delimiter(type):
    @property
    def DELIMITER(cls) -> str:  # noqa: N802
        """What stands before the text of a log entry: $LOGS_DELIMITER, if set."""
        return os.environ.get("LOGS_DELIMITER") or logfiles.DELIMITER


class LOGURU_PARAMS(metaclass=_Delimiter):  # noqa: N801
    """Levels and forms of log entries."""

    ROTATION = "1 day"
    EXPERIMENT = logfiles.EXPERIMENT
    MONITOR = logfiles.MONITOR
    TRACKING = logfiles.TRACKING
    LEVEL = "level"
    TIMESTAMP_FORMAT = "%Y-%m-%d %H:%M:%S"
    LOG_FILE_FORMAT = logger.FILE_FORMAT
    STRACTURED_REGEX = r"\b(MONITOR|EXPERIMENT|TRACKING)\b"
