"""Objects that runs refer to: media, code, artifacts."""

from __future__ import annotations

from typing import Literal

from eventide.server.schema.base import Direction, Model, Num, Value
from eventide.server.schema.runs import Run


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
    reason: str | None = None
    """Why there are no hunks, or what else happened to the file, where that is known."""


class CodeDiff(Model):
    """What differs in the code of two runs, or since a commit; `files` are those of the first turned into those of the second."""

    files: list[CodeChange]
    truncated: bool = False
    """Whether more was changed than was kept."""


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
    views: list[Literal["config", "metrics", "curves", "code", "environment", "console"]]
    """What there is to show of them."""


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
