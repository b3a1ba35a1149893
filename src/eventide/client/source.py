"""A Source that asks a server.

Invariant: every method asks once and gives what the server's own source answers; nothing is kept but the connections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eventide.client import wire
from eventide.model import (
    Changes,
    ConsoleLine,
    Facet,
    FileInfo,
    KeyInfo,
    ProjectInfo,
    RunInfo,
    RunPage,
    StoreInfo,
)
from eventide.names import check_sha256
from eventide.transport import Http

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.model import (
        Attempts,
        Buckets,
        Edit,
        FileQuery,
        RunQuery,
        Series,
        SeriesQuery,
        SqlLimits,
        TableName,
    )


class RemoteSource:
    """The runs of a server, as a Source. Safe for threads."""

    def __init__(self, url: str, *, token: str | None = None, ca_file: str | None = None) -> None:
        """Prepare to ask the server at `url`; the first question connects.

        Args:
            url: address of `eventide serve`; the link it prints works too.
            token: what it asks for, if it does; default EVENTIDE_TOKEN.
            ca_file: certificates to trust instead of the system's.

        Raises:
            InvalidSetting: this is no address.
        """
        self.http = Http(url, token=token, ca_file=ca_file)

    @property
    def url(self) -> str:
        """Address of the server."""
        return self.http.url

    def __repr__(self) -> str:
        return f"RemoteSource({self.url!r})"

    def _ask(self, method: str, /, **arguments: Any) -> bytes:
        return self.http.request(
            "POST",
            f"/api/source/{method}",
            wire.dump_question(arguments),
            headers={"Content-Type": wire.JSON_TYPE},
        )

    def info(self) -> StoreInfo:
        """Return the store in numbers."""
        answer: StoreInfo = wire.load_answer(self._ask("info"), StoreInfo)
        return answer

    def projects(self) -> list[ProjectInfo]:
        """Return all projects, the most recently active first."""
        return wire.load_answers(self._ask("projects"), ProjectInfo)

    def runs(self, query: RunQuery) -> RunPage:
        """Return one page of runs; raises InvalidFilter."""
        answer: RunPage = wire.load_answer(self._ask("runs", query=query), RunPage)
        return answer

    def run(self, run_id: str) -> RunInfo:
        """Return one run with all its details; raises RunNotFound."""
        answer: RunInfo = wire.load_answer(self._ask("run", run_id=run_id), RunInfo)
        return answer

    def resolve(self, selector: str, *, project: str | None = None) -> list[str]:
        """Return the ids a selector means; raises RunNotFound or RunAmbiguous."""
        return list(wire.load_answer(self._ask("resolve", selector=selector, project=project)))

    def keys(
        self, *, project: str | None = None, run_ids: Sequence[str] | None = None, table: TableName = "events"
    ) -> list[KeyInfo]:
        """Return the logged keys, or with `table` "system" the sampled ones, sorted by name."""
        ids = None if run_ids is None else list(run_ids)
        return wire.load_answers(self._ask("keys", project=project, run_ids=ids, table=table), KeyInfo)

    def facets(self, field: str, query: RunQuery, *, limit: int = 50) -> list[Facet]:
        """Return the values of a field over the runs of a query, the most frequent first."""
        return wire.load_answers(self._ask("facets", field=field, query=query, limit=limit), Facet)

    def series(self, query: SeriesQuery) -> list[Series] | list[Buckets]:
        """Return the curves that exist of `run_ids` x `keys`, runs outermost; Buckets when `query.bins` is given."""
        return wire.load_curves(self._ask("series", query=query))

    def rows(
        self, run_ids: Sequence[str] | None = None, *, keys: Sequence[str] | None = None, attempts: Attempts = "last"
    ) -> pa.Table:
        """Return logged rows as `run_id, step, ts` and one column per key, in logging order per run."""
        ids = None if run_ids is None else list(run_ids)
        chosen = None if keys is None else list(keys)
        return wire.load_table(self._ask("rows", run_ids=ids, keys=chosen, attempts=attempts))

    def console(self, run_id: str, *, after: int = 0, limit: int | None = None) -> list[ConsoleLine]:
        """Return console text of a run, skipping the first `after` pieces; raises RunNotFound."""
        return wire.load_answers(self._ask("console", run_id=run_id, after=after, limit=limit), ConsoleLine)

    def console_count(self, run_id: str) -> int:
        """Return how many pieces of console text a run has; raises RunNotFound."""
        return int(wire.load_answer(self._ask("console_count", run_id=run_id)))

    def sql(self, query: str, params: Sequence[Any] = (), *, limits: SqlLimits | None = None) -> pa.Table:
        """Run one read-only SQL statement on the server; raises InvalidQuery or LimitExceeded."""
        asked = None if limits is None else replace(limits, cancelled=None)
        return wire.load_table(self._ask("sql", query=query, params=list(params), limits=asked))

    def changes(self, cursor: str = "") -> Changes:
        """Return what changed since `cursor`."""
        answer: Changes = wire.load_answer(self._ask("changes", cursor=cursor), Changes)
        return answer

    def files(self, query: FileQuery) -> list[FileInfo]:
        """Return references to objects in the order of time."""
        return wire.load_answers(self._ask("files", query=query), FileInfo)

    def object_size(self, sha256: str) -> int:
        """Return the size of an object in bytes; raises ObjectNotFound."""
        return int(wire.load_answer(self._ask("object_size", sha256=check_sha256(sha256))))

    def open_object(self, sha256: str, *, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes of an object, or those from `start` up to `stop`; raises ObjectNotFound."""
        return self._ask("open_object", sha256=check_sha256(sha256), start=start, stop=stop)

    def edit(self, run_ids: Sequence[str], edit: Edit) -> None:
        """Change names, notes, tags, or put runs into the bin or take them out; raises RunNotFound before any change."""
        self._ask("edit", run_ids=list(run_ids), edit=edit)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
