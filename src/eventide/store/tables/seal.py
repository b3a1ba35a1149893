"""Sealing: journal bytes become rows of Delta tables, exactly once.

Each commit carries, per writer, how many bytes of its journal are covered from now on (Delta's application transactions). Delta refuses
a commit when somebody else has committed for one of its writers since the snapshot was loaded, so of racing sealers one wins and the
others see what is left. A batch goes to system, console, events and, last, to `runs`, whose transactions speak for all four tables:
a table has a writer's journal up to the larger of its own transaction and that of `runs`.

Invariant: a row is committed to a table only by a commit that moves that writer's coverage of this table past it; snapshots are loaded
before coverage is read, tables are made before journals are read, and `runs` is loaded first and committed last.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.errors import EventideError, InvalidName, StoreError
from eventide.names import check_label
from eventide.store.rows.columns import ColumnMap
from eventide.store.tables.delta import COMMIT_ORDER, FENCE, READ_ORDER, append, create_table
from eventide.store.tables.feed import Batch, Feed, fill
from eventide.store.tables.sealed import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.journal.scan import Part
    from eventide.layout import Layout

MAX_ATTEMPTS = 12
_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True)
class SealReport:
    """What a seal did."""

    rows: int = 0
    """Logged rows that became visible in the tables."""
    bytes_sealed: int = 0
    """Journal bytes covered that were not covered before."""
    parts: int = 0
    """Parts covered to their end."""
    commits: int = 0
    conflicts: int = 0
    """Races lost; each was tried again."""
    damaged: int = 0
    """Lines of closed parts that are no records; they stay in the journal."""
    postponed: int = 0
    """Writers left for another time, because races were lost too often."""

    def plus(self, other: SealReport) -> SealReport:
        """Return the sum of two reports."""
        return SealReport(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


class Sealer:
    """Seals the journals of one store. Any number of them may work at the same time, in any number of processes."""

    def __init__(self, layout: Layout, clock: Clock = SYSTEM_CLOCK) -> None:
        self._layout = layout
        self._clock = clock

    def seal(self, parts: Iterable[Part], *, include_open: bool = False) -> SealReport:
        """Seal what is not sealed yet of `parts`: closed ones, those whose writer is gone, and with `include_open` all.

        Parts of one writer have to be contiguous; what lies beyond a gap is left. Of an open part only whole lines are sealed, which
        is safe even while its writer goes on.

        Raises:
            StoreError: a table cannot be read or written; what was sealed before stays sealed.
        """
        now_s = self._clock.time()
        projects: dict[str, dict[str, list[Part]]] = {}
        for part in parts:
            if part.closed or include_open or part.is_abandoned(now_s):
                projects.setdefault(part.header.project, {}).setdefault(part.header.writer, []).append(part)
        report = SealReport()
        for project, writers in sorted(projects.items()):
            try:
                check_label(project, "project")
            except InvalidName:  # a header somebody made by hand
                continue
            ordered = [sorted(found, key=lambda part: part.header.at) for found in writers.values()]
            feeds = [Feed(found[0].header.writer, found) for found in ordered]
            feeds.sort(key=lambda feed: (feed.run_id, feed.writer))
            report = report.plus(_ProjectSealer(self._layout, project).seal(feeds))
        return report


class _ProjectSealer:
    """One seal of one project."""

    def __init__(self, layout: Layout, project: str) -> None:
        self._layout = layout
        self._project = project
        self._tables: dict[str, Snapshot] = {}
        self._commits = self._conflicts = 0

    def seal(self, feeds: Sequence[Feed]) -> SealReport:
        """Seal batch after batch until the feeds are empty or races were lost too often."""
        from deltalake.exceptions import DeltaError  # noqa: PLC0415 - loaded with the first seal

        report = SealReport()
        attempt, left = 0, len(feeds)
        while attempt < MAX_ATTEMPTS:
            try:
                self._load(feeds)
                for done in self._batches(feeds):
                    report = report.plus(done)
                    attempt = 0
                left = 0
                break
            except DeltaError as error:
                attempt += 1
                self._conflicts += 1
                if attempt == MAX_ATTEMPTS and not _is_race(error):
                    raise StoreError(f"cannot seal the project `{self._project}`: {error}") from error
                time.sleep(random.uniform(0, _PAUSE_S * 2 ** min(attempt, 5)))  # noqa: S311 - to lose step with the others
            except EventideError:
                raise
            except Exception as error:
                raise StoreError(f"cannot seal the project `{self._project}`: {error}") from error
        return report.plus(SealReport(commits=self._commits, conflicts=self._conflicts, postponed=left))

    def _batches(self, feeds: Sequence[Feed]) -> Iterator[SealReport]:
        """Commit batch after batch, reading the next one meanwhile; the snapshots stand for what is read and what is written."""
        events, system = (self._tables[name].schema().names for name in ("events", "system"))
        column_map = ColumnMap(events, system=system)

        def read() -> Batch:
            return fill(feeds, column_map)

        batch = read()
        with ThreadPoolExecutor(1) as pool:  # leaving it waits for the reader, so that the feeds are at rest
            while batch.pieces:
                coming = None if all(feed.done for feed in feeds) else pool.submit(read)
                yield self._seal_batch(feeds, batch)
                batch = coming.result() if coming else Batch()

    def _load(self, feeds: Sequence[Feed]) -> None:
        """Load the newest versions, make tables that do not exist, and put every feed where coverage ends."""
        for name in READ_ORDER:
            known = self._tables.get(name)
            if known is not None:
                known.update()
            else:
                path = self._layout.table(self._project, name)
                self._tables[name] = Snapshot(path, create_table(path, base_schema(name), name))
        for feed in feeds:
            covered = self._covered("runs", feed.writer)
            feed.rewind(covered)
            feed.done = covered >= feed.parts[-1].end

    def _covered(self, table: str, writer: str) -> int:
        return max(self._tables[table].covered(writer), self._tables["runs"].covered(writer))

    def _seal_batch(self, feeds: Sequence[Feed], batch: Batch) -> SealReport:
        """Commit one batch to all tables, `runs` last."""
        added = {name: self._commit(name, batch) for name in COMMIT_ORDER}
        parts = sum(
            batch.starts[feed.writer] < part.end <= batch.ends[feed.writer]
            for feed in feeds
            if feed.writer in batch.ends
            for part in feed.parts
        )
        return SealReport(rows=added["events"], bytes_sealed=batch.size_bytes, parts=parts, damaged=batch.damaged)

    def _commit(self, name: str, batch: Batch) -> int:
        """Commit a batch's rows of one table; return how many there were."""
        covered = {writer: self._covered(name, writer) for writer in batch.ends}
        found = [table for piece in batch.pieces if (table := _beyond(getattr(piece, name), covered)) is not None]
        if name == "runs":
            ends = {writer: end for writer, end in batch.ends.items() if end > covered[writer]}
        else:
            ends = {writer: batch.ends[writer] for table in found for writer in _writers(table)}
        if not ends:
            return 0
        rows = _concat(found)
        append(self._tables[name].table, rows, ends)
        self._commits += 1
        return 0 if rows is None else rows.num_rows


def _is_race(error: Exception) -> bool:
    from deltalake.exceptions import CommitFailedError  # noqa: PLC0415

    return isinstance(error, CommitFailedError)


def _writers(table: pa.Table) -> list[str]:
    """Return the writers of a piece: one, as a piece comes from one part."""
    return [table["_writer"][0].as_py()]


def _beyond(table: pa.Table | None, covered: Mapping[str, int]) -> pa.Table | None:
    """Return the rows of one piece that are not covered yet; None when there are none."""
    if table is None or not table.num_rows:
        return None
    start = covered[_writers(table)[0]]
    if start >= FENCE or table["_seq"][-1].as_py() < start:
        return None
    if table["_seq"][0].as_py() >= start:
        return table
    import pyarrow.compute as pc  # noqa: PLC0415

    return table.filter(pc.greater_equal(table["_seq"], start))


def _concat(tables: Sequence[pa.Table]) -> pa.Table | None:
    import pyarrow as pa  # noqa: PLC0415

    return pa.concat_tables(tables, promote_options="default").combine_chunks() if tables else None


def base_schema(table: str) -> pa.Schema:
    """Return the columns that a table has from the beginning."""
    import pyarrow as pa  # noqa: PLC0415

    from eventide.store.rows.arrow import CONSOLE_SCHEMA, RUNS_SCHEMA, empty_events  # noqa: PLC0415

    if table == "events":
        return empty_events().schema
    if table == "system":
        fields = [("run_id", pa.string()), ("ts", pa.float64()), ("_writer", pa.string()), ("_seq", pa.int64())]
        return pa.schema(fields)
    return CONSOLE_SCHEMA if table == "console" else RUNS_SCHEMA
