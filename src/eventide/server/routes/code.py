"""The code that was kept with a run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from eventide.server import plain, schema
from eventide.server.questions import RunId, one_run
from eventide.server.served import Reading
from eventide.table import code as kept_code
from eventide.table.patch import since_commit

router = APIRouter(tags=["code"])


@router.get("/api/runs/{run_id}/code", response_model=schema.Code)
def code(asked: Reading, run_id: RunId) -> Response:
    """Return the files that were kept, and those that were left out with the reason; nothing of either where none was kept."""
    tree = kept_code.find(asked.source, one_run(asked.source, run_id))
    if tree is None:
        return plain.reply({"root": "", "files": [], "left_out": []})
    files = [{"path": f.path, "sha256": f.sha256, "size_bytes": f.size_bytes} for f in tree.files.values()]
    left_out = [{"path": path, "reason": str(why)} for path, why in sorted(tree.left_out.items())]
    return plain.reply({"root": tree.source, "files": files, "left_out": left_out})


@router.get("/api/runs/{run_id}/code/diff", response_model=schema.CodeDiff)
def code_diff(asked: Reading, run_id: RunId, other: Annotated[str, Query(alias="with", max_length=1_000)]) -> Response:
    """Return what differs between the code of two runs, from that of `with` to that of the run; `@commit`: since its commit."""
    source = asked.source
    if other == "@commit":
        files, truncated = since_commit(source, source.run(one_run(source, run_id)))
        described = [
            {"path": f.path, "status": f.change, "old": None, "new": None, "hunks": f.hunks, "reason": f.reason}
            for f in files
        ]
        return plain.reply({"files": described, "truncated": truncated})
    found = kept_code.diff(source, one_run(source, other), one_run(source, run_id))
    return plain.reply({"files": [_change(file) for file in found], "truncated": False})


def _change(file: Any) -> dict[str, Any]:
    return {
        "path": file.path,
        "status": file.change,
        "old": None if file.old is None else file.old.sha256,
        "new": None if file.new is None else file.new.sha256,
        "hunks": None if file.lines is None else "\n".join(file.lines),
        "reason": None,
    }
