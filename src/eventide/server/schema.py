"""What goes over the wire, as models: the truth from which the OpenAPI file and the page's types are made.

Invariant: every JSON answer fits its model (a test asks every route and checks). Numbers that are not finite are the words "NaN",
"Infinity" and "-Infinity"; times are seconds since the epoch, UTC; ids are whole.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Num = float | Literal["NaN", "Infinity", "-Infinity"]
Direction = Literal["max", "min"]
Status = Literal["running", "finished", "failed", "killed", "crashed"]
Table = Literal["events", "system"]
Value = Any
"""Whatever was logged, as JSON."""

MAX_RUNS = 5_000
"""Most runs one question may name."""
MAX_KEYS = 1_000
MAX_TEXT = 65_536
MAX_WIDTH = 8_192


class Model(BaseModel):
    """What all answers share: nothing."""


class Body(BaseModel):
    """What all questions share: a name that is not known is a mistake, not something to pass over."""

    model_config = ConfigDict(extra="forbid")


# ── the store ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Goal(Model):
    """The metric that ranks the runs of a project."""

    key: str
    direction: Direction


class StoreNumbers(Model):
    """A store in numbers."""

    id: str
    root: str
    """Its folder; the last part alone for who is not on this machine."""
    format: int
    runs: int
    projects: int
    journal_bytes: int
    sealed_bytes: int
    object_bytes: int


class Info(Model):
    """The server and its store."""

    version: str
    store: StoreNumbers
    read_only: bool
    hub: bool
    user: str | None = None
    rights: list[Literal["read", "write", "admin"]] | None = None


class Best(Model):
    """The best run of a project by its goal."""

    run_id: str
    name: str
    value: Num


class Project(Model):
    """One project."""

    name: str
    runs: int
    running: int
    failed: int
    updated: float
    goal: Goal | None
    best: Best | None
    spark: list[float | None]
    """The goal's curve of the best run in at most 40 points."""


class Projects(Model):
    """All projects, the most recently active first."""

    projects: list[Project]


class View(Model):
    """A saved address of the page."""

    name: str = Field(max_length=200)
    url: str = Field(max_length=8_192)


class ProjectSettings(Body):
    """How a project is shown; kept beside the index, so it can be thrown away."""

    goal: Goal | None = None
    pinned: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    hidden: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    order: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    columns: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    views: list[View] = Field(default_factory=list, max_length=200)


class Demo(Model):
    """Sample runs that were made."""

    project: str
    runs: int


# ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Metric(Model):
    """One metric of one run in numbers; `best` is by its `goal`."""

    count: int
    nonfinite: int
    first: Num | None
    last: Num | str | None
    last_step: int
    min: Num | None
    min_step: int | None
    max: Num | None
    max_step: int | None
    mean: Num | None
    std: Num | None
    best: Num | None
    best_step: int | None
    goal: Direction
    first_nonfinite_step: int | None


class Run(Model):
    """One run as a list shows it."""

    id: str
    project: str
    name: str
    status: Status
    started: float
    ended: float | None
    updated: float
    duration_s: float
    group: str
    host: str
    user: str
    tags: list[str]
    notes: str
    reason: str
    """Last line of the traceback of a failed run."""
    rows: int
    attempts: int
    world_size: int
    archived: bool
    deleted: float | None
    params: dict[str, Value]
    metrics: dict[str, Metric]
    summary: dict[str, Value]
    values: dict[str, Value]


class RunDetails(Run):
    """Everything about one run but its points."""

    config: dict[str, Value]
    provenance: dict[str, Value]
    error: str
    files: dict[str, int]
    """References to objects, counted by kind."""
    keys: list[str]
    system_keys: list[str]
    has_console: bool
    previous: str | None
    """The run of the same project that started before."""


class RunsAnswer(Model):
    """One page of runs."""

    runs: list[Run]
    total: int
    cursor: str
    """Where to go on with /api/changes."""


class Resolved(Model):
    """The runs a selector means."""

    ids: list[str]


class RunEdit(Body):
    """A change to some runs; what is left out or null stays as it is."""

    run_ids: list[str] = Field(min_length=1, max_length=MAX_RUNS)
    name: str | None = Field(default=None, max_length=1_000)
    notes: str | None = Field(default=None, max_length=MAX_TEXT)
    group: str | None = Field(default=None, max_length=1_000)
    add_tags: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    remove_tags: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    archived: bool | None = None
    deleted: bool | None = None
    """True puts runs into the bin, false takes them out."""


class Edited(Model):
    """Runs as they are after a change."""

    runs: list[Run]


class Purge(Body):
    """Runs to remove for ever; all of them have to lie in the bin."""

    run_ids: list[str] = Field(min_length=1, max_length=MAX_RUNS)
    confirm: Literal["purge"]


class Purged(Model):
    """What was removed."""

    runs: list[str]
    files: int
    size_bytes: int


# ── columns, facets, groups ─────────────────────────────────────────────────────────────────────────────────────────────


class ParamColumn(Model):
    """One parameter over the runs of a question; `value` is there when all runs have the same."""

    path: str
    distinct: int
    varying: bool
    numeric: bool
    value: Value = None


class MetricColumn(Model):
    """One metric over the runs of a question."""

    key: str
    runs: int
    numeric: bool


class TagCount(Model):
    """One tag and how many runs have it."""

    tag: str
    runs: int


class Columns(Model):
    """What a table of runs could show."""

    goal: Goal | None
    params: list[ParamColumn]
    metrics: list[MetricColumn]
    system: list[str]
    tags: list[TagCount]
    seeds: list[str]
    """Parameters that are random seeds by their name."""
    total: int


class FacetValue(Model):
    """One value of a field and how many runs have it."""

    value: Value
    runs: int


class Histogram(Model):
    """How many values lie between edges; one edge more than counts."""

    edges: list[float]
    counts: list[int]


class Facet(Model):
    """The values of a field over the runs of a question, the most frequent first."""

    field: str
    values: list[FacetValue]
    histogram: Histogram | None = None


class Completion(Model):
    """One thing that could stand at the cursor."""

    text: str
    kind: str
    detail: str | None = None
    runs: int | None = None


class CompletionAnswer(Model):
    """What could stand in the place of text[start:end]."""

    start: int
    end: int
    items: list[Completion]


class Parsed(Model):
    """A filter that parses, in its plain form."""

    ok: Literal[True]
    canonical: str


class GroupStats(Model):
    """One metric over the runs of a group, non-finite and missing values left out of `n`."""

    n: int
    mean: Num | None
    std: Num | None
    """Of the sample; null below two runs."""
    sem: Num | None
    median: Num | None
    q1: Num | None
    q3: Num | None
    min: Num | None
    max: Num | None


class Group(Model):
    """Runs that agree in what they are grouped by."""

    key: dict[str, Value]
    label: str
    n: int
    failed: int
    run_ids: list[str]
    metrics: dict[str, GroupStats]


class GroupsAnswer(Model):
    """All groups, the best by the first metric first; every run of the question is in one of them."""

    by: list[str]
    metrics: list[str]
    groups: list[Group]
    total: int


class ImportanceItem(Model):
    """One parameter and Spearman's rank correlation of its values with the metric, over `n` runs."""

    path: str
    correlation: float
    n: int


class Importance(Model):
    """Which parameters go with a metric, the strongest first; a correlation is no cause."""

    metric: str
    n: int
    items: list[ImportanceItem]


# ── curves and rows ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Smooth(Body):
    """How curves are smoothed, over all of their points: `amount` is 0 to below 1 for ema, else a width in units of x."""

    kind: Literal["ema", "mean", "gaussian"]
    amount: float = Field(ge=0, allow_inf_nan=False)


class Band(Body):
    """Draw a curve and a band per group of runs instead of one curve per run; `by` is as in /api/groups."""

    by: list[str] = Field(max_length=MAX_KEYS)
    stat: Literal["mean_std", "mean_sem", "median_iqr", "min_max"] = "mean_std"


class SeriesRequest(Body):
    """Which curves, over which range, for how many pixels."""

    run_ids: list[str] | None = Field(default=None, max_length=MAX_RUNS)
    q: str | None = Field(default=None, max_length=MAX_TEXT)
    project: str | None = Field(default=None, max_length=1_000)
    sort: str | None = Field(default=None, max_length=MAX_TEXT)
    limit: int | None = Field(default=None, ge=1, le=MAX_RUNS)
    archived: bool = False
    keys: list[str] = Field(min_length=1, max_length=MAX_KEYS)
    table: Table = "events"
    x: str = Field(default="step", min_length=1, max_length=MAX_TEXT)
    start: float | None = Field(default=None, allow_inf_nan=False)
    stop: float | None = Field(default=None, allow_inf_nan=False)
    width: int = Field(default=800, ge=1, le=MAX_WIDTH)
    smooth: Smooth | None = None
    group: Band | None = None
    exact: bool | None = None
    """True and false decide what is otherwise decided by the number of points: at most two per pixel are sent as they are."""
    robust: bool = True


class RowsRequest(Body):
    """Which logged rows."""

    run_ids: list[str] = Field(min_length=1, max_length=MAX_RUNS)
    keys: list[str] | None = Field(default=None, max_length=MAX_KEYS)
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=200, ge=1, le=10_000)
    attempts: Literal["last", "all"] = "last"


class RowsAnswer(Model):
    """A stretch of rows; every row has one value per column."""

    columns: list[str]
    rows: list[list[Value]]
    offset: int
    total: int


class ConsoleText(Model):
    """A piece of console text; `n` counts from 0."""

    n: int
    ts: float
    stream: str
    text: str


class ConsoleAnswer(Model):
    """A stretch of console text; `next` is what to ask for as `after`."""

    lines: list[ConsoleText]
    total: int
    next: int


# ── files, code, artifacts, media ───────────────────────────────────────────────────────────────────────────────────────


class FileItem(Model):
    """One reference of a run to an object."""

    run_id: str
    project: str
    kind: str
    name: str
    step: int | None
    ts: float
    sha256: str
    """Empty where there is no object."""
    size_bytes: int
    format: str
    record: dict[str, Value]


class Files(Model):
    """References to objects in the order of time."""

    files: list[FileItem]


class CodeFile(Model):
    """One file of kept code."""

    path: str
    sha256: str
    size_bytes: int


class CodeLeftOut(Model):
    """One file that was not kept."""

    path: str
    reason: str


class Code(Model):
    """The code that was kept with a run."""

    root: str
    files: list[CodeFile]
    left_out: list[CodeLeftOut]


class CodeChange(Model):
    """One file that differs; `hunks` is a unified diff, null where a side is no text or too long."""

    path: str
    status: Literal["added", "removed", "changed"]
    old: str | None
    new: str | None
    hunks: str | None = None


class CodeDiff(Model):
    """What differs in the code of two runs; `files` are those of the first turned into those of the second."""

    files: list[CodeChange]


class CompareLine(Model):
    """One value in all compared runs, null where one has none."""

    path: str
    values: list[Value]
    same: bool


class CompareMetric(Model):
    """One metric in all compared runs."""

    key: str
    goal: Direction
    last: list[Num | str | None]
    best: list[Num | None]


class Comparison(Model):
    """Runs side by side."""

    runs: list[Run]
    config: list[CompareLine]
    metrics: list[CompareMetric]
    environment: list[CompareLine]


class ArtifactVersion(Model):
    """One version of an artifact."""

    version: int
    digest: str
    size_bytes: int
    new_bytes: int
    files: int
    aliases: list[str]
    created: float
    run_id: str
    deleted: bool


class Artifact(Model):
    """One artifact with its versions, the newest first."""

    project: str
    name: str
    type: str
    versions: list[ArtifactVersion]


class Artifacts(Model):
    """Artifacts by name."""

    artifacts: list[Artifact]


class ManifestFile(Model):
    """One file of an artifact: an object, or a reference to elsewhere."""

    path: str
    sha256: str | None = None
    size_bytes: int | None = None
    reference: str | None = None


class LineageNode(Model):
    """A run or a version of an artifact; `id` is `run:<id>` or `artifact:<project>/<name>:v<n>`."""

    id: str
    kind: Literal["run", "artifact"]
    label: str
    project: str


class LineageEdge(Model):
    """From what was used to who used it, and from who produced to what was produced."""

    source: str
    target: str


class Lineage(Model):
    """Where something came from and what became of it."""

    nodes: list[LineageNode]
    edges: list[LineageEdge]


class ArtifactDetails(ArtifactVersion):
    """One version of an artifact with its files and its kin."""

    project: str
    name: str
    type: str
    description: str
    metadata: dict[str, Value]
    manifest: list[ManifestFile]
    producer: str | None
    consumers: list[str]
    lineage: Lineage


class MediaKey(Model):
    """One key under which media were logged."""

    key: str
    type: str
    steps: list[int]
    runs: int


class Media(Model):
    """Media of the runs of a question; `items` are those of the asked-for key and the step nearest below."""

    keys: list[MediaKey]
    items: list[FileItem]


# ── SQL ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class SqlRequest(Body):
    """One read-only statement; `id` names it, so that it can be cancelled while it runs."""

    query: str = Field(min_length=1, max_length=1_000_000)
    params: list[Any] = Field(default_factory=list, max_length=1_000)
    timeout_s: float = Field(default=30.0, gt=0, le=600)
    max_rows: int = Field(default=10_000, ge=1, le=1_000_000)
    id: str | None = Field(default=None, min_length=1, max_length=64)


class SqlColumn(Model):
    """One column of an answer or a view."""

    name: str
    type: str


class SqlAnswer(Model):
    """Rows of a statement; `truncated` when there were more than `max_rows`."""

    columns: list[SqlColumn]
    rows: list[list[Value]]
    truncated: bool
    elapsed_s: float
    id: str


class SqlCancelled(Model):
    """Whether a statement of that id was running."""

    cancelled: bool


class SqlView(Model):
    """One view that can be queried."""

    name: str
    columns: list[SqlColumn]


class SqlSchema(Model):
    """All views."""

    views: list[SqlView]


# ── one file ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class OneFileRequest(Body):
    """A question of a view; `key` is what the viewer looks its answer up by."""

    key: str = Field(max_length=200_000)
    method: Literal["GET", "POST"] = "GET"
    path: str = Field(max_length=32_768)
    body: dict[str, Any] | None = None


class OneFile(Body):
    """A view and the questions it asked."""

    view: str = Field(max_length=8_192, pattern="^/")
    requests: list[OneFileRequest] = Field(default_factory=list, max_length=2_000)


# ── changes, errors, health ─────────────────────────────────────────────────────────────────────────────────────────────


class Change(Model):
    """A run that changed."""

    id: str
    project: str
    status: Status
    rows: int
    updated: float


class Changes(Model):
    """What changed since a cursor; the WebSocket sends the same, at most four a second."""

    type: Literal["hello", "changes", "ping"] = "changes"
    cursor: str = ""
    runs: list[Change] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    total: int = 0


class NearRun(Model):
    """A run whose name or id is like the one that was asked for."""

    id: str
    name: str


class Problem(Model):
    """What went wrong (application/problem+json, RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    """Name of the error class, such as `RunNotFound`."""
    hint: str
    position: int | None = None
    """Where a filter cannot be read."""
    expected: str | None = None
    nearest: list[NearRun] | None = None
    candidates: list[str] | None = None


class Health(Model):
    """The server answers."""

    status: Literal["ok"]
