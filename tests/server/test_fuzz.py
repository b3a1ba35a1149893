"""Whatever is asked, the server answers with what the question deserves: never with an error of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventide.server.app import make_api

if TYPE_CHECKING:
    from tests.server.conftest import Running

WORDS = st.sampled_from(
    [
        "beta",
        "alpha-0",
        "demo",
        "loss",
        "acc",
        "lr",
        "-seed",
        "state:failed",
        "lr<0.15",
        "@last",
        "-best(acc)",
        "",
        "0",
        "-1",
        "x",
    ]
)
TEXTS = WORDS | st.text(max_size=12)
SCALARS: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)


class _Empty:
    """A source for looking at routes alone."""


OPENAPI = make_api(_Empty()).openapi()  # type: ignore[arg-type]
READING = [
    (path, about["get"].get("parameters", []))
    for path, about in OPENAPI["paths"].items()
    if "get" in about and path != "/api/export.{form}"
]
WRITING = [
    (path, method, about[method])
    for path, about in OPENAPI["paths"].items()
    for method in ("post", "patch", "put")
    if method in about and path not in ("/api/demo", "/api/purge")
]


def _check(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"status", "title", "detail", "code", "hint"} <= problem.keys()


def _path(data: st.DataObject, path: str, parameters: list[dict[str, Any]]) -> str:
    for each in parameters:
        if each["in"] == "path":
            wanted = data.draw(TEXTS.filter(lambda text: text not in {"", ".", ".."}))
            path = path.replace(f"{{{each['name']}}}", quote(wanted.encode("utf-8", "replace"), safe=""))
    return path


@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_reading_question_is_answered(served: Running, data: st.DataObject) -> None:
    """Parameters of any text and number give an answer or a problem."""
    path, parameters = data.draw(st.sampled_from(READING))
    query = {
        each["name"]: data.draw(TEXTS | st.integers(-(2**64), 2**64).map(str))
        for each in parameters
        if each["in"] == "query" and (each.get("required") or data.draw(st.booleans()))
    }
    _check(served.client.get(_path(data, path, parameters), params=query))


@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_is_answered(served: Running, data: st.DataObject) -> None:
    """Bodies of any shape, those with the right names among them, give an answer or a problem."""
    path, method, about = data.draw(st.sampled_from(WRITING))
    reference = (
        about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    )
    known = OPENAPI["components"]["schemas"].get(reference.rpartition("/")[2], {}).get("properties", {})
    names = st.sampled_from(sorted(known)) if known else TEXTS
    body = data.draw(st.dictionaries(names, VALUES | st.lists(WORDS, max_size=3), max_size=6) | VALUES)
    content = json.dumps(body, default=str).encode("utf-8", "surrogatepass")
    target = _path(data, path, about.get("parameters", []))
    headers = {"Content-Type": "application/json"}
    _check(served.client.request(method, target, content=content, headers=headers))
    assert served.client.get("/api/runs").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "BREW"])
def test_any_method_is_answered(served: Running, method: str) -> None:
    """Methods that a path does not know are refused as such."""
    for path in ("/", "/api/runs", "/api/sql", "/healthz", "/api/changes"):
        answer = served.client.request(method, path, json={} if method in ("POST", "PUT", "PATCH", "DELETE") else None)
        assert answer.status_code in (200, 400, 403, 404, 405, 413, 415)
