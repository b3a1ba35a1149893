"""Take one run's files into its journal: metrics as rows, logs as console text, everything as files, each only once.

Invariant: what a file's last record says has been taken in is in the journal before it; a file that changed otherwise than by growing is
taken in anew as a further attempt, so that the newest wins.
"""

from __future__ import annotations

import contextlib
import math
import os
import stat
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.errors import EventideError
from eventide.hydra.readers import Metrics, read_metrics

if TYPE_CHECKING:
    from eventide.hydra.rules import Rules
    from eventide.hydra.tree import RunFolder
    from eventide.journal.writer import JournalWriter
    from eventide.objects.base import Objects

MAX_LOG_BYTES = 32 * 1024 * 1024
"""Of a longer log only the beginning is taken in as console text; the file itself is kept."""
_CONSOLE_BYTES = 64 * 1024
_LINES = (".csv", ".tsv", ".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class FileState:
    """How far one file has been taken in; kept in the journal as `hydra` beside the file's record."""

    size: int
    mtime_ns: int
    rows: int = 0
    offset: int = 0
    """Bytes of a log."""
    prefix: str = ""
    keys: tuple[str, ...] = ()
    """What it logs, so that another file with the same keys gets its name in front."""
    settled: bool = False
    """Whether it was complete; else it is looked at again even if it does not change."""
    attempt: int = 1
    order: int = 0
    """Counts the records of one file."""

    @classmethod
    def of(cls, record: dict[str, Any]) -> FileState | None:
        """Return the state in a file's record; None when it is not ours."""
        content = record.get("hydra")
        if not isinstance(content, dict) or "name" not in record:
            return None
        known = {name: content[name] for name in cls.__slots__ if name in content}
        return cls(**{**known, "keys": tuple(known.get("keys", ()))})


class Change(NamedTuple):
    """A file that is to be taken in."""

    name: str
    state: FileState
    """As it will be when it is."""
    earlier: FileState | None
    metrics: Metrics | None


class Taking:
    """What there is to take in of one run.

    Args:
        run: the run on disk.
        rules: which files hold what.
        known: states by path from earlier imports.
        settled_before: files written before this (seconds since the epoch) are complete; others are looked at again.
        keep_all: keep the bytes of all files now, complete or not.
        attempt: what to begin with when nothing is known.
    """

    def __init__(
        self,
        run: RunFolder,
        rules: Rules,
        known: dict[str, FileState],
        *,
        settled_before: float = math.inf,
        keep_all: bool = True,
        attempt: int = 1,
    ) -> None:
        self._run = run
        self._rules = rules
        self._known = known
        self._settled_before = settled_before
        self._keep_all = keep_all
        self.attempt = max((state.attempt for state in known.values()), default=attempt)
        self.newest = 0.0
        """When the newest file was written."""

    def look(self, on_problem: Callable[[str, str], None]) -> list[Change]:
        """Return the files that have something new; reads the metrics of those that have."""
        output = self._run.output_subdir
        names = [*(f"{output}/{name}.yaml" for name in ("config", "hydra", "overrides")), *self._run.files]
        changed = [found for name in names if (found := self._status(name)) is not None]
        changes = [self._change(name, status, on_problem) for name, status in changed]
        if any(_is_rewritten(change) for change in changes):
            self.attempt += 1
            self._known = {}
            changes = [
                self._change(name, status, on_problem)
                for name in names
                if (status := _stat(f"{self._run.path}/{name}")) and not self._rules.is_ignored(name)
            ]
        return [self._numbered(change) for change in changes]

    def _status(self, name: str) -> tuple[str, os.stat_result] | None:
        """Return a file that is not as it was at the last import; links, pipes and ignored files are none."""
        if self._rules.is_ignored(name):
            return None
        status = _stat(f"{self._run.path}/{name}")
        if status is None:
            return None
        self.newest = max(self.newest, status.st_mtime)
        known = self._known.get(name)
        is_same = known is not None and (known.size, known.mtime_ns) == (status.st_size, status.st_mtime_ns)
        if known is not None and is_same and (known.settled or not self._is_settled(status)):
            return None
        return name, status

    def _is_settled(self, status: os.stat_result) -> bool:
        return status.st_mtime < self._settled_before

    def _is_torn(self, name: str) -> bool:
        """Tell whether a file of lines ends in the middle of one, which somebody may be about to finish."""
        if not (self._rules.is_log(name) or name.endswith(_LINES)):
            return False
        try:
            with open(f"{self._run.path}/{name}", "rb") as file:  # noqa: PTH123
                return file.seek(0, os.SEEK_END) > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
        except OSError:
            return False

    def _change(self, name: str, status: os.stat_result, on_problem: Callable[[str, str], None]) -> Change:
        earlier = self._known.get(name)
        settled = self._is_settled(status) or (self._keep_all and not self._is_torn(name))
        state = FileState(
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            rows=earlier.rows if earlier else 0,
            offset=earlier.offset if earlier else 0,
            prefix=earlier.prefix if earlier else "",
            keys=earlier.keys if earlier else (),
            settled=settled,
            attempt=self.attempt,
            order=earlier.order + 1 if earlier else 1,
        )
        rule = None if name.startswith(f"{self._run.output_subdir}/") else self._rules.of(name)
        if rule is None:
            return Change(name, state, earlier, None)
        try:
            metrics = read_metrics(f"{self._run.path}/{name}", name, rule, complete=settled)
        except (EventideError, OSError) as error:
            on_problem(name, getattr(error, "message", None) or str(error))
            return Change(name, state, earlier, None)
        keys = tuple(sorted({key for point in metrics.points for key in point.values} | metrics.summary.keys()))
        prefix = rule.prefix if rule.prefix is not None else state.prefix
        return Change(name, replace(state, rows=len(metrics.points), keys=keys, prefix=prefix), earlier, metrics)

    def _numbered(self, change: Change) -> Change:
        return change._replace(state=replace(change.state, attempt=self.attempt))

    def write(self, changes: list[Change], writer: JournalWriter, objects: Objects, clock: Any) -> dict[str, FileState]:
        """Write what is new; return the states of the files taken in. `clock.now` is set to the time of each record."""
        taken: dict[str, set[str]] = {
            name: {state.prefix + key for key in state.keys} for name, state in self._known.items()
        }
        states: dict[str, FileState] = {}
        started = clock.now
        for change in changes:
            state = self._with_prefix(change, taken)
            clock.now = max(started, change.state.mtime_ns / 1e9)
            if change.metrics is not None:
                _write_metrics(writer, change, state, clock)
            elif self._rules.is_log(change.name):
                state = replace(state, offset=self._write_log(change, writer))
            self._write_file(change.name, state, writer, objects)
            states[change.name] = state
        return states

    def _with_prefix(self, change: Change, taken: dict[str, set[str]]) -> FileState:
        """Put the file's name in front of its keys when another file has one of them already."""
        state = change.state
        others = {key for name, keys in taken.items() if name != change.name for key in keys}
        if change.earlier is None and not state.prefix and others & set(state.keys):
            path = change.name.rsplit("/", 1)
            stem = path[-1].rsplit(".", 1)[0] if "tfevents" not in path[-1] else ""
            state = replace(state, prefix="/".join(filter(None, [*path[:-1], stem])) + "/")
        taken[change.name] = {state.prefix + key for key in state.keys}
        return state

    def _write_log(self, change: Change, writer: JournalWriter) -> int:
        """Write what was added to a log as console text; return how far it has been taken in."""
        start = (
            change.earlier.offset if change.earlier is not None and change.earlier.offset <= change.state.size else 0
        )
        try:
            with open(f"{self._run.path}/{change.name}", "rb") as file:  # noqa: PTH123
                file.seek(start)
                data = file.read(max(0, MAX_LOG_BYTES - start))
        except OSError:
            return start
        if not change.state.settled:
            data = data[: data.rfind(b"\n") + 1]
        place = 0
        while place < len(data):
            end = data.rfind(b"\n", place, place + _CONSOLE_BYTES) + 1 or place + _CONSOLE_BYTES
            writer.console(data[place:end].decode("utf-8", "replace"))
            place = end
        return start + len(data)

    def _write_file(self, name: str, state: FileState, writer: JournalWriter, objects: Objects) -> None:
        record: dict[str, Any] = {"kind": "file", "name": name, "size_bytes": state.size}
        if (state.settled or self._keep_all) and state.size <= self._rules.max_bytes:
            with contextlib.suppress(OSError):  # gone, or not to be read; its name stays
                record["sha256"] = objects.put_file(f"{self._run.path}/{name}")
        writer.file({**record, "hydra": {**asdict(state), "keys": list(state.keys)}})


def _stat(path: str) -> os.stat_result | None:
    """Return the facts of a regular file; None for links, pipes, folders and what is gone."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _is_rewritten(change: Change) -> bool:
    """Tell whether a file that was taken in holds less now than it did."""
    return change.earlier is not None and change.metrics is not None and change.state.rows < change.earlier.rows


def _write_metrics(writer: JournalWriter, change: Change, state: FileState, clock: Any) -> None:
    """Append the rows that are new, and set the values of the whole run."""
    assert change.metrics is not None  # noqa: S101 - the caller asked
    begun = change.earlier.rows if change.earlier is not None and change.earlier.attempt == state.attempt else 0
    at = clock.now
    for point in change.metrics.points[begun:]:
        clock.now = at if point.ts is None else point.ts
        writer.append({state.prefix + key: value for key, value in point.values.items()}, point.step)
    clock.now = at
    for key, value in change.metrics.summary.items():
        writer.set(("summary", state.prefix + key), value)
