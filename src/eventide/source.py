"""The Source protocol: the only way to ask.

The data is (project, run, key, step) → value, plus a few facts per run. A Source answers questions about it; where the answer
comes from (a folder, a server) is its own business. Every front end uses nothing else.

Invariant: a Source never changes what was logged; `edit` appends records like any other writer. Answers are snapshots: they do
not change under the caller. Every method is safe to call from several threads. Only errors of `eventide.errors` are raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.model import (
        Attempts,
        Buckets,
        Changes,
        ConsoleLine,
        Edit,
        Facet,
        FileInfo,
        FileQuery,
        KeyInfo,
        ProjectInfo,
        RunInfo,
        RunPage,
        RunQuery,
        Series,
        SeriesQuery,
        SqlLimits,
        StoreInfo,
        TableName,
    )


@runtime_checkable
class Source(Protocol):
    """Whatever answers questions about runs."""

    def info(self) -> StoreInfo:
        """Return the store in numbers."""
        ...

    def projects(self) -> list[ProjectInfo]:
        """Return all projects, the most recently active first."""
        ...

    def runs(self, query: RunQuery) -> RunPage:
        """Return one page of runs.

        Raises:
            InvalidFilter: `query.filter` or `query.sort` does not parse.
        """
        ...

    def run(self, run_id: str) -> RunInfo:
        """Return one run with all its details; raises RunNotFound. Takes a full id only, see `resolve`."""
        ...

    def resolve(self, selector: str, *, project: str | None = None) -> list[str]:
        """Return the ids a selector means: an id, a unique prefix, a name, `@last`, `@running`, `@best:<metric>`.

        Raises:
            RunNotFound: nothing answers; the hint names the nearest runs.
            RunAmbiguous: a prefix or name fits several runs. `@running` alone may mean several.
        """
        ...

    def keys(
        self, *, project: str | None = None, run_ids: Sequence[str] | None = None, table: TableName = "events"
    ) -> list[KeyInfo]:
        """Return the logged keys, sorted by name, of a project, of some runs, or of everything.

        `table` "system" means those sampled of the machine instead; they are all numeric.
        """
        ...

    def facets(self, field: str, query: RunQuery, *, limit: int = 50) -> list[Facet]:
        """Return the values of a field over the runs of a query, the most frequent first."""
        ...

    def series(self, query: SeriesQuery) -> list[Series] | list[Buckets]:
        """Return the curves that exist of `run_ids` x `keys`, runs outermost; Buckets when `query.bins` is given."""
        ...

    def rows(
        self, run_ids: Sequence[str] | None = None, *, keys: Sequence[str] | None = None, attempts: Attempts = "last"
    ) -> pa.Table:
        """Return logged rows of runs (None: all) as `run_id, step, ts` and one column per key, in logging order per run."""
        ...

    def console(self, run_id: str, *, after: int = 0, limit: int | None = None) -> list[ConsoleLine]:
        """Return console text of a run, skipping the first `after` pieces."""
        ...

    def console_count(self, run_id: str) -> int:
        """Return how many pieces of console text a run has."""
        ...

    def sql(self, query: str, params: Sequence[Any] = (), *, limits: SqlLimits | None = None) -> pa.Table:
        """Run one read-only SQL statement over `db.events`, `db.runs`, `db.metrics`, `db.params`, ... and return all of its rows.

        Raises:
            InvalidQuery: the statement does not parse, names what does not exist, or would write.
            LimitExceeded: it went beyond `limits`.
        """
        ...

    def changes(self, cursor: str = "") -> Changes:
        """Return what changed since `cursor`; an empty cursor means everything is new."""
        ...

    def files(self, query: FileQuery) -> list[FileInfo]:
        """Return references to objects in the order of time: media, artifacts, results, kept code."""
        ...

    def object_size(self, sha256: str) -> int:
        """Return the size of an object in bytes; raises ObjectNotFound."""
        ...

    def open_object(self, sha256: str, *, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes of an object, or those from `start` up to `stop` (not included); raises ObjectNotFound."""
        ...

    def edit(self, run_ids: Sequence[str], edit: Edit) -> None:
        """Change names, notes, tags, or put runs into the bin or take them out.

        Raises:
            RunNotFound: one of the runs does not exist; nothing is changed then.
        """
        ...

    def close(self) -> None:
        """Release what the source holds; using it afterwards is an error."""
        ...
