"""Bytes named by their SHA-256, as a browser may show them.

What a run logged may be hostile: only types that no browser runs are shown in place, HTML and SVG in a sandbox of their own origin without
network, everything else is offered for saving. Invariant: the type comes from a list, never from the bytes and never unchecked from the
request; whatever the answer is, the browser is told not to guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from eventide.errors import ObjectNotFound
from eventide.model import FileQuery
from eventide.names import check_sha256
from eventide.server.problems import problem
from eventide.server.questions import one_run
from eventide.server.served import Reading

if TYPE_CHECKING:
    from eventide.source import Source

router = APIRouter(tags=["files"])

BLOCK_BYTES = 1024 * 1024
SAFE_TYPES = frozenset(
    {
        "application/json", "audio/aac", "audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "audio/webm", "image/avif",
        "image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp", "text/plain", "text/csv", "text/markdown", "video/mp4",
        "video/ogg", "video/webm",
    }
)  # fmt: skip
"""Shown in place."""
SANDBOXED = {
    "text/html": (
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline';"
        " img-src data: blob:; font-src data:; media-src data: blob:; frame-ancestors 'self'"
    ),
    "image/svg+xml": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'",
}
"""Shown in place in an origin of their own, without any network."""
_POLICY = "sandbox; default-src 'none'; frame-ancestors 'self'"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@router.get("/api/objects/{sha256}", response_class=Response)
def object_bytes(
    asked: Reading,
    request: Request,
    sha256: Annotated[str, Path(max_length=200)],
    run: Annotated[
        str | None, Query(max_length=1_000, description="A run that refers to it; others have no such object.")
    ] = None,
    type: Annotated[str, Query(max_length=200, description="Media type it is to be shown as.")] = "",  # noqa: A002 - as in the address
    name: Annotated[str, Query(max_length=300, description="File name when it is saved.")] = "",
) -> Response:
    """Return an object or, with `Range: bytes=a-b`, a stretch of it."""
    check_sha256(sha256)
    source = asked.source
    if run is not None:
        _check_reference(source, one_run(source, run), sha256)
    size = source.object_size(sha256)
    headers = _headers(sha256, type.partition(";")[0].strip().lower(), name)
    if request.headers.get("if-none-match", "").strip() == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    media_type = headers.pop("Content-Type")
    asked_range = request.headers.get("range")
    stretch = _stretch(asked_range, size) if asked_range is not None else (0, size)
    if stretch is None:
        return problem(
            416, f"the object has {size} bytes", code="limit_exceeded", headers={"Content-Range": f"bytes */{size}"}
        )
    start, stop = stretch
    partial = (start, stop) != (0, size)
    headers["Content-Length"] = str(stop - start)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return StreamingResponse(_blocks(source, sha256, start, stop), 206 if partial else 200, headers, media_type)


def _check_reference(source: Source, run_id: str, sha256: str) -> None:
    """Raise ObjectNotFound unless a run refers to an object, itself or by a list of files."""
    for file in source.files(FileQuery((run_id,))):
        if sha256 == file.sha256 or sha256 in str(file.record):
            return
        if file.kind in ("snapshot", "artifact") and file.sha256 and sha256.encode() in source.open_object(file.sha256):
            return
    raise ObjectNotFound(f"the run `{run_id}` refers to no object `{sha256}`")


def _headers(sha256: str, media_type: str, name: str) -> dict[str, str]:
    inline = media_type in SAFE_TYPES or media_type in SANDBOXED
    shown = media_type if inline else "application/octet-stream"
    text = "; charset=utf-8" if shown.startswith("text/") else ""
    return {
        "ETag": f'"{sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Type": f"{shown}{text}",
        "Content-Disposition": disposition(name or sha256[:12], inline=inline and not name),
        "Content-Security-Policy": SANDBOXED.get(shown, _POLICY),
        "X-Frame-Options": "SAMEORIGIN",
    }


def disposition(name: str, *, inline: bool = False) -> str:
    """Return a Content-Disposition; nothing of a name can end the header or leave its folder."""
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(c for c in last if c.isprintable() and c != '"').strip(" .") or "file"
    ascii_name = clean.encode("ascii", "replace").decode().replace("?", "_")
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(clean.encode('utf-8', 'replace'), safe='')}"


def _stretch(asked_range: str, size: int) -> tuple[int, int] | None:
    """Return from where to where (not included) a Range header asks; the whole for what is none or several, None when it is outside."""
    match = _RANGE.fullmatch(asked_range.strip())
    if match is None or match.groups() == ("", ""):
        return 0, size
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) and size else None
    start = int(first)
    stop = min(size, int(last) + 1) if last else size
    return (start, stop) if start < stop else None


def _blocks(source: Source, sha256: str, start: int, stop: int) -> Iterator[bytes]:
    for at in range(start, stop, BLOCK_BYTES):
        yield source.open_object(sha256, start=at, stop=min(stop, at + BLOCK_BYTES))
