"""The store object: `eventide.open()` gives one; every question about runs starts here.

Invariant: it speaks to a Source and to nothing else, so a folder and a server behave alike; a filter is the grammar of
docs/reference/filter.md in every method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from eventide.errors import InvalidSetting
from eventide.layout import find_root
from eventide.model import RunQuery, SeriesQuery
from eventide.table.actions import Actions
from eventide.table.result import SqlResult
from eventide.table.run import RunView
from eventide.table.selection import ids_of
from eventide.transport import is_url

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from types import TracebackType

    from eventide.clock import Clock
    from eventide.model import Attempts, Changes, KeyInfo, ProjectInfo, StoreInfo
    from eventide.source import Source
    from eventide.table.artifacts import ArtifactVersion
    from eventide.table.frames import Backend, FrameAggregate
    from eventide.table.media import Medium


def open(  # noqa: A001 - eventide.open
    path: str | os.PathLike[str] | None = None, *, clock: Clock | None = None, token: str | None = None
) -> Store:
    """Open the store at `path`, a folder or the address of a server, or the one `eventide.init()` would write to.

    Args:
        path: a folder, or `https://…` of a server.
        clock: where the time comes from, for a folder.
        token: what a server asks for; default EVENTIDE_TOKEN. A server is asked at the first question.

    Raises:
        NotAStore: the folder is none.
        StoreTooNew, StoreDamaged: it is one that cannot be read.
        InvalidSetting: this is no address of a server.
    """
    return Store(open_source(path, clock=clock, token=token))


def open_source(
    place: str | os.PathLike[str] | None = None, *, clock: Clock | None = None, token: str | None = None
) -> Source:
    """Return what answers for a folder or a server; raises as `open` does."""
    if is_url(place):
        from eventide.client.source import RemoteSource  # noqa: PLC0415 - a folder needs no network

        return RemoteSource(str(place), token=token)
    from eventide.store.local import LocalSource  # noqa: PLC0415 - tests and servers wrap other sources

    root = find_root(place)
    return LocalSource(root) if clock is None else LocalSource(root, clock=clock)


class Store(Actions):
    """All runs of a store: tables, curves, rows, SQL, and the actions of `Actions`."""

    def __init__(self, source: Source) -> None:
        self.source = source

    # ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def runs(
        self,
        filter: str = "",  # noqa: A002 - the grammar's name
        *,
        sort: str = "-started",
        columns: Sequence[str] | None = None,
        project: str | None = None,
        limit: int | None = None,
        agg: FrameAggregate = "last",
        varying: bool = False,
        archived: bool = False,
        backend: Backend = "pandas",
    ) -> Any:
        """Return runs as a frame, one row a run, indexed by `run_id`.

        Plain columns come first, then `config.*` by dotted path and `metric.*`; pandas columns are category for repetitive texts,
        nullable Int64, UTC timestamps and timedelta.

        Args:
            filter: which runs; empty means all.
            sort: comma-separated fields, `-` in front for descending.
            columns: fields such as `name`, `lr`, `best(val/acc)` instead of the usual columns.
            project: one project only.
            limit: at most so many rows.
            agg: what a metric column holds: last, best, min, max, mean, first, std, count; `all` gives two-level columns.
            varying: drop columns that are the same in all rows and keep them in `attrs["constant"]`.
            archived: include archived runs.
            backend: pandas or polars.

        Raises:
            InvalidFilter: `filter` or `sort` does not parse.
            MissingExtra: polars is asked for and not installed.
        """
        from eventide.table.frames import check_backend, runs_frame  # noqa: PLC0415 - numpy and pandas

        check_backend(backend)
        page = self.source.runs(RunQuery(filter=filter, project=project, sort=sort, limit=limit, archived=archived))
        return runs_frame(page.runs, agg=agg, columns=columns, varying=varying, total=page.total, backend=backend)

    def run(self, selector: str, *, project: str | None = None) -> RunView:
        """Return one run by id, unique prefix, name, `@last` or `@best:<metric>`.

        Raises:
            RunNotFound: nothing answers.
            RunAmbiguous: several runs do.
        """
        from eventide.errors import RunAmbiguous  # noqa: PLC0415 - the way to an error

        ids = self.source.resolve(selector, project=project)
        if len(ids) > 1:
            raise RunAmbiguous(
                f"`{selector}` means {len(ids)} runs", hint=f"use one of {', '.join(ids[:4])}", candidates=tuple(ids)
            )
        return RunView(self.source, self.source.run(ids[0]))

    # ── curves and rows ─────────────────────────────────────────────────────────────────────────────────────────────

    def series(
        self,
        runs: Any = "",
        keys: str | Sequence[str] = (),
        *,
        bins: int | None = None,
        x: str = "step",
        start: float | None = None,
        stop: float | None = None,
        attempts: Attempts = "last",
        backend: Backend = "pandas",
    ) -> Any:
        """Return curves of metrics, or of expressions such as "=train/loss - val/loss", as one long frame.

        Every point: run_id, key, step, ts, x, value. With `bins`: run_id, key, x0, x1, count, nonfinite, min, max, mean, last,
        on a grid all curves share, empty buckets left out.

        Args:
            runs: a filter, a run, a list of ids, or a frame of runs.
            keys: one metric or several, or expressions, which begin with `=`; none means all.
            bins: buckets over the range; None gives every point.
            x: `step`, `time` (seconds since the run's start), `ts` or a logged key.
            start: first x, included.
            stop: last x, included.
            attempts: `last` takes the newest try of repeated steps, `all` every row.
            backend: pandas or polars.
        """
        from eventide.table.derived_curves import derived_curves  # noqa: PLC0415 - numpy and pandas
        from eventide.table.frames import buckets_frame, check_backend, series_frame  # noqa: PLC0415

        check_backend(backend)
        if bins is not None and bins < 1:
            raise InvalidSetting(f"`bins={bins}`: there must be 1 or more")
        ids = ids_of(self.source, runs)
        wanted = (keys,) if isinstance(keys, str) else tuple(keys) or self._numeric(ids)
        curves: Any = (
            derived_curves(self.source, wanted, x, run_ids=ids).series(
                SeriesQuery(ids, wanted, x, start, stop, bins, attempts)
            )
            if ids and wanted
            else []
        )
        make: Any = series_frame if bins is None else buckets_frame
        return make(curves, backend=backend)

    def _numeric(self, ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(key.key for key in self.source.keys(run_ids=ids) if key.numeric)

    def metrics(
        self,
        filter: str = "",  # noqa: A002
        keys: str | Sequence[str] = (),
        *,
        wide: bool = False,
        points: int | None = None,
        backend: Backend = "pandas",
    ) -> Any:
        """Return metrics of the runs of a filter, by step.

        Long: run_id, key, step, time (UTC), value. `wide=True`: one row a step, columns (key, run_id), pandas only.
        `points`: so many buckets instead of every point: run_id, key, step, min, max, mean, n.
        """
        if points is not None:
            frame = self.series(filter, keys, bins=points, backend=backend)
            return _renamed(
                frame, {"x0": "step", "count": "n"}, ["run_id", "key", "step", "min", "max", "mean", "n"], backend
            )
        frame = self.series(filter, keys, backend=backend)
        if not wide:
            return _renamed(frame, {"ts": "time"}, ["run_id", "key", "step", "time", "value"], backend)
        if backend != "pandas":
            raise InvalidSetting(
                "a wide frame needs columns of two levels, which polars does not have", hint="wide=False"
            )
        return frame.pivot_table(index="step", columns=["key", "run_id"], values="value", aggfunc="last", observed=True)

    def to_df(
        self,
        filter: str = "",  # noqa: A002
        keys: str | Sequence[str] | None = None,
        *,
        attempts: Attempts = "last",
        backend: Backend = "pandas",
    ) -> Any:
        """Return the logged rows of runs as one frame: run_id, step, ts (UTC) and every logged key under its own name."""
        from eventide.table.frames import check_backend  # noqa: PLC0415 - numpy and pandas
        from eventide.table.rows import rows_frame  # noqa: PLC0415

        check_backend(backend)
        ids = ids_of(self.source, filter) if filter else None
        wanted = (keys,) if isinstance(keys, str) else keys
        return rows_frame(self.source.rows(ids, keys=wanted, attempts=attempts), self.key_tags(), backend=backend)

    def sql(self, query: str, params: Sequence[Any] = ()) -> SqlResult:
        """Run one read-only SQL statement over `db.events`, `db.runs`, `db.metrics`, `db.params`, ...

        Raises:
            InvalidQuery: it does not run, or would write.
            LimitExceeded: it went beyond the memory limit.
        """
        return SqlResult(self.source.sql(query, params))

    # ── media and artifacts ─────────────────────────────────────────────────────────────────────────────────────────

    def media(self, run: str | None = None, key: str | None = None, *, project: str | None = None) -> list[Medium]:
        """Return pictures, tables and other media in the order they were logged, of one run or of all, of one key or of all."""
        from eventide.table.media import media_of  # noqa: PLC0415

        run_ids = None if run is None else (self.run(run, project=project).id,)
        return media_of(self.source, run_ids=run_ids, project=project, key=key)

    def artifacts(self, *, project: str | None = None, name: str | None = None) -> list[ArtifactVersion]:
        """Return the versions of artifacts, by project, name and number."""
        from eventide.table.artifacts import versions  # noqa: PLC0415

        return versions(self.source, project=project, name=name)

    def artifact(self, selector: str, *, project: str | None = None) -> ArtifactVersion:
        """Return one version of an artifact: `name` (the latest), `name:v3`, `name:best`, `project/name:v3`.

        Raises:
            InvalidName: the selector cannot be read.
            ObjectNotFound: there is no such artifact or version; the hint names those there are.
        """
        from eventide.table.artifacts import find  # noqa: PLC0415

        return find(self.source, selector, project=project)

    # ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────────

    def keys(self, *, project: str | None = None) -> list[KeyInfo]:
        """Return the logged keys, sorted by name."""
        return self.source.keys(project=project)

    def key_tags(self) -> dict[str, str]:
        """Return key → all types it was logged with, over all projects."""
        found: dict[str, str] = {}
        for key in self.source.keys(project=None):
            found[key.key] = "".join(sorted({*found.get(key.key, ""), *key.tags}))
        return found

    def projects(self) -> list[ProjectInfo]:
        """Return all projects, the most recently active first."""
        return self.source.projects()

    def changes(self, cursor: str = "") -> Changes:
        """Return what changed since `cursor`; empty: everything."""
        return self.source.changes(cursor)

    def info(self) -> StoreInfo:
        """Return the store in numbers."""
        return self.source.info()

    def close(self) -> None:
        """Release what the store holds open."""
        self.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Literal[False]:
        self.close()
        return False

    def __len__(self) -> int:
        return self.source.runs(RunQuery(limit=1, archived=True, keys=(), details=False)).total

    def __repr__(self) -> str:
        info = self.source.info()
        return f"<Store {info.root}: {info.runs} runs in {info.projects} projects>"

    def _repr_html_(self) -> str:
        from eventide.table.notebook import runs_html  # noqa: PLC0415 - only notebooks need it

        page = self.source.runs(RunQuery(limit=20))
        return runs_html(page.runs, page.total)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


def _renamed(frame: Any, names: dict[str, str], columns: list[str], backend: Backend) -> Any:
    renamed = frame.rename(names) if backend == "polars" else frame.rename(columns=names)
    return renamed[columns]
