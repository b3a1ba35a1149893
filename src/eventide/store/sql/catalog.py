"""What SQL views are made of, for a local store: sealed files, live tails, and the index's tables.

Invariant: what is handed out is as new as the moment it is asked for; and as long as nothing changed in the store, it is the same
objects again, so that views are not made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from eventide.store.index import relations
from eventide.store.index.advance import cutoffs
from eventide.store.sql.view import EventsInput, TableInput

if TYPE_CHECKING:
    from threading import RLock

    from eventide.store.index.advance import Indexer
    from eventide.store.index.database import Index
    from eventide.store.rows.tail import Tail
    from eventide.store.tables.sealed import SealedTables

Made = TypeVar("Made")


class LocalCatalog:
    """The inputs of the views of one store, or of some of its projects. Takes the source's lock whenever it looks; safe for threads."""

    def __init__(  # noqa: PLR0917 - made in one place, by Reading
        self,
        lock: RLock,
        index: Index,
        indexer: Indexer,
        sealed: SealedTables,
        tail: Tail,
        tags: Callable[[Sequence[str] | None], dict[str, str]],
        projects: Sequence[str] | None = None,
    ) -> None:
        self._lock = lock
        self._index = index
        self._indexer = indexer
        self._sealed = sealed
        self._tail = tail
        self._tags = tags
        self._projects = projects
        self._generation = -1
        self._made: dict[str, object] = {}

    def _once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what was made under a name since the store changed last, or make it."""
        with self._lock:
            self._indexer.refresh()
            return self._remembered(name, make)

    def _remembered(self, name: str, make: Callable[[], Made]) -> Made:
        if self._generation != self._indexer.generation:
            self._generation = self._indexer.generation
            self._made.clear()
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]  # type: ignore[return-value] # one type per name

    def events(self) -> EventsInput:
        """Return the events."""
        return self._once("events", self._events)

    def _events(self) -> EventsInput:
        db = self._index.db
        return EventsInput(
            files=self._files("events"),
            tail=self._live("events"),
            hidden=relations.hidden(db, self._projects),
            tags=self._tags(self._projects),
            superseded=relations.superseded(db, cutoffs, self._projects),
            values=[(run_id, key, json) for run_id, key, _, _, json in relations.overlay(db, self._projects)],
        )

    def system(self) -> TableInput:
        """Return the samples of system metrics."""
        return self._once("system", lambda: self._table("system"))

    def console(self) -> TableInput:
        """Return the console text."""
        return self._once("console", lambda: self._table("console"))

    def _table(self, table: str) -> TableInput:
        return TableInput(self._files(table), self._live(table), relations.hidden(self._index.db, self._projects))

    def relation(self, name: str) -> pa.Table:
        """Return one of the index's tables."""
        return self._once(f"relation {name}", lambda: relations.relation(self._index.db, name, self._projects))

    def _files(self, table: str) -> list[str]:
        projects = [project for project in self._sealed.projects() if self._shows(project)]
        return [file for project in projects for file in self._sealed.files(project, table)]

    def _live(self, table: str) -> pa.Table | None:
        parts = (part for part in self._indexer.scanner.parts() if self._shows(part.header.project))
        tables = self._tail.tables(parts, table)
        return pa.concat_tables(tables, promote_options="permissive") if tables else None

    def _shows(self, project: str) -> bool:
        return self._projects is None or project in self._projects
