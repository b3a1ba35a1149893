"""How projects are shown, and the queries that were saved: what the page keeps on the server, in a file per project for each.

Invariant: disposable. A file that cannot be read counts as none, nothing else depends on it, and it never lies in the store: a folder
without one (a read-only machine) keeps them in memory.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from eventide.server.schema import ProjectSettings, SavedQueries, SavedQuery

if TYPE_CHECKING:
    from collections.abc import Callable

Kept = TypeVar("Kept", ProjectSettings, SavedQueries)


class Preferences:
    """Settings of all projects of one store. Safe for threads."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[str, ProjectSettings] = {}
        self._held_queries: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()
        self._changing = threading.Lock()

    def get(self, project: str) -> ProjectSettings:
        """Return the settings of a project, empty ones where there are none."""
        with self._lock:
            if project not in self._held:
                self._held[project] = self._read(self._path(project), ProjectSettings)
            return self._held[project]

    def put(self, project: str, settings: ProjectSettings) -> None:
        """Keep the settings of a project."""
        with self._lock:
            self._held[project] = settings
            self._write(self._path(project), settings)

    def queries(self, project: str) -> dict[str, str]:
        """Return the saved queries of a project (empty: those of the whole store), name → query."""
        with self._lock:
            return dict(self._queries(project))

    def change_queries(self, project: str, change: Callable[[dict[str, str]], dict[str, str]]) -> dict[str, str]:
        """Keep what `change` makes of the saved queries, and return it; nobody else changes them meanwhile."""
        with self._changing:
            kept = change(self.queries(project))
            said = SavedQueries(queries=[SavedQuery(name=name, query=query) for name, query in kept.items()])
            with self._lock:
                self._held_queries[project] = kept
                self._write(self._path(project, "-sql"), said)
        return kept

    def _queries(self, project: str) -> dict[str, str]:
        if project not in self._held_queries:
            found = self._read(self._path(project, "-sql"), SavedQueries)
            self._held_queries[project] = {one.name: one.query for one in found.queries}
        return self._held_queries[project]

    def _write(self, path: Path | None, what: BaseModel) -> None:
        if path is not None:
            with suppress(OSError):  # then for as long as the server runs
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = path.with_suffix(f".{os.urandom(4).hex()}.tmp")
                temporary.write_text(what.model_dump_json(), encoding="utf-8")
                temporary.replace(path)

    def _path(self, project: str, kind: str = "") -> Path | None:
        name = sha256(project.encode()).hexdigest()[:32]
        return None if self._folder is None else self._folder / f"{name}{kind}.json"

    def _read(self, path: Path | None, model: type[Kept]) -> Kept:
        with suppress(OSError, ValidationError):
            if path is not None:
                return model.model_validate_json(path.read_bytes())
        return model()
