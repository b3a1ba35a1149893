"""What SQL views are made of, for a local store: sealed files, live tails, and the index's tables.

Invariant: what is handed out is as new as the moment it is asked for; and as long as nothing changed in the store, it is the same
objects again, so that views are not made anew.
"""

from __future__ import annotations

from collections.abc import Callable
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
    """The inputs of the views of one store. Takes the source's lock whenever it looks; safe for threads."""

    def __init__(  # noqa: PLR0917 - made in one place, by Reading
        self,
        lock: RLock,
        index: Index,
        indexer: Indexer,
        sealed: SealedTables,
        tail: Tail,
        tags: Callable[[], dict[str, str]],
    ) -> None:
        self._lock = lock
        self._index = index
        self._indexer = indexer
        self._sealed = sealed
        self._tail = tail
        self._tags = tags
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
        """Return the events of all projects."""
        return self._once("events", self._events)

    def _events(self) -> EventsInput:
        db = self._index.db
        return EventsInput(
            files=self._files("events"),
            tail=self._live("events"),
            hidden=relations.hidden(db),
            tags=self._tags(),
            superseded=relations.superseded(db, cutoffs),
            values=[(run_id, key, json) for run_id, key, _, _, json in relations.overlay(db)],
        )

    def system(self) -> TableInput:
        """Return the samples of system metrics."""
        return self._once("system", lambda: self._table("system"))

    def console(self) -> TableInput:
        """Return the console text."""
        return self._once("console", lambda: self._table("console"))

    def _table(self, table: str) -> TableInput:
        return TableInput(self._files(table), self._live(table), relations.hidden(self._index.db))

    def relation(self, name: str) -> pa.Table:
        """Return one of the index's tables."""
        return self._once(f"relation {name}", lambda: relations.relation(self._index.db, name))

    def _files(self, table: str) -> list[str]:
        return [file for project in self._sealed.projects() for file in self._sealed.files(project, table)]

    def _live(self, table: str) -> pa.Table | None:
        tables = self._tail.tables(self._indexer.scanner.parts(), table)
        return pa.concat_tables(tables, promote_options="permissive") if tables else None
