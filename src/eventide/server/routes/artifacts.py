"""Artifacts: names, versions, files, kin."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from eventide.errors import EventideError
from eventide.model import FileQuery
from eventide.server import plain, schema
from eventide.server.questions import Project
from eventide.server.served import Reading
from eventide.table import artifacts as versions_of

if TYPE_CHECKING:
    from eventide.source import Source
    from eventide.table.artifacts import ArtifactVersion

router = APIRouter(tags=["artifacts"])


@router.get("/api/artifacts", response_model=schema.Artifacts)
def artifacts(asked: Reading, project: Project = None) -> Response:
    """Return all artifacts with their versions, the newest version first."""
    found = versions_of.versions(asked.source, project=project)
    grouped = groupby(found, key=lambda version: (version.project, version.name))
    return plain.reply({"artifacts": [_artifact(*name, list(group)) for name, group in grouped]})


def _artifact(project: str, name: str, found: list[ArtifactVersion]) -> dict[str, Any]:
    newest_first = sorted(found, key=lambda version: -version.version)
    return {
        "project": project,
        "name": name,
        "type": newest_first[0].type,
        "versions": [_version(version) for version in newest_first],
    }


def _version(version: ArtifactVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "digest": version.digest,
        "size_bytes": version.size_bytes,
        "new_bytes": version.new_bytes,
        "files": version.file_count,
        "aliases": list(version.aliases),
        "created": version.created.timestamp(),
        "run_id": version.runs[0] if version.runs else "",
        "deleted": False,
    }


@router.get("/api/artifacts/{project}/{name}/{version}", response_model=schema.ArtifactDetails)
def artifact(
    asked: Reading,
    project: Annotated[str, Path(max_length=1_000)],
    name: Annotated[str, Path(max_length=1_000)],
    version: Annotated[str, Path(max_length=200, description="A number (`3` or `v3`) or an alias.")],
) -> Response:
    """Return one version with its files, who made it, who used it, and what they are related to."""
    which = f"v{version}" if version.isdigit() else version
    found = versions_of.find(asked.source, f"{name}:{which}", project=project)
    kin = found.lineage()
    return plain.reply(
        {
            **_version(found),
            "project": found.project,
            "name": found.name,
            "type": found.type,
            "description": found.description,
            "metadata": plain.plain(found.metadata),
            "manifest": [_file(path, entry) for path, entry in found.files.items()],
            "producer": kin.made_by[0] if kin.made_by else None,
            "consumers": list(kin.used_by),
            "lineage": _lineage(asked.source, found),
        }
    )


def _file(path: str, entry: Any) -> dict[str, Any]:
    return {
        "path": path,
        "sha256": entry.sha256 or None,
        "size_bytes": entry.size_bytes,
        "reference": entry.reference or None,
    }


def _lineage(source: Source, about: ArtifactVersion) -> dict[str, Any]:
    """Return the runs that made and used a version, and what else they used and made: two steps in either direction."""
    nodes: dict[str, dict[str, str]] = {}
    edges: dict[tuple[str, str], None] = {}

    def version(found: ArtifactVersion) -> str:
        name = f"artifact:{found.selector}"
        nodes[name] = {
            "id": name,
            "kind": "artifact",
            "label": f"{found.name}:v{found.version}",
            "project": found.project,
        }
        return name

    def run(run_id: str) -> str:
        name = f"run:{run_id}"
        if name not in nodes:
            try:
                info = source.run(run_id)
                label, project = info.name, info.project
            except EventideError:  # purged since
                label, project = run_id, ""
            nodes[name] = {"id": name, "kind": "run", "label": label, "project": project}
        return name

    version(about)
    kin = about.lineage()
    for run_id in kin.made_by:
        edges[run(run_id), version(about)] = None
        for used in versions_of.used_by(source, run_id):
            edges[version(used), run(run_id)] = None
    for run_id in kin.used_by:
        edges[version(about), run(run_id)] = None
        project = nodes[run(run_id)]["project"]
        if project and source.files(FileQuery((run_id,), kinds=("artifact",), limit=1)):
            for made in versions_of.made_by(source, run_id, project):
                edges[run(run_id), version(made)] = None
    return {"nodes": list(nodes.values()), "edges": [{"source": start, "target": end} for start, end in edges]}
