"""The live end of the journals as Arrow tables: whatever the sealed tables do not cover yet.

Invariant: every row is either covered by a sealed table or in the tail, never in both; a piece of journal is parsed once per process and
remembered by its offsets. A part that disappears while it is read is one that was sealed and removed: its rows are in the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eventide.journal.reader import merge_tags, read_chunks, read_tags
from eventide.store.index.doubtful import without_doubtful_tail
from eventide.store.rows.arrow import read_tables

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.journal.scan import Part
    from eventide.store.rows.columns import ColumnMap

Covered = Callable[[str, str, str], int]
"""(project, table, writer) → bytes of the writer's journal that the table covers."""


@dataclass(slots=True)
class _Piece:
    """What is remembered of one part."""

    start: int
    end: int
    tags: dict[str, str]
    events: list[pa.Table] = field(default_factory=list)
    system: list[pa.Table] = field(default_factory=list)
    console: list[pa.Table] = field(default_factory=list)


class Tail:
    """The parsed tails of a store's parts. Its owner holds a lock around every use."""

    def __init__(self, covered: Covered, column_map: Callable[[str], ColumnMap]) -> None:
        self._covered = covered
        self._column_map = column_map
        self._pieces: dict[str, _Piece] = {}

    def clear(self) -> None:
        """Forget everything, for when columns got other names."""
        self._pieces.clear()

    def forget(self, alive: Iterable[Part]) -> None:
        """Forget parts that are no longer there."""
        names = {str(part.path) for part in alive}
        for name in self._pieces.keys() - names:
            del self._pieces[name]

    def tables(self, parts: Iterable[Part], kind: str) -> list[pa.Table]:
        """Return the uncovered tables of one kind (`events`, `system`, `console`) of some parts, in journal order."""
        found: list[pa.Table] = []
        for part in parts:
            piece = self._advance(part, kind)
            if piece is not None:
                found.extend(getattr(piece, kind))
        return found

    def _advance(self, part: Part, kind: str) -> _Piece | None:
        header = part.header
        start = max(0, self._covered(header.project, kind, header.writer) - header.at)
        name = str(part.path)
        piece = self._pieces.get(name)
        if start >= part.size_bytes:
            return None if kind == "events" or piece is None or piece.start < start else piece
        if piece is None or piece.start != start:
            piece = self._pieces[name] = _Piece(start, start, {})
        if piece.end < part.size_bytes:
            try:
                self._read(part, piece)
            except FileNotFoundError:
                self._pieces.pop(name, None)
                return None
        return piece

    def _read(self, part: Part, piece: _Piece) -> None:
        header = part.header
        column_map = self._column_map(header.project)
        if piece.end and not piece.tags:
            piece.tags = read_tags(part.path, piece.end)
        for chunk in read_chunks(part.path, piece.end):
            whole = without_doubtful_tail(chunk, part.size_bytes)
            if not whole.data:
                break
            tables = read_tables(header, whole, tags=dict(piece.tags), column_map=column_map)
            merge_tags(piece.tags, tables.tags)
            for kind in ("events", "system", "console"):
                table = getattr(tables, kind)
                if table is not None and table.num_rows:
                    getattr(piece, kind).append(table)
            piece.end = whole.end
