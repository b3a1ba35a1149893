"""Turn Hydra runs into runs of a store: config, tags, sweep as group, log text, metrics, files as artifacts.

A run's id is made from what identifies it on disk, so importing again finds it; what has been taken in of each file is written into the
run's own journal beside it, so any later import, on any machine, goes on from there.
Invariant: the tree is only read; no row, line of the log or file is taken in twice; nothing outside a run's folder is followed or copied.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from eventide.errors import EventideError, InvalidValue
from eventide.hydra import inspection
from eventide.hydra.details import Details, read_details
from eventide.hydra.labels import MARKER, label
from eventide.hydra.taking import FileState, Taking
from eventide.hydra.tree import Memory, RunFolder, find_runs, read_mapping
from eventide.journal.records import ROLE_RUN
from eventide.journal.writer import Identity, JournalWriter
from eventide.model import RunQuery
from eventide.names import check_label
from eventide.objects.local import LocalObjects

if TYPE_CHECKING:
    from eventide.clock import Clock
    from eventide.hydra.rules import Rules
    from eventide.layout import Layout
    from eventide.source import Source

SETTLED_S = 3.0
"""A file older than this is complete, unless the tree is followed."""
FOLLOWED_SETTLED_S = 30.0
"""While runs are followed, logs and metrics are read as they grow, and files kept once they have been quiet for so long."""


@dataclass(slots=True)
class Report:
    """What one pass over a tree did."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    """Runs that cannot be read, were tracked by the callback, or lie in the bin."""
    rows: int = 0
    files: int = 0
    run_ids: list[str] = field(default_factory=list)
    """Runs that were new or updated."""


class Plan(NamedTuple):
    """One run as it is to be in the store."""

    run: RunFolder
    run_id: str
    config: dict[str, Any]
    details: Details
    started: float
    """Seconds since the epoch."""


class Importer:
    """Takes a tree into a store, as often as it is told to.

    Args:
        base: the folder with the runs.
        source: the store to look into for what is there already.
        layout: the same store, to write to.
        rules: which files hold what.
        project: of the runs.
        clock: where now comes from.
        on_problem: called with a path and a reason for what is skipped, once for each.
        follow: whether runs are still being written.
    """

    def __init__(
        self,
        base: str,
        source: Source,
        layout: Layout,
        rules: Rules,
        *,
        project: str,
        clock: Clock,
        on_problem: Callable[[str, str], None],
        follow: bool = False,
    ) -> None:
        self._follow = follow
        self._base = base
        self._source = source
        self._layout = layout
        self._rules = rules
        self._project = check_label(project, "project")
        self._clock = clock
        self._memory = Memory()
        self._told: set[tuple[str, str]] = set()
        self._on_problem = on_problem
        self._known: dict[str, dict[str, FileState]] = {}
        self._cursor = ""
        self._plans: dict[str, tuple[Any, Plan]] = {}
        self._binned: set[str] = set()
        self._broken: dict[str, int] = {}

    def run_once(self, advance: Callable[[int], object] = lambda _total: None) -> Report:
        """Take in what is new; `advance` is called with the number of runs once for each. Raises OSError when `base` cannot be listed."""
        report = Report()
        with only_one(self._layout.root):
            self._look_into_store()
            runs = find_runs(self._base, self._memory, self._tell)
            for run in runs:
                self._take(run, report)
                advance(len(runs))
        return report

    def _look_into_store(self) -> None:
        """Learn what is there already, unless nothing changed since the last pass."""
        changes = self._source.changes(self._cursor)
        if self._cursor and not changes.run_ids and not changes.removed:
            return
        self._cursor = changes.cursor
        self._known = known_files(self._source)
        query = RunQuery(archived=True, limit=None, keys=(), details=False)
        self._binned = {run.id for run in self._source.runs(replace(query, deleted=True)).runs}
        unfinished = self._source.runs(replace(query, filter="state:crashed or state:running")).runs
        self._broken = {run.id: run.attempts for run in unfinished}

    def _tell(self, path: str, reason: str) -> None:
        if (path, reason) not in self._told:
            self._told.add((path, reason))
            self._on_problem(path, reason)

    def _take(self, run: RunFolder, report: Report) -> None:
        if os.path.isfile(f"{run.path}/{run.output_subdir}/{MARKER}"):  # noqa: PTH113 - once per run and pass
            report.skipped += 1
            return
        try:
            plan = self._plan(run)
        except OSError as error:
            self._tell(run.path, f"`{run.output_subdir}/config.yaml` cannot be read: {error.strerror or error}")
            report.skipped += 1
            return
        except InvalidValue as error:
            self._tell(run.path, f"`{run.output_subdir}/config.yaml`: {error.message}")
            report.skipped += 1
            return
        if plan.run_id in self._binned:
            report.skipped += 1
            return
        try:
            self._write(plan, report)
        except EventideError as error:
            self._tell(run.path, error.message)
            report.skipped += 1

    def _plan(self, run: RunFolder) -> Plan:
        """Return the plan of a run, made anew only when its config changed."""
        status = os.stat(run.config_path)  # noqa: PTH116 - once per run and pass
        stamp = (status.st_mtime_ns, status.st_size, run.date, run.number)
        known = self._plans.get(run.path)
        if known is None or known[0] != stamp:
            known = self._plans[run.path] = (stamp, make_plan(run))
        return known[1]._replace(run=run)

    def _taking(self, run_id: str, run: RunFolder, known: dict[str, FileState]) -> Taking:
        """Return what takes a run in; one whose import was cut off is taken in anew, as a further attempt."""
        settled_s = FOLLOWED_SETTLED_S if self._follow else SETTLED_S
        return Taking(
            run,
            self._rules,
            known,
            settled_before=self._clock.time() - settled_s,
            keep_all=not self._follow,
            attempt=self._broken.get(run_id, 0) + 1,
        )

    def _write(self, plan: Plan, report: Report) -> None:
        known = {} if plan.run_id in self._broken else self._known.get(plan.run_id, {})
        taking = self._taking(plan.run_id, plan.run, known)
        changes = taking.look(lambda name, reason: self._tell(f"{plan.run.path}/{name}", reason))
        if known and not changes:
            report.unchanged += 1
            return
        clock = _Times(plan.started)
        identity = Identity(plan.run_id, self._project, ROLE_RUN, attempt=taking.attempt)
        writer = JournalWriter(self._layout, identity, clock=clock)
        if not known:
            _describe(writer, plan)
        states = taking.write(changes, writer, LocalObjects(self._layout), clock)
        status, error = inspection.ending(plan.run, self._rules.is_log)
        clock.now = max(clock.now, min(taking.newest, self._clock.time()), plan.started)
        writer.close({"status": status, **({"error": error} if error else {})})
        self._known[plan.run_id] = {**known, **states}
        self._broken.pop(plan.run_id, None)
        report.new += not known
        report.updated += bool(known)
        report.rows += writer.rows
        report.files += len(states)
        report.run_ids.append(plan.run_id)


@contextlib.contextmanager
def only_one(root: str | os.PathLike[str]) -> Iterator[None]:
    """Wait until no other process imports into the store; where folders cannot be locked, go on at once."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        yield
        return
    folder = os.open(root, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


class _Times:
    """A clock that stands where it was put."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        """Return the time that was set."""
        return self.now

    def monotonic(self) -> float:
        """Return the time that was set."""
        return self.now


def known_files(source: Source) -> dict[str, dict[str, FileState]]:
    """Return what earlier imports have taken in: run id → path inside the run → state."""
    found: dict[str, dict[str, FileState]] = {}
    table = source.sql("SELECT run_id, record FROM db.artifacts WHERE record LIKE '%\"hydra\":%' ORDER BY ts")
    for run_id, text in zip(table.column("run_id").to_pylist(), table.column("record").to_pylist(), strict=True):
        record = orjson.loads(text)
        state = FileState.of(record)
        if state is not None:
            earlier = found.setdefault(run_id, {}).get(record["name"])
            if earlier is None or state.order > earlier.order:
                found[run_id][record["name"]] = state
    return found


def make_plan(run: RunFolder) -> Plan:
    """Return what a run is to be in a store; raises OSError, and InvalidValue when its config is none."""
    config = read_mapping(run.config_path)
    details = read_details(run)
    started = _started(run)
    digest = hashlib.sha256()
    for part in (details.output_dir or os.path.realpath(run.path), repr(config), "\n".join(details.overrides)):
        digest.update(part.encode("utf-8", "replace") + b"\0")
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(started))
    return Plan(run, f"{stamp}-hydra-{run.number}-{digest.hexdigest()[:12]}", config, details, started)


def _started(run: RunFolder) -> float:
    """Return when a job began: when its config was written if that is near its experiment's time, else the experiment's time."""
    try:
        begun = time.mktime(time.strptime(run.date, "%Y-%m-%d %H-%M-%S"))
    except (ValueError, OverflowError):
        begun = 0.0
    written = os.stat(run.config_path).st_mtime  # noqa: PTH116
    month_s = 30 * 86_400
    return written if run.mode == "multirun" and begun <= written < begun + month_s else begun


def _describe(writer: JournalWriter, plan: Plan) -> None:
    """Record what is known of a run before its metrics."""
    run, details = plan.run, plan.details
    job = details.job_name or "hydra"
    name = details.override_dirname or ",".join(details.overrides) or f"{job} {run.date}"
    writer.set(("name",), label(name, plan.run_id))
    if run.sweep:
        writer.set(("group",), label(f"{job} {run.date}", "sweep"))
    for tag in dict.fromkeys(("hydra", label(job, "job"))):
        writer.set(("tags", tag), value=True)
    writer.set(("config",), _text_keys(plan.config))
    facts: dict[str, Any] = {
        "path": os.path.abspath(run.path),  # noqa: PTH100
        "experiment": run.date,
        "number": run.number,
        "mode": run.mode,
        **details.facts(),
        "choices": details.choices,
    }
    writer.set(("provenance", "hydra"), facts)


def _text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _text_keys(item) for key, item in value.items()}
    return [_text_keys(item) for item in value] if isinstance(value, list) else value
