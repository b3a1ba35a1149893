"""The plain data that all layers share.

Invariant: frozen, no behaviour beyond looking at itself, no imports beyond the standard library at run time. What a Source
answers is made of these, whether it reads a folder or a server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Attempts = Literal["last", "all"]
"""`last`: where a resumed run repeats steps, the newest try wins; `all`: every logged row."""
Goal = Literal["max", "min"]
TableName = Literal["events", "system"]
Aggregate = Literal["last", "best", "min", "max", "mean", "first", "std", "count"]


class RunStatus(StrEnum):
    """What became of a run."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    KILLED = "killed"
    CRASHED = "crashed"
    """Its process is gone, or its heartbeat stopped, without a word."""

    @property
    def is_final(self) -> bool:
        """Whether the run itself said how it ended."""
        return self in (RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED)


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """A logged value whose bytes are kept as an object; loading it is up to whoever asks."""

    sha256: str
    size_bytes: int
    format: str
    """`pickle`, `npy`, `text` or `bytes`."""
    type: str
    """Full name of the value's type, such as `torch.nn.modules.linear.Linear`."""
    repr: str
    """What the value looked like, in at most 200 characters."""


@dataclass(frozen=True, slots=True)
class MetricStats:
    """One metric of one run in numbers; non-finite values count only in `count` and `nonfinite`."""

    key: str
    count: int
    nonfinite: int
    first: float | None
    last: float | str | None
    """The value logged last, finite or not; text for keys that hold text only."""
    last_step: int
    min: float | None
    min_step: int | None
    max: float | None
    max_step: int | None
    mean: float | None
    std: float | None
    """Sample standard deviation; None below two points."""
    goal: Goal
    first_nonfinite_step: int | None = None

    @property
    def best(self) -> float | None:
        """The best finite value for the metric's goal."""
        return self.max if self.goal == "max" else self.min

    @property
    def best_step(self) -> int | None:
        """The first step at which `best` was logged."""
        return self.max_step if self.goal == "max" else self.min_step


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One run as a list shows it."""

    id: str
    project: str
    name: str
    status: RunStatus
    started: float
    """Seconds since the epoch, UTC."""
    ended: float | None
    """None while running."""
    updated: float
    """When the last record was written."""
    group: str = ""
    host: str = ""
    user: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""
    error: str = ""
    """Traceback of a failed run; its last line says why."""
    rows: int = 0
    attempts: int = 1
    world_size: int = 1
    archived: bool = False
    deleted: float | None = None
    """When the run went to the bin; None when it is not there."""
    params: dict[str, Any] = field(default_factory=dict)
    """Leaves of the config by dotted path."""
    config: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, MetricStats] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    """One value per metric (as `define_metric` says, the last one by default), and what the script set itself."""
    values: dict[str, Any] = field(default_factory=dict)
    """Values for the whole run, set with `run.set`."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """Where the run came from: git, command, Python, packages, host, as a tree; empty where nothing was captured."""

    @property
    def duration_s(self) -> float:
        """Seconds from start to end, or to the last record while running."""
        return max(0.0, (self.ended if self.ended is not None else self.updated) - self.started)


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs, in which order, with which details."""

    filter: str = ""
    """The grammar of docs/reference/filter.md; empty means all."""
    project: str | None = None
    sort: str = "-started"
    """Comma-separated fields of the grammar; a leading `-` sorts descending. Missing and NaN come last in both directions."""
    limit: int | None = 200
    offset: int = 0
    archived: bool = False
    """Whether archived runs are included."""
    deleted: bool = False
    """Whether runs in the bin are wanted; they come alone."""
    keys: tuple[str, ...] | None = None
    """Metrics to fill `RunInfo.metrics` with; None means all, () none."""
    details: bool = True
    """Whether config, params, summary and values are filled in."""
    projects: tuple[str, ...] | None = None
    """Only runs of these projects, beside what `project` says: what somebody may see at all."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of an answer to a RunQuery."""

    runs: tuple[RunInfo, ...]
    total: int
    """Runs that match, on all pages."""


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """One project as a list shows it."""

    name: str
    runs: int
    running: int
    updated: float


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """One logged key over all runs of a project."""

    project: str
    key: str
    tags: str
    """Types seen, as tags of docs/format.md: `f` float, `i` int, `l` large int, `s` text, `b` bool, `j` other, `n` only None."""
    runs: int
    finite: int = 0
    """How many of the runs logged a finite number."""
    rising: int = 0
    """How many of those judge themselves by the highest value; the others by the lowest."""

    @property
    def numeric(self) -> bool:
        """Whether numbers were logged."""
        return bool(set("fil") & set(self.tags))


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a field, with how many of the asked-for runs have it."""

    value: Any
    runs: int


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How curves are smoothed, over all of their points and before any bucketing."""

    kind: Literal["ema", "mean", "gaussian"]
    amount: float
    """`ema`: what remains of the past after one unit of x, 0 ≤ amount < 1; `mean`: width in units of x, > 0; `gaussian`: sigma, > 0."""


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """Which curves, over which range, how finely."""

    run_ids: tuple[str, ...]
    keys: tuple[str, ...]
    x: str = "step"
    """`step`, `time` (seconds since the run's start), `ts` (wall time) or a logged key."""
    start: float | None = None
    stop: float | None = None
    """Range of x, both ends included; None means open."""
    bins: int | None = None
    """None: every point. Else buckets on a grid shared by all curves of the answer."""
    attempts: Attempts = "last"
    table: TableName = "events"
    """`events`: what was logged; `system`: what was sampled of the machine, whose points count as steps 0, 1, 2, ... per writer."""
    smooth: Smoothing | None = None
    """Smooths `y`, and `mean` and `last` of buckets; `min` and `max` stay those of the logged points."""


@dataclass(frozen=True, slots=True)
class Series:
    """Every point of one metric of one run, in logging order; x is float64[n], step int64[n], ts and y float64[n] with NaN kept."""

    run_id: str
    key: str
    x: Floats
    step: Ints
    ts: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True, slots=True)
class Buckets:
    """One metric of one run in buckets on a shared grid.

    `edges` is float64[bins + 1]; the rest has one entry per bucket: `count` int64 points, `nonfinite` int64 of them NaN or infinite,
    and `min`, `max`, `mean`, `last` float64 over the finite ones, NaN where there are none. min(min) = the curve's minimum, always.
    """

    run_id: str
    key: str
    edges: Floats
    count: Ints
    nonfinite: Ints
    min: Floats
    max: Floats
    mean: Floats
    last: Floats


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """A piece of console text, as it was written."""

    run_id: str
    ts: float
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class FileQuery:
    """Which references to objects: results, media, artifacts, kept code."""

    run_ids: tuple[str, ...] | None = None
    """None means all runs outside the bin."""
    project: str | None = None
    kinds: tuple[str, ...] = ()
    """Empty means all: `result`, `snapshot`, `media`, `artifact`, `use`, `alias`, ... (docs/format.md)."""
    name: str | None = None
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class FileInfo:
    """One reference of a run to an object, or to something else that is kept outside the rows."""

    run_id: str
    project: str
    kind: str
    name: str
    step: int | None
    ts: float
    sha256: str
    """Empty where the record has no object."""
    size_bytes: int
    format: str
    record: dict[str, Any]
    """All that was recorded, the fields above included."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a cursor."""

    cursor: str
    """Opaque; hand it back to ask again."""
    run_ids: tuple[str, ...]
    """Runs with new rows or new facts."""
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SqlLimits:
    """Bounds on one user query."""

    timeout_s: float | None = None
    max_rows: int | None = None
    truncate: bool = False
    """Give the first `max_rows` rows of a longer answer instead of LimitExceeded."""
    cancelled: Callable[[], bool] | None = None
    """Asked some ten times a second; True stops the query with LimitExceeded. Does not travel to a server."""
    projects: tuple[str, ...] | None = None
    """The only projects whose runs the views show; None: all."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a run from outside; None leaves a field as it is."""

    name: str | None = None
    notes: str | None = None
    group: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    archived: bool | None = None
    deleted: bool | None = None
    """True puts the run into the bin, False takes it out."""
    files: tuple[dict[str, Any], ...] = ()
    """References to add, each with its `kind`: an alias of an artifact, the word that a version is deleted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something `verify` found."""

    path: str
    offset: int
    """Byte in the file where it begins."""
    what: str
    lost_bytes: int = 0
    repairable: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """What a purge, gc or retention run removed, or would remove."""

    runs: tuple[str, ...] = ()
    files: int = 0
    size_bytes: int = 0
    dry_run: bool = False
    unsent: int = 0
    """Runs that keep journals past their time, because a hub does not have them yet."""


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """A store in numbers."""

    root: str
    id: str
    format: int
    runs: int
    projects: int
    journal_bytes: int
    sealed_bytes: int
    object_bytes: int
