"""`uetai.logger.CometLogger`, over the logger of Comet in `eventide.loggers`.

Invariant: a key that is given is handed to the SDK, and that is all; a file `.uetai/api_key.yaml` is neither read nor written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import eventide
from eventide.compat.uetai.logger.base import UetaiLoggerBase, checked_path, described
from eventide.loggers.comet import CometLogger as _CometLogger


class CometLogger(UetaiLoggerBase):
    """An experiment of Comet; without a key Comet writes an offline archive instead of asking for one."""

    def __init__(
        self,
        project_name: str | None = "UETAI_Project",
        workspace: str | None = None,
        api_key: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin an experiment; further arguments are those of `eventide.loggers.CometLogger`, and of Comet.

        Raises:
            MissingExtra: comet_ml is not installed.
        """
        self.project_name = project_name
        self.workspace = workspace
        self.api_key = api_key
        self.logger = _CometLogger(project_name, workspace, api_key, **kwargs)

    def log_text(self, text: str, step: int | Mapping[str, Any] | None = None, metadata: Any = None) -> None:
        """Log a text; the metadata may come second, as uetai's documentation has it."""
        if isinstance(step, Mapping):
            step, metadata = None, step
        self.logger.log_media([("text", eventide.Text(text, described(metadata)))], step)

    def log_table(self, key: str, data: Any, columns: list[str] | None = None, step: int | None = None) -> None:
        """Log a table."""
        self.logger.log_table(key, data, columns, step)

    def log_artifact(
        self, artifact_path: str, artifact_name: str | None = None, artifact_type: str | None = None
    ) -> str:
        """Keep a file or folder as the next version; return what it can be asked for by."""
        return self.logger.log_artifact(checked_path(artifact_path), artifact_name, artifact_type)
