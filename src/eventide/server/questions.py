"""Parameters that several routes share, and what they become.

Invariant: a question that is too large is refused here, before anything is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query

from eventide.errors import InvalidSetting, RunAmbiguous, RunNotFound
from eventide.model import RunQuery
from eventide.server.plain import dumps
from eventide.server.schema import MAX_RUNS, MAX_TEXT
from eventide.table.selection import all_runs, infos

if TYPE_CHECKING:
    from collections.abc import Callable

    from eventide.model import RunInfo
    from eventide.server.served import Asked
    from eventide.source import Source

Project = Annotated[str | None, Query(max_length=1_000, description="Only this project.")]
Filter = Annotated[str, Query(max_length=MAX_TEXT, description="A filter in the grammar of docs/reference/filter.md.")]
Sort = Annotated[str, Query(max_length=MAX_TEXT, description="Fields, `-` in front for descending.")]
Keys = Annotated[str | None, Query(max_length=MAX_TEXT, description="Metrics, separated by commas.")]
RunId = Annotated[str, Path(max_length=1_000, description="A run's id, or a unique prefix of one.")]
Limit = Annotated[int, Query(ge=0, le=MAX_RUNS)]
Offset = Annotated[int, Query(ge=0, le=2**53)]


def listed(text: str | None) -> tuple[str, ...]:
    r"""Return the parts of a comma-separated list; a comma in a part is written `\\,`."""
    if not text:
        return ()
    parts = text.replace("\\,", "\0").split(",")
    return tuple(dict.fromkeys(part.replace("\0", ",") for part in parts if part))


def one_run(source: Source, selector: str) -> str:
    """Return the id that an id or a unique prefix means; runs in the bin answer to their whole id alone.

    Raises:
        RunNotFound: nothing answers; its `nearest` names runs that are like it.
        RunAmbiguous: several do.
    """
    try:
        found = source.resolve(selector)
    except RunNotFound as error:
        raise with_nearest(source, error, selector) from None
    if len(found) > 1:
        raise RunAmbiguous(f"`{selector:.80}` may mean {len(found)} runs", candidates=tuple(found))
    return found[0]


def with_nearest(source: Source, error: RunNotFound, selector: str, project: str | None = None) -> RunNotFound:
    """Return the error with the runs whose names are like what was asked for."""
    import difflib  # noqa: PLC0415 - only on the way to an error

    page = source.runs(RunQuery(project=project, limit=1_000, archived=True, keys=(), details=False))
    names = {name: run for run in page.runs for name in (run.id, run.name)}
    close = difflib.get_close_matches(selector[:128], names, n=5, cutoff=0.4)
    near = {names[name].id: names[name].name for name in close}
    error.nearest = [{"id": run_id, "name": name} for run_id, name in near.items()]  # type: ignore[attr-defined]
    return error


def many_runs(source: Source, project: str | None, q: str, run_ids: str | None = None, **how: Any) -> list[RunInfo]:
    """Return the runs that are named (`run_ids`, with commas) or that a filter matches; `how` goes into the RunQuery."""
    if run_ids is not None:
        wanted = listed(run_ids)
        if len(wanted) > MAX_RUNS:
            raise InvalidSetting(f"{len(wanted)} runs are too many; at most {MAX_RUNS}")
        return infos(source, wanted, keys=how.get("keys"), details=how.get("details", True))
    return list(all_runs(source, RunQuery(q, project, **how)))


def kept(asked: Asked, name: str, question: tuple[Any, ...], make: Callable[[], Any]) -> bytes:
    """Return the JSON of an answer, from memory when nothing has changed since it was made."""
    cursor = asked.served.watcher.sync()
    key = f"{name} {cursor} {sorted(asked.access.projects) if asked.access.projects is not None else ''} {question!r}"
    return asked.served.answers.once(key, lambda: dumps(make()))
