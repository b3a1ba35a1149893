"""The page: its files, and itself at every address that belongs to it."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from eventide.errors import NotFound
from eventide.server.problems import of_error
from eventide.server.served import Reading

router = APIRouter(include_in_schema=False)

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_NAME = re.compile(r"[\w-][\w.-]*", re.ASCII)
_HASHED = re.compile(r"-[0-9A-Za-z_]{8,}\.")
_LONG = "public, max-age=31536000, immutable"
_PACKABLE = frozenset({".css", ".js", ".json", ".svg", ".txt"})
_MISSING = """<!doctype html><title>Eventide</title><p>The page is not built here. In web/: npm install, npm run build.
The interface answers all the same: <a href="{base}openapi.json">openapi.json</a>."""


@router.get("/static/{name}")
def static(request: Request, name: Annotated[str, InPath(max_length=200)]) -> Response:
    """Return a file of the page; those with a hash in their name may be kept for ever."""
    folder = request.app.state.served.page_dir
    kind = _TYPES.get(Path(name).suffix)
    if folder is None or kind is None or _NAME.fullmatch(name) is None or not (folder / name).is_file():
        return of_error(NotFound(f"the page has no file `{name:.80}`"))
    cache = _LONG if _HASHED.search(name) else "no-cache"
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
    data = (folder / name).read_bytes()
    if Path(name).suffix in _PACKABLE and "gzip" in request.headers.get("accept-encoding", ""):
        data = _packed(folder / name, data)
        headers["Content-Encoding"] = "gzip"
    return Response(data, headers=headers, media_type=kind)


_packed_files: dict[Path, tuple[bytes, bytes]] = {}


def _packed(path: Path, data: bytes) -> bytes:
    """Return a file of the page compressed, from memory when it has not changed."""
    import gzip  # noqa: PLC0415 - once per file

    held = _packed_files.get(path)
    if held is None or held[0] != data:
        held = _packed_files[path] = (data, gzip.compress(data, 9, mtime=0))
    return held[1]


@router.get("/{path:path}")
def page(asked: Reading, request: Request, path: Annotated[str, InPath(max_length=8_192)]) -> Response:
    """Return the page, which finds out by its address what to show."""
    if path.startswith(("api/", "static/")) or path == "api":
        return of_error(NotFound(f"there is nothing at `/{path:.80}`", hint="/openapi.json"))
    base = escape(str(request.scope.get("root_path", "")).rstrip("/") + "/", quote=True)
    folder = asked.served.page_dir
    try:
        text = (folder / "index.html").read_text(encoding="utf-8") if folder is not None else ""
    except OSError:
        text = ""
    asked.served.expect_curves()
    if not text:
        return HTMLResponse(_MISSING.format(base=base), 200)
    return HTMLResponse(
        text.replace('<base href="/">', f'<base href="{base}">', 1), headers={"Cache-Control": "no-cache"}
    )
