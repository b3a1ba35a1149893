"""LocalSource: the Source protocol over a folder.

It keeps three things between questions: the index, the parsed tails, and an SQL engine; each is advanced to the newest byte before it
answers. Invariant: a question never waits for a writer, and sees every row whose `log` returned before it was asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import platformdirs

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.errors import InvalidSetting, RunNotFound
from eventide.layout import STORE_VERSION, Layout, find_root
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
    Problem,
    ProjectInfo,
    Removal,
    RunInfo,
    RunPage,
    RunQuery,
    Series,
    SeriesQuery,
    SqlLimits,
    StoreInfo,
    TableName,
)
from eventide.objects.choice import open_objects
from eventide.settings import get
from eventide.store.edits import check_edit, write_edit
from eventide.store.filter.filters import CompiledFilter, CompiledSort, compile_filter, compile_sort
from eventide.store.filter.grammar import parse
from eventide.store.index import key_sets, queries
from eventide.store.index.advance import Indexer
from eventide.store.index.database import Index
from eventide.store.index.files import files
from eventide.store.tables.sealed import SealedTables
from eventide.store.upkeep import Upkeep

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.store.rows.console import Consoles
    from eventide.store.rows.console import Plan as ConsolePlan
    from eventide.store.rows.reading import Reading
    from eventide.store.tables.compact import CompactReport
    from eventide.store.tables.seal import SealReport


Answer = TypeVar("Answer")
Planned = TypeVar("Planned")


class LocalSource:
    """Answers questions about the store in a folder. Safe for threads."""

    def __init__(
        self,
        root: str | Path | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        cache_dir: str | Path | None = None,
        auto_seal: bool = True,
    ) -> None:
        """Open a store that exists.

        Args:
            root: the store's folder, or one that holds a `.eventide/`; None means the default store.
            clock: where the time comes from.
            cache_dir: where the index lives; None means the user's cache folder.
            auto_seal: whether a question that would have to parse much closed journal may seal it first.

        Raises:
            NotAStore, StoreTooNew, StoreDamaged: there is no store that could be opened.
        """
        self.layout = Layout(find_root(root))
        self.store_id = self.layout.check()
        self._clock = clock
        self._objects = open_objects(self.layout)
        self._lock = threading.RLock()
        self._looks = 0
        """Looks at the store that were begun under the lock and have not failed."""
        self._sealing = threading.Lock()
        self._auto_seal = auto_seal
        self._sealed = SealedTables(self.layout)
        self._index = Index(_index_path(self.layout, self.store_id, cache_dir))
        self._indexer = Indexer(self.layout, self._index, self._sealed, clock)
        self._upkeep = Upkeep(self.layout, clock, self._index.path.parent if self._index.path else None)
        self._reading: Reading | None = None

    def __repr__(self) -> str:
        return f"LocalSource({str(self.layout.root)!r})"

    @property
    def cache_dir(self) -> Path | None:
        """The folder of this store's rebuildable files; None while they are in memory."""
        return None if self._index.path is None else self._index.path.parent

    # ── state ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def refresh(self) -> bool:
        """Take in what is new; return whether anything was. Every question does this first."""
        with self._lock:
            if self._reading is not None:
                self._reading.held.forget_idle()
            self._looks += 1
            try:
                return self._indexer.refresh()
            except BaseException:
                self._looks -= 1  # nobody may rely on it
                raise

    @contextmanager
    def _fresh(self) -> Iterator[None]:
        """Hold the lock, having looked at the store since this was called: of many questions that waited, one looks for all."""
        asked = self._looks
        with self._lock:
            if self._looks == asked:
                self.refresh()
            yield

    @staticmethod
    def _load() -> None:
        """Load what reads rows without holding up questions that do not need it."""
        import eventide.store.rows.reading  # noqa: F401, PLC0415 - Arrow only where rows are read

    def _read(self) -> Reading:
        """Return what reads rows, made at the first question that needs Arrow."""
        if self._reading is None:
            from eventide.store.rows.reading import Reading  # noqa: PLC0415 - Arrow and DuckDB only where rows are read

            self._reading = Reading(
                self.layout, self._index, self._indexer, self._sealed, self._clock, auto_seal=self._auto_seal
            )
        return self._reading

    def close(self) -> None:
        """Release the index and the SQL engine."""
        if self._reading is not None:
            self._reading.close()
        with self._lock:
            self._index.close()

    # ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def info(self) -> StoreInfo:
        """Return the store in numbers."""
        with self._fresh():
            counted = self._index.db.execute("SELECT count(*), count(DISTINCT project) FROM runs").fetchone()
            return StoreInfo(
                root=str(self.layout.root),
                id=self.store_id,
                format=STORE_VERSION,
                runs=counted[0],
                projects=counted[1],
                journal_bytes=sum(part.size_bytes for part in self._indexer.scanner.parts()),
                sealed_bytes=self._sealed.size_bytes(),
                object_bytes=sum(path.stat().st_size for path in self.layout.objects_dir.glob("??/*")),
            )

    def projects(self) -> list[ProjectInfo]:
        """Return all projects, the most recently active first."""
        with self._fresh():
            return queries.projects(self._index.db)

    def runs(self, query: RunQuery) -> RunPage:
        """Return one page of runs; raises InvalidFilter."""
        if query.offset < 0 or (query.limit is not None and query.limit < 0):
            raise InvalidSetting(f"a page cannot have offset {query.offset} and limit {query.limit}")
        with self._fresh():
            chosen, order = self._compile(query)
            runs, total = queries.page(self._index.db, query, chosen, order)
            return RunPage(tuple(runs), total)

    def _compile(self, query: RunQuery) -> tuple[CompiledFilter, CompiledSort]:
        """Compile filter and sort, and compute what they need from points."""
        now_s = self._clock.time()
        chosen = compile_filter(parse(query.filter), now_s)
        order = compile_sort(query.sort, now_s)
        derived = (*chosen.derived, *order.derived)
        if derived:
            from eventide.store.filter.derived import fill_derived  # noqa: PLC0415 - numpy only where points are asked for

            fill_derived(self._index.db, derived, self._points)
        return chosen, order

    def _ids(self, query: RunQuery) -> list[str]:
        return queries.ids(self._index.db, query, *self._compile(query))

    def run(self, run_id: str) -> RunInfo:
        """Return one run with all its details; raises RunNotFound."""
        with self._fresh():
            return queries.one(self._index.db, run_id)

    def resolve(self, selector: str, *, project: str | None = None) -> list[str]:
        """Return the ids a selector means; raises RunNotFound or RunAmbiguous."""
        with self._fresh():
            if not selector.startswith("@"):
                return queries.resolve(self._index.db, selector, project)
            found = self._resolve_special(selector, project)
            if not found:
                raise RunNotFound(f"no run answers to `{selector:.80}`", hint="eventide runs")
            return found

    def _resolve_special(self, selector: str, project: str | None) -> list[str]:
        if selector == "@last":
            page = self.runs(RunQuery(project=project, limit=1, keys=(), details=False))
        elif selector == "@running":
            page = self.runs(RunQuery("state=running", project, limit=None, keys=(), details=False))
        elif selector.startswith("@best:") and len(selector) > len("@best:"):
            return self._best(selector.removeprefix("@best:"), project)
        else:
            raise RunNotFound(f"`{selector:.80}` is no selector", hint="@last, @running or @best:METRIC")
        return [run.id for run in page.runs]

    def _best(self, key: str, project: str | None) -> list[str]:
        """Return the run with the best value of a metric, by the goal most of its runs have."""
        scope, params = ("", []) if project is None else (" AND project = ?", [project])
        rows = self._index.db.execute(
            "SELECT run_id, goal, min, max FROM metrics JOIN runs USING(run_id) WHERE key = ? AND numbers > 0 AND deleted IS NULL"  # noqa: S608
            f"{scope} ORDER BY started DESC",
            [key, *params],
        ).fetchall()
        if not rows:
            return []
        up = sum(goal == "max" for _, goal, _, _ in rows) * 2 > len(rows)
        best = max(rows, key=lambda row: row[3]) if up else min(rows, key=lambda row: row[2])
        return [best[0]]

    def keys(
        self, *, project: str | None = None, run_ids: Sequence[str] | None = None, table: TableName = "events"
    ) -> list[KeyInfo]:
        """Return the logged keys, or with `table` "system" the sampled ones, sorted by name."""
        with self._fresh():
            if table == "system":
                return self._read().system_keys(project, run_ids)
            return key_sets.keys(self._index.db, project, run_ids)

    def facets(self, field: str, query: RunQuery, *, limit: int = 50) -> list[Facet]:
        """Return the values of a field over the runs of a query, the most frequent first."""
        with self._fresh():
            return queries.facets(self._index.db, field, self._ids(query), limit)

    def changes(self, cursor: str = "") -> Changes:
        """Return what changed since `cursor`."""
        with self._fresh():
            return queries.changes(self._index.db, cursor)

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _points(self, query: SeriesQuery) -> list[Series]:
        found: list[Series] = self._planned(
            lambda: self._read().plan(query), lambda plan: plan.series(self._read().held)
        )
        return found

    def series(self, query: SeriesQuery) -> list[Series] | list[Buckets]:
        """Return the curves that exist of `run_ids` x `keys`, runs outermost; Buckets when `query.bins` is given."""
        if query.bins is None:
            return self._points(query)
        found: list[Buckets] = self._planned(
            lambda: self._read().plan(query), lambda plan: plan.buckets(self._read().held)
        )
        return found

    def _planned(self, plan: Callable[[], Planned], answer: Callable[[Planned], Answer]) -> Answer:
        """Plan with the lock, answer without it: what is read never changes, and may only be gone."""
        self._load()
        for last in (False, False, False, True):
            with self._fresh():
                planned = plan()
            try:
                return answer(planned)
            except FileNotFoundError:  # compacted or purged meanwhile
                if last:
                    raise
        raise AssertionError  # the last try returns or raises

    def rows(
        self, run_ids: Sequence[str] | None = None, *, keys: Sequence[str] | None = None, attempts: Attempts = "last"
    ) -> pa.Table:
        """Return logged rows as `run_id, step, ts` and one column per key, in logging order per run."""
        with self._fresh():
            return self._read().rows(run_ids, keys, attempts)

    def console(self, run_id: str, *, after: int = 0, limit: int | None = None) -> list[ConsoleLine]:
        """Return console text of a run, skipping the first `after` pieces; raises RunNotFound."""
        return self._consoles(run_id, lambda consoles, plan: consoles.page(plan, after, limit))

    def console_count(self, run_id: str) -> int:
        """Return how many pieces of console text a run has; raises RunNotFound."""
        return self._consoles(run_id, lambda consoles, plan: consoles.count(plan))

    def _consoles(self, run_id: str, answer: Callable[[Consoles, ConsolePlan], Answer]) -> Answer:
        def plan() -> ConsolePlan:
            self._project_of(run_id)
            return self._read().console_plan(run_id)

        return self._planned(plan, lambda found: answer(self._read().consoles, found))

    def sql(self, query: str, params: Sequence[Any] = (), *, limits: SqlLimits | None = None) -> pa.Table:
        """Run one read-only SQL statement and return all of its rows; raises InvalidQuery or LimitExceeded."""
        with self._fresh():
            engine = self._read().engine(self._lock, limits.projects if limits is not None else None)
        return engine.run(query, params, limits)

    # ── objects ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def files(self, query: FileQuery) -> list[FileInfo]:
        """Return references to objects in the order of time."""
        with self._fresh():
            return files(self._index.db, query)

    def object_size(self, sha256: str) -> int:
        """Return the size of an object in bytes; raises ObjectNotFound."""
        return self._objects.size_bytes(sha256)

    def open_object(self, sha256: str, *, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes of an object, or those from `start` up to `stop`; raises ObjectNotFound."""
        with self._objects.open(sha256) as file:
            file.seek(start)
            return file.read(-1 if stop is None else max(0, stop - start))

    # ── changes from outside ────────────────────────────────────────────────────────────────────────────────────────

    def edit(self, run_ids: Sequence[str], edit: Edit) -> None:
        """Change names, notes, tags, or put runs into the bin or take them out; raises RunNotFound before any change."""
        check_edit(edit)
        with self._fresh():
            projects = {run_id: self._project_of(run_id) for run_id in run_ids}
            for run_id, project in projects.items():
                write_edit(self.layout, self._clock, run_id, project, edit)
            self.refresh()

    # ── upkeep ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def seal(self, *, include_open: bool = False) -> SealReport:
        """Seal closed parts of the journal into tables, and with `include_open` the whole lines of live ones.

        Questions are answered meanwhile, as they are while another process seals.
        """
        with self._sealing:
            with self._lock:
                self.refresh()
                parts = list(self._indexer.scanner.parts())
            report = self._upkeep.seal(parts, include_open=include_open)
            self.refresh()
            return report

    def compact(self, *, include_open: bool = False) -> CompactReport:
        """Seal, then merge small files and remove those out of use for a day."""
        with self._fresh():
            report = self._upkeep.compact(self._indexer.scanner.parts(), include_open=include_open)
            self.refresh()
            return report

    def retain(
        self, keep_days: float | Literal["forever"] | None = None, *, dry_run: bool = False, unsent: bool = False
    ) -> Removal:
        """Remove sealed parts of the journal older than `keep_days` (None: the setting `keep_journal_days`).

        Runs that a hub does not have whole keep theirs, unless `unsent`.
        """
        days = get("keep_journal_days") if keep_days is None else keep_days
        with self._fresh():
            removal = self._upkeep.retain(days, dry_run=dry_run, unsent=unsent)
            self.refresh()
            return removal

    def purge(self, run_ids: Sequence[str] | None = None, *, dry_run: bool = False, force: bool = False) -> Removal:
        """Remove runs for ever, with everything that is theirs alone; None means all runs in the bin.

        Raises:
            RunNotFound: one of the runs does not exist, or the bin is empty.
            RunIsLive: a run is still being written, and `force` is not given.
        """
        with self._fresh():
            if run_ids is None:
                run_ids = [run.id for run in self.runs(RunQuery(deleted=True, limit=None, keys=(), details=False)).runs]
            for run_id in run_ids:
                self._project_of(run_id)
            removal = self._upkeep.purge(run_ids, dry_run=dry_run, force=force)
            self.refresh()
            return removal

    def gc(self, *, dry_run: bool = False, min_age_days: float = 7) -> Removal:
        """Remove objects that no run refers to and that are older than `min_age_days`."""
        return self._upkeep.collect_garbage(dry_run=dry_run, min_age_days=min_age_days)

    def collect(
        self, hashes: Iterable[str], *, put_before_s: float, released: Iterable[str] = (), dry_run: bool = False
    ) -> Removal:
        """Remove those of some objects that nothing refers to and that nobody has put since; see `collect_some`."""
        return self._upkeep.collect(hashes, put_before_s=put_before_s, released=released, dry_run=dry_run)

    def verify(self, *, objects: bool = True) -> list[Problem]:
        """Return what is not as the format promises; `objects` False leaves out hashing all objects."""
        return self._upkeep.verify(objects=objects)

    def repair(self, *, dry_run: bool = False, store_json: bool = False) -> list[Problem]:
        """Mend what can be mended without guessing, the index included; return all problems, `repairable` ones now put right."""
        with self._lock:
            done = self._upkeep.repair(dry_run=dry_run, store_json=store_json)
            self.refresh()
            return done

    def _project_of(self, run_id: str) -> str:
        found = self._index.db.execute("SELECT project FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        if found is None:
            raise queries.not_found(self._index.db, run_id)
        return str(found[0])


def _index_path(layout: Layout, store_id: str, cache_dir: str | Path | None) -> Path:
    """Return where the index of a store lives: one file per store and place, so that a copied store gets its own."""
    import hashlib  # noqa: PLC0415 - needed once
    import os  # noqa: PLC0415

    base = cache_dir or os.environ.get("EVENTIDE_CACHE_DIR") or platformdirs.user_cache_dir("eventide", appauthor=False)
    place = hashlib.sha256(str(layout.root.resolve()).encode()).hexdigest()[:8]
    return Path(base) / f"{store_id}-{place}" / "index.sqlite"
