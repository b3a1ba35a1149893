"""Turn what people type or hold (ids, prefixes, names, filters, frames) into run ids.

Invariant: an id handed out exists in the source, each at most once, in the order asked for. Runs in the bin are found only by
`in_bin`, which looks nowhere else.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eventide.errors import InvalidSetting, RunAmbiguous, RunNotFound
from eventide.model import RunQuery

if TYPE_CHECKING:
    from eventide.model import RunInfo
    from eventide.source import Source

FEW = 12
"""Up to so many runs are asked for one by one."""
_ID_SAFE = re.compile(r"[\w.-]+")


def all_runs(source: Source, query: RunQuery) -> tuple[RunInfo, ...]:
    """Return every run of a query, its limit aside."""
    return source.runs(replace(query, limit=None)).runs


def infos(
    source: Source, run_ids: Sequence[str], *, keys: tuple[str, ...] | None = None, details: bool = True
) -> list[RunInfo]:
    """Return runs by their ids, in that order; those that are not there are left out.

    `keys` and `details` are as in RunQuery.
    """
    found: dict[str, RunInfo] = {}
    if len(run_ids) > FEW:
        listed = ", ".join(f'"{run_id}"' for run_id in run_ids if _ID_SAFE.fullmatch(run_id))
        query = RunQuery(f"id in ({listed})", limit=None, archived=True, keys=keys, details=details)
        found = {run.id: run for run in source.runs(query).runs} if listed else {}
    for run_id in run_ids:
        if run_id not in found:  # few, or in the bin
            with suppress(RunNotFound):
                found[run_id] = source.run(run_id)
    return [found[run_id] for run_id in dict.fromkeys(run_ids) if run_id in found]


def ids_of(source: Source, runs: Any, *, project: str | None = None) -> tuple[str, ...]:
    """Return the run ids meant by `runs`.

    Args:
        source: where the runs are.
        runs: a filter (text), a run or its id, an iterable of these, or a frame with `run_id` as index or column.
        project: where a filter looks.
    """
    if isinstance(runs, str):
        found = all_runs(source, RunQuery(filter=runs, project=project, keys=(), details=False))
        return tuple(run.id for run in found)
    return tuple(dict.fromkeys(_listed(source, runs)))


def _listed(source: Source, runs: Any) -> Iterator[str]:
    if hasattr(runs, "columns"):
        index = getattr(runs, "index", None)
        named = getattr(index, "name", None) == "run_id"
        yield from (str(run_id) for run_id in (index if named and index is not None else runs["run_id"]))
    elif hasattr(runs, "id"):
        yield str(runs.id)
    elif isinstance(runs, Iterable):
        for run in runs:
            yield from source.resolve(run) if isinstance(run, str) else (str(run.id),)
    else:
        raise InvalidSetting(
            f"`{runs!r:.60}` names no runs", hint="give a filter, a run, a list of ids or a frame of runs"
        )


def in_bin(source: Source, selector: str, *, project: str | None = None) -> list[str]:
    """Return the ids of runs in the bin that a selector means: an id, a unique prefix or a name.

    Raises:
        RunNotFound: the bin holds no such run.
        RunAmbiguous: a prefix or a name fits several.
    """
    binned = all_runs(source, RunQuery(project=project, deleted=True, archived=True, keys=(), details=False))
    exact = [run.id for run in binned if run.id == selector]
    if exact:
        return exact
    found = [run.id for run in binned if run.name == selector] or [
        run.id for run in binned if run.id.startswith(selector)
    ]
    if len(found) == 1:
        return found
    if found:
        raise RunAmbiguous(
            f"`{selector}` fits {len(found)} runs in the bin",
            hint=f"use one of {', '.join(found[:4])}",
            candidates=tuple(found),
        )
    near = difflib.get_close_matches(selector, [name for run in binned for name in (run.id, run.name)], n=1, cutoff=0.4)
    hint = f"did you mean `{near[0]}`?" if near else ("the bin is empty" if not binned else "eventide runs --bin")
    raise RunNotFound(f"no run in the bin answers to `{selector}`", hint=hint)
