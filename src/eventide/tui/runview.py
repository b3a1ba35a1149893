"""What the screen of one run shows, as lines and cells.

Invariant: pure functions of what a Source answered; all text is safe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.errors import EventideError, ObjectNotFound
from eventide.model import FileInfo, FileQuery, RunInfo, SeriesQuery
from eventide.table import artifacts, code, environment, values
from eventide.tui.grid import Cell, Column
from eventide.tui.listing import STATES, when
from eventide.tui.safe import fit, safe, safe_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eventide.source import Source
    from eventide.tui.figure import Line

MOST_BYTES = 1 << 20
_NAME = 12


class Parts(NamedTuple):
    """What there is besides the run itself."""

    system: tuple[str, ...] = ()
    console: bool = False
    code: code.Tree | None = None
    changes: str = ""
    media: tuple[FileInfo, ...] = ()
    made: tuple[artifacts.ArtifactVersion, ...] = ()
    used: tuple[artifacts.ArtifactVersion, ...] = ()
    origin: dict[str, Any] = {}  # noqa: RUF012 - a named tuple's default, never changed


def parts(source: Source, info: RunInfo) -> Parts:
    """Ask what there is."""
    ids = (info.id,)
    kinds = {file.kind for file in source.files(FileQuery(run_ids=ids))}
    try:
        tree = code.find(source, info.id) if "snapshot" in kinds else None
    except EventideError:
        tree = None
    return Parts(
        tuple(key.key for key in source.keys(run_ids=ids, table="system")),
        bool(source.console(info.id, limit=1)),
        tree,
        environment.changes(source, info),
        tuple(source.files(FileQuery(run_ids=ids, kinds=("media",)))) if "media" in kinds else (),
        tuple(artifacts.made_by(source, info.id, info.project)) if "artifact" in kinds else (),
        tuple(artifacts.used_by(source, info.id)) if "use" in kinds else (),
        environment.leaves(environment.whole(source, info)),
    )


def overview(info: RunInfo, there: Parts) -> list[Line]:
    """Return the overview."""
    mark, _, role = STATES[info.status]
    facts = [
        ("id", info.id), ("project", info.project), ("group", info.group), ("user", info.user), ("host", info.host),
        ("started", when(info.started)), ("took", values.duration(info.duration_s)),
        ("rows", str(info.rows)), ("attempts", str(info.attempts) if info.attempts > 1 else ""),
        ("ranks", str(info.world_size) if info.world_size > 1 else ""),
        ("archived", "yes" if info.archived else ""), ("in the bin", when(info.deleted) if info.deleted else ""),
    ]  # fmt: skip
    lines: list[Line] = [[(safe(info.name), "bold"), (f"   {mark} {info.status.value}", role)], []]
    lines += [_pair(name, safe(value)) for name, value in facts if value]
    if info.tags:
        lines.append([(fit("tags", _NAME + 1), "dim"), (safe("  ".join(info.tags)), "accent")])
    for title, text, role in (("notes", info.notes, ""), ("error", info.error, "error")):
        if text:
            lines += [[], [(title, "dim")], *([(f"  {line}", role)] for line in safe_lines(text.rstrip("\n")))]
    for title, pairs in (
        ("values", info.values),
        ("summary", {k: v for k, v in info.summary.items() if k not in info.metrics}),
    ):
        if pairs:
            lines += [
                [],
                [(title, "dim")],
                *(_pair(f"  {safe(name)}", safe(value), 26) for name, value in pairs.items()),
            ]
    lines += _origin(there.origin)
    return lines


def _origin(leaves: dict[str, Any]) -> list[Line]:
    lines: list[Line] = []
    group = ""
    for name, value in leaves.items():
        head, _, rest = name.partition(".")
        if value in (None, "") or head == "packages":
            continue
        if head != group:
            lines += [[], [(safe(head), "dim")]]
            group = head
        lines.append(_pair(f"  {safe(rest or head)}", safe(value), 26))
    packages = [
        f"{safe(name.removeprefix('packages.'))}=={safe(value)}"
        for name, value in leaves.items()
        if name.startswith("packages.")
    ]
    if packages:
        lines += [[], [(f"packages ({len(packages)})", "dim")]]
        lines += [
            [("  " + "  ".join(fit(part, 24) for part in packages[at : at + 3]), "")]
            for at in range(0, len(packages), 3)
        ]
    return lines


def _pair(name: str, value: str, width: int = _NAME) -> Line:
    return [(fit(name, width) + " ", "dim"), (value, "")]


METRICS = (
    Column("key", "metric", most=36, frozen=True), Column("best", "best", right=True), Column("at", "at step", right=True),
    Column("last", "last", right=True), Column("min", "min", right=True), Column("max", "max", right=True),
    Column("mean", "mean", right=True), Column("std", "std", right=True), Column("count", "points", right=True),
    Column("nonfinite", "NaN", right=True),
)  # fmt: skip


def metric_cell(info: RunInfo, key: str, column: str) -> Cell:
    """Return a cell of the table of metrics."""
    stats = info.metrics.get(key)
    if stats is None:
        return "", ""
    if column == "key":
        return safe(key), ""
    if column == "at":
        return values.text(stats.best_step), "dim"
    if column == "nonfinite":
        return (str(stats.nonfinite), "error") if stats.nonfinite else ("", "")
    if column == "best":
        return f"{values.text(stats.best)} {'↑' if stats.goal == 'max' else '↓'}", "bold"
    value = getattr(stats, column)
    return safe(value), "dim" if column in ("std", "count", "mean") else ""


@dataclass(slots=True)
class Tree:
    """A config as a tree that folds."""

    config: dict[str, Any]
    folded: set[str] = field(default_factory=set)

    def rows(self) -> list[tuple[str, int, str, Any]]:
        """Return what is seen: path, depth, name, value; a branch has the value `...`."""
        return list(self._walk(self.config, "", 0))

    def _walk(self, node: dict[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, int, str, Any]]:
        for name, value in node.items():
            path = f"{prefix}{name}"
            if isinstance(value, dict) and value:
                yield path, depth, str(name), ...
                if path not in self.folded:
                    yield from self._walk(value, f"{path}.", depth + 1)
            else:
                yield path, depth, str(name), value


def code_lines(source: Source, there: Parts, path: str) -> list[Line]:
    """Return a kept file, or what was changed against the commit."""
    if path == CHANGES:
        return diff_lines(there.changes.splitlines())
    if there.code is None:
        return []
    try:
        data = code.read(source, there.code, path)
    except ObjectNotFound as error:
        return [[(safe(error.message), "error")]]
    if b"\0" in data[:8000]:
        return [[(f"{values.size(len(data))}, no text", "dim")]]
    text = data[:MOST_BYTES].decode("utf-8", "replace")
    return [[(f"{number:>4}  ", "line"), (line, "")] for number, line in enumerate(safe_lines(text.rstrip("\n")), 1)]


CHANGES = "changes against the commit"


def diff_lines(lines: list[str] | tuple[str, ...]) -> list[Line]:
    """Return lines of a unified diff in colour."""
    roles = {"+": "ok", "-": "error", "@": "accent"}
    return [
        [(safe(line.replace("\t", "    ")), roles.get(line[:1], "dim" if line.startswith("diff ") else ""))]
        for line in lines
    ]


def media_lines(source: Source, file: FileInfo, width: int) -> list[Line]:
    """Return a medium as far as a terminal shows it: pictures in half blocks, text, tables; else its facts."""
    kind = str(file.record.get("type", "file"))
    facts = " · ".join(
        part
        for part in (kind, safe(file.format), values.size(file.size_bytes), safe(file.record.get("caption") or ""))
        if part
    )
    lines: list[Line] = [[(safe(file.name), "bold"), (f"  step {file.step}", "dim")], [(facts, "dim")], []]
    try:
        if file.size_bytes > 32 * MOST_BYTES:
            return lines
        data = source.open_object(file.sha256)
        if kind in ("image", "figure") and file.format not in ("svg", "plotly.json"):
            return lines + picture_lines(data, max(8, width - 2))
        if kind in ("text", "html", "table", "histogram", "graph"):
            return lines + [[(line, "")] for line in safe_lines(data[:MOST_BYTES].decode("utf-8", "replace"))]
    except EventideError as error:
        return [*lines, [(safe(error.message), "error")]]
    return lines


def picture_lines(data: bytes, width: int, most_rows: int = 60) -> list[Line]:
    """Return a picture in half blocks, two pixels per cell."""
    import io  # noqa: PLC0415

    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - loaded with the first picture

    try:
        with Image.open(io.BytesIO(data)) as opened:
            picture = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        return [[(f"this picture cannot be read: {safe(str(error))}", "error")]]
    scale = min(
        1.0 if picture.width > 24 else 24 / picture.width, width / picture.width, most_rows * 2 / picture.height
    )
    size = (max(1, round(picture.width * scale)), max(2, round(picture.height * scale) // 2 * 2))
    small = picture.resize(size)
    lines: list[Line] = []
    for y in range(0, size[1], 2):
        line: Line = []
        for x in range(size[0]):
            upper, lower = small.getpixel((x, y)), small.getpixel((x, y + 1))
            line.append(("▀", f"#{_hex(upper)}/{_hex(lower)}"))
        lines.append(line)
    return lines


def _hex(pixel: Any) -> str:
    return "".join(f"{part:02x}" for part in pixel[:3])


def artifact_lines(version: artifacts.ArtifactVersion) -> list[Line]:
    """Return the files of a version."""
    lines: list[Line] = [
        [(safe(version.selector), "bold"), (f"  {safe(version.type)}  {values.size(version.size_bytes)}", "dim")]
    ]
    lines += [[(safe(version.description), "")]] if version.description else []
    lines += [_pair(safe(name), safe(value), 20) for name, value in version.metadata.items()]
    lines.append([])
    try:
        return lines + [
            [(fit(values.size(entry.size_bytes or 0), 10, right=True), "dim"), (f"  {safe(path)}", "")]
            for path, entry in version.files.items()
        ]
    except EventideError as error:
        return [*lines, [(safe(error.message), "error")]]


def exact(source: Source, query: SeriesQuery) -> Any:
    """Ask for every point of a range."""
    return source.series(query)
