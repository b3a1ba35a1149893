"""A view as one HTML file that needs no server: the page's viewer, its style, and the answers it will ask for.

The page says which questions its view asked (`schema.OneFile`); each is answered by this server as it would be for the page, with the
same rights. Invariant: the file asks nobody for anything (its own policy forbids it), and holds only answers that its maker may read.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio.to_thread
import orjson

from eventide.errors import InvalidSetting, LimitExceeded

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from eventide.server.schema import OneFile, OneFileRequest

POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""For the answer: the file is to be saved, not shown by this server."""
MAX_BYTES = 256 * 1024 * 1024
READING_POSTS = ("/api/series", "/api/rows", "/api/runs/values")
_KEPT_HEADERS = frozenset({b"host"})
_TEXTUAL = ("application/json", "application/problem+json", "text/")
_USUAL = ("/api/info", "/api/projects")

_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Eventide</title>
<style>{style}</style>
</head>
<body>
<div id="app"></div>
<script type="application/json" id="eventide-data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


async def build(request: Request, question: OneFile, page_dir: Path) -> bytes:
    """Return the file.

    Raises:
        InvalidSetting: a question that is none of the page's, or the viewer is not built.
        LimitExceeded: the answers are too large for one file.
    """
    answers: dict[str, Any] = {}
    size = 0
    for each in _questions(question):
        answer = await _answer(request, each)
        size += answer.pop("size")
        if size > MAX_BYTES:
            raise LimitExceeded(f"the view needs more than {MAX_BYTES >> 20} MiB", hint="show fewer runs or images")
        answers[each.key] = answer
    return await anyio.to_thread.run_sync(_written, page_dir, question.view, answers)


def _questions(question: OneFile) -> list[OneFileRequest]:
    from eventide.server.schema import OneFileRequest  # noqa: PLC0415 - pydantic at run time

    for each in question.requests:
        parts = urlsplit(each.path)
        reads = each.method == "GET" or parts.path in READING_POSTS
        if parts.scheme or parts.netloc or not parts.path.startswith("/api/") or not reads or "/export." in parts.path:
            raise InvalidSetting(f"`{each.method} {each.path:.80}` is no question a page asks to show something")
    usual = [OneFileRequest(key=f"GET {path}", method="GET", path=path) for path in _USUAL]
    return [*usual, *question.requests]


async def _answer(request: Request, each: OneFileRequest) -> dict[str, Any]:
    """Return what this server answers to a question of the page, through the same checks as any other."""
    parts = urlsplit(each.path)
    body = b"" if each.body is None else orjson.dumps(each.body)
    headers = [(name, value) for name, value in request.scope["headers"] if name in _KEPT_HEADERS]
    scope = {
        **{name: request.scope[name] for name in ("type", "asgi", "http_version", "scheme", "server", "client")},
        "state": {"access": request.scope["state"]["access"]},
        "method": each.method,
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "root_path": request.scope.get("root_path", ""),
        "query_string": parts.query.encode(),
        "headers": [*headers, (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
    }
    start: dict[str, Any] = {}
    pieces: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            pieces.append(message.get("body", b""))

    await request.app(scope, receive, send)
    said = {name.decode("latin-1"): value.decode("latin-1") for name, value in start.get("headers", ())}
    data = b"".join(pieces)
    kind = said.get("content-type", "")
    content = {"text": data.decode()} if kind.startswith(_TEXTUAL) else {"base64": base64.b64encode(data).decode()}
    return {"status": start.get("status", 500), "type": kind, "size": len(data), **content}


def _written(page_dir: Path, view: str, answers: dict[str, Any]) -> bytes:
    script, style = (_built(page_dir, pattern) for pattern in ("viewer*.js", "style*.css"))
    style += _built(page_dir, "pages*.css")
    if "</script" in script.lower() or "</style" in style.lower():
        raise InvalidSetting("the built page cannot be written into one file", hint="npm run build")
    packed = base64.b64encode(gzip.compress(orjson.dumps(answers), 6, mtime=0)).decode()
    data = orjson.dumps({"format": 1, "view": view, "packed": packed}).decode().replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; script-src 'sha256-{_digest(script)}'; style-src 'sha256-{_digest(style)}';"
        " img-src data: blob:; media-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    return _HTML.format(policy=policy, style=style, data=data, script=script).encode()


def _built(page_dir: Path, pattern: str) -> str:
    found = sorted(page_dir.glob(pattern))
    if not found:
        raise InvalidSetting("the page is not built", hint="in web/: npm run build")
    return found[-1].read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
