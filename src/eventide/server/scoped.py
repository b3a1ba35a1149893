"""A Source that shows some projects alone: what somebody with a token for them sees.

Invariant: an answer never holds, counts or names anything of another project; a run of one is not found, as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eventide.errors import ObjectNotFound, RunAmbiguous, RunNotFound
from eventide.model import Changes, FileQuery, RunQuery, SqlLimits

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.model import (
        Attempts,
        Buckets,
        ConsoleLine,
        Edit,
        Facet,
        FileInfo,
        KeyInfo,
        ProjectInfo,
        RunInfo,
        RunPage,
        Series,
        SeriesQuery,
        StoreInfo,
        TableName,
    )
    from eventide.source import Source


class ScopedSource:
    """The runs of some projects of another source."""

    def __init__(self, source: Source, projects: frozenset[str]) -> None:
        self._source = source
        self._projects = projects
        self._owners: dict[str, str] = {}

    # ── what may be seen ────────────────────────────────────────────────────────────────────────────────────────────

    def _sees(self, run_id: str) -> bool:
        """Tell whether a run exists and may be seen; a run's project never changes, so it is asked for once."""
        owner = self._owners.get(run_id)
        if owner is None:
            try:
                owner = self._owners[run_id] = self._source.run(run_id).project
            except RunNotFound:
                return False
        return owner in self._projects

    def _check(self, run_ids: Sequence[str]) -> None:
        for run_id in run_ids:
            if not self._sees(run_id):
                raise RunNotFound(f"no run answers to `{run_id:.80}`", hint="eventide runs")

    def _within(self, query: RunQuery) -> RunQuery:
        return replace(query, projects=tuple(sorted(self._projects)))

    # ── the protocol ────────────────────────────────────────────────────────────────────────────────────────────────

    def info(self) -> StoreInfo:
        """Return the store in numbers, of its runs only those that may be seen, and not where it lies."""
        total = self.runs(RunQuery(limit=0, archived=True, keys=(), details=False)).total
        said = replace(self._source.info(), root="", runs=total, projects=len(self.projects()))
        return replace(said, journal_bytes=0, sealed_bytes=0, object_bytes=0)

    def projects(self) -> list[ProjectInfo]:
        """Return the projects that may be seen, the most recently active first."""
        return [project for project in self._source.projects() if project.name in self._projects]

    def runs(self, query: RunQuery) -> RunPage:
        """Return one page of runs; raises InvalidFilter."""
        return self._source.runs(self._within(query))

    def run(self, run_id: str) -> RunInfo:
        """Return one run with all its details; raises RunNotFound."""
        self._check([run_id])
        return self._source.run(run_id)

    def resolve(self, selector: str, *, project: str | None = None) -> list[str]:
        """Return the ids a selector means; raises RunNotFound or RunAmbiguous."""
        found: dict[str, None] = {}
        for name in sorted(self._projects if project is None else self._projects & {project}):
            try:
                found.update(dict.fromkeys(filter(self._sees, self._source.resolve(selector, project=name))))
            except RunAmbiguous as error:
                found.update(dict.fromkeys(filter(self._sees, error.candidates)))
            except RunNotFound:
                continue
        if not found:
            raise RunNotFound(f"no run answers to `{selector:.80}`", hint="eventide runs")
        if selector == "@last":
            newest = self.runs(RunQuery(project=project, limit=1, keys=(), details=False)).runs
            return [run.id for run in newest]
        if len(found) > 1 and selector != "@running":
            raise RunAmbiguous(f"`{selector:.80}` may mean {len(found)} runs", candidates=tuple(found))
        return list(found)

    def keys(
        self, *, project: str | None = None, run_ids: Sequence[str] | None = None, table: TableName = "events"
    ) -> list[KeyInfo]:
        """Return the logged keys, or with `table` "system" the sampled ones, sorted by name."""
        if run_ids is not None:
            self._check(run_ids)
            return self._source.keys(project=project, run_ids=run_ids, table=table)
        names = self._projects if project is None else self._projects & {project}
        found = [key for name in sorted(names) for key in self._source.keys(project=name, table=table)]
        return sorted(found, key=lambda key: (key.key, key.project))

    def facets(self, field: str, query: RunQuery, *, limit: int = 50) -> list[Facet]:
        """Return the values of a field over the runs of a query, the most frequent first."""
        return self._source.facets(field, self._within(query), limit=limit)

    def series(self, query: SeriesQuery) -> list[Series] | list[Buckets]:
        """Return the curves that exist of `run_ids` x `keys`, runs outermost; Buckets when `query.bins` is given."""
        return self._source.series(replace(query, run_ids=tuple(filter(self._sees, query.run_ids))))

    def rows(
        self, run_ids: Sequence[str] | None = None, *, keys: Sequence[str] | None = None, attempts: Attempts = "last"
    ) -> pa.Table:
        """Return logged rows as `run_id, step, ts` and one column per key, in logging order per run."""
        if run_ids is None:
            every = RunQuery(limit=None, sort="started", archived=True, keys=(), details=False)
            run_ids = [run.id for run in self.runs(every).runs]
        else:
            run_ids = list(filter(self._sees, run_ids))
        return self._source.rows(run_ids, keys=keys, attempts=attempts)

    def console(self, run_id: str, *, after: int = 0, limit: int | None = None) -> list[ConsoleLine]:
        """Return console text of a run, skipping the first `after` pieces; raises RunNotFound."""
        self._check([run_id])
        return self._source.console(run_id, after=after, limit=limit)

    def console_count(self, run_id: str) -> int:
        """Return how many pieces of console text a run has; raises RunNotFound."""
        self._check([run_id])
        return self._source.console_count(run_id)

    def sql(self, query: str, params: Sequence[Any] = (), *, limits: SqlLimits | None = None) -> pa.Table:
        """Run one read-only SQL statement over what may be seen; raises InvalidQuery or LimitExceeded."""
        within = replace(limits or SqlLimits(), projects=tuple(sorted(self._projects)))
        return self._source.sql(query, params, limits=within)

    def changes(self, cursor: str = "") -> Changes:
        """Return what changed since `cursor`."""
        said = self._source.changes(cursor)
        removed = tuple(run_id for run_id in said.removed if self._owners.get(run_id) in self._projects)
        return Changes(said.cursor, tuple(filter(self._sees, said.run_ids)), removed)

    def files(self, query: FileQuery) -> list[FileInfo]:
        """Return references to objects in the order of time."""
        if query.run_ids is not None:
            chosen = tuple(filter(self._sees, query.run_ids))
            return self._source.files(replace(query, run_ids=chosen)) if chosen else []
        names = self._projects if query.project is None else self._projects & {query.project}
        found = [
            file for name in names for file in self._source.files(replace(query, project=name, limit=None, offset=0))
        ]
        found.sort(key=lambda file: (file.ts, file.run_id))
        stop = None if query.limit is None else query.offset + query.limit
        return found[query.offset : stop]

    def object_size(self, sha256: str) -> int:
        """Return the size of an object in bytes; raises ObjectNotFound."""
        self._check_object(sha256)
        return self._source.object_size(sha256)

    def open_object(self, sha256: str, *, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes of an object, or those from `start` up to `stop`; raises ObjectNotFound."""
        self._check_object(sha256)
        return self._source.open_object(sha256, start=start, stop=stop)

    def _check_object(self, sha256: str) -> None:
        """Refuse an object that only runs of other projects refer to; one that no record names is known to who knows its content."""
        owners = {file.project for file in self._source.files(FileQuery()) if file.sha256 == sha256}
        if owners and not owners & self._projects:
            raise ObjectNotFound(f"no object `{sha256:.80}`")

    def edit(self, run_ids: Sequence[str], edit: Edit) -> None:
        """Change names, notes, tags, or put runs into the bin or take them out; raises RunNotFound before any change."""
        self._check(run_ids)
        self._source.edit(run_ids, edit)

    def close(self) -> None:
        """Do nothing: the source belongs to the server."""
