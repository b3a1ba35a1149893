"""How projects are shown: what the page keeps on the server, in one file per project.

Invariant: disposable. A file that cannot be read counts as none, nothing else depends on it, and it never lies in the store: a folder
without one (a read-only machine) keeps them in memory.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from eventide.server.schema import ProjectSettings


class Preferences:
    """Settings of all projects of one store. Safe for threads."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[str, ProjectSettings] = {}
        self._lock = threading.Lock()

    def get(self, project: str) -> ProjectSettings:
        """Return the settings of a project, empty ones where there are none."""
        with self._lock:
            if project not in self._held:
                self._held[project] = self._read(project)
            return self._held[project]

    def put(self, project: str, settings: ProjectSettings) -> None:
        """Keep the settings of a project."""
        with self._lock:
            self._held[project] = settings
            path = self._path(project)
            if path is not None:
                with suppress(OSError):  # then for as long as the server runs
                    path.parent.mkdir(parents=True, exist_ok=True)
                    temporary = path.with_suffix(f".{os.urandom(4).hex()}.tmp")
                    temporary.write_text(settings.model_dump_json(), encoding="utf-8")
                    temporary.replace(path)

    def _path(self, project: str) -> Path | None:
        return None if self._folder is None else self._folder / f"{sha256(project.encode()).hexdigest()[:32]}.json"

    def _read(self, project: str) -> ProjectSettings:
        path = self._path(project)
        with suppress(OSError, ValidationError):
            if path is not None:
                return ProjectSettings.model_validate_json(path.read_bytes())
        return ProjectSettings()
