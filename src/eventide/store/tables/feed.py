"""Feed journal bytes that no table covers yet to whoever seals them, one writer at a time, in order, in bounded pieces.

Invariant: what is fed of one writer is contiguous: it begins where coverage ends and never steps over a gap, a part that cannot be
read, or an unfinished or damaged stretch of a part that is still open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eventide.journal.reader import read_chunks, read_tags
from eventide.store.rows.arrow import Tables, read_tables

if TYPE_CHECKING:
    from eventide.journal.scan import Part
    from eventide.store.rows.columns import ColumnMap

READ_BYTES = 16 * 1024 * 1024
BATCH_BYTES = 48 * 1024 * 1024
BATCH_ROWS = 500_000
BATCH_CELLS = 32 * 1024 * 1024
"""Rows times columns: runs with keys of their own make wide tables of few values."""


@dataclass(slots=True)
class Feed:
    """The uncovered journal of one writer."""

    writer: str
    parts: Sequence[Part]
    """In order of their place in the journal."""
    position: int = 0
    """Bytes of the writer's journal fed so far."""
    done: bool = False
    """Whether there is nothing more to be had now."""
    _tags: dict[str, str] | None = None
    _tags_at: int = -1

    @property
    def run_id(self) -> str:
        """The run of the journal."""
        return self.parts[0].run_id

    def rewind(self, covered: int) -> None:
        """Go on from `covered`, wherever that is."""
        self.position, self.done, self._tags = covered, False, None

    def pieces(self, column_map: ColumnMap) -> Iterator[tuple[int, Tables]]:
        """Yield `(bytes, tables)` piece by piece; stopping early is fine, the next call goes on from `position`."""
        while not self.done:
            part = self._next_part()
            if part is None:
                self.done = True
                return
            yield from self._of_part(part, column_map)

    def _next_part(self) -> Part | None:
        """Return the part that holds `position`; None at the end and at a gap."""
        for part in self.parts:
            if part.end > self.position:
                return part if part.header.at <= self.position else None
        return None

    def _of_part(self, part: Part, column_map: ColumnMap) -> Iterator[tuple[int, Tables]]:
        header = part.header
        try:
            tags = self._tags_of(part)
            for chunk in read_chunks(part.path, self.position - header.at, size=READ_BYTES):
                tables = read_tables(header, chunk, tags=tags, column_map=column_map)
                if tables.damaged and not part.closed:
                    break  # a hole that a file server may still fill
                tags = self._tags = tables.tags
                self.position = self._tags_at = header.at + chunk.end
                yield len(chunk.data), tables
        except OSError:  # gone, or out of reach: somebody sealed and removed it, or another time
            self.done = True
            return
        if self.position < part.end:  # a torn tail
            self.done = True

    def _tags_of(self, part: Part) -> dict[str, str]:
        start = self.position - part.header.at
        if start == 0:
            return {}
        if self._tags is not None and self._tags_at == self.position:
            return self._tags
        return read_tags(part.path, start)


@dataclass(slots=True)
class Batch:
    """What one round of commits carries."""

    pieces: list[Tables] = field(default_factory=list)
    starts: dict[str, int] = field(default_factory=dict)
    """Writer → where its first piece begins."""
    ends: dict[str, int] = field(default_factory=dict)
    """Writer → bytes of its journal covered when the batch is committed."""
    size_bytes: int = 0
    rows: int = 0
    damaged: int = 0
    columns: set[str] = field(default_factory=set)

    def is_full(self) -> bool:
        """Tell whether the batch is as large as memory allows, or as files should be."""
        cells = self.rows * len(self.columns)
        return self.size_bytes >= BATCH_BYTES or self.rows >= BATCH_ROWS or cells >= BATCH_CELLS


def fill(feeds: Sequence[Feed], column_map: ColumnMap) -> Batch:
    """Take pieces from feeds, in their order, until the batch is full or nothing is left."""
    batch = Batch()
    for feed in feeds:
        if feed.done:
            continue
        start = feed.position
        for size_bytes, tables in feed.pieces(column_map):
            batch.starts.setdefault(feed.writer, start)
            batch.pieces.append(tables)
            batch.ends[feed.writer] = feed.position
            batch.size_bytes += size_bytes
            batch.rows += tables.rows
            batch.damaged += tables.damaged
            if tables.events is not None:
                batch.columns.update(tables.events.column_names)
            if batch.is_full():
                return batch
    return batch
