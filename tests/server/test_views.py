"""Saved queries through a server: kept, read by name, renamed, refused, and never more than reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eventide.server.auth import Access, OpenGate

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from tests.server.conftest import Running, Serve


def _save(client: httpx.Client, name: str, query: str, **more: Any) -> httpx.Response:
    return client.put(f"/api/sql/views/{name}", json={"query": query, **more})


def _rows(client: httpx.Client, query: str, **more: Any) -> list[list[Any]]:
    answer = client.post("/api/sql", json={"query": query, **more})
    assert answer.status_code == 200, answer.text
    rows: list[list[Any]] = answer.json()["rows"]
    return rows


def test_a_saved_query_is_read_by_name(serve: Serve, tmp_path: Path) -> None:
    """What was saved can stand behind FROM, in statements with their own WITH and in other saved ones, and outlives the server."""
    client = serve(preferences_dir=tmp_path / "page").client
    saved = _save(
        client, "demo_runs", "SELECT run_id, name -- those of one project\nFROM runs\nWHERE project = 'demo';\n"
    )
    assert [column["name"] for column in saved.json()["views"][0]["columns"]] == ["run_id", "name"]
    assert (
        _save(client, "alphas", "WITH a AS (FROM demo_runs) SELECT * FROM a WHERE name LIKE 'alpha%'").status_code
        == 200
    )
    for query in (
        "SELECT count(*) FROM alphas",
        "FROM ALPHAS SELECT count(*)",
        "WITH x AS (SELECT * FROM alphas) SELECT count(*) FROM x JOIN demo_runs USING (run_id)",
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT max(i) FROM n, alphas",
        "(SELECT count(*) FROM alphas)",
    ):
        assert _rows(client, query) == [[3]], query
    assert _rows(client, "SELECT 'alphas' AS alphas") == [["alphas"]]
    assert _rows(client, "WITH alphas AS (SELECT 7) FROM alphas") == [[7]]
    for query, column in (
        ("DESCRIBE alphas", "run_id"),
        ("SUMMARIZE SELECT * FROM alphas;", "run_id"),
        ("EXPLAIN (FORMAT json) FROM alphas", ""),
    ):
        assert column in str(_rows(client, query)), query
    expanded = client.post("/api/sql", json={"query": "FROM alphas"}).json()["expanded"]
    again = serve(preferences_dir=tmp_path / "page").client
    assert len(_rows(again, "FROM alphas")) == len(_rows(again, expanded)) == 3
    assert [view["name"] for view in again.get("/api/sql/views").json()["views"]] == ["alphas", "demo_runs"]


def test_saved_queries_are_renamed_changed_and_deleted(served: Running) -> None:
    """A view may get another name and another text; one that another reads stays as it is called."""
    client = served.client
    _save(client, "one", "SELECT 1 AS n")
    assert [view["name"] for view in _save(client, "uno", "SELECT 1 AS n", was="one").json()["views"]] == ["uno"]
    _save(client, "pair", "SELECT n, n + 1 AS m FROM uno")
    assert _save(client, "uno", "SELECT 5 AS n").status_code == 200
    assert _rows(client, "FROM pair") == [[5, 6]]
    refused = [client.request("DELETE", "/api/sql/views/uno", json={}), _save(client, "eins", "SELECT 1", was="uno")]
    assert [answer.status_code for answer in refused] == [400, 400]
    assert "`pair` reads `uno`" in refused[0].json()["detail"]
    assert _save(client, "pair", "SELECT 1", was="uno").status_code == 400
    client.request("DELETE", "/api/sql/views/pair", json={})
    assert client.request("DELETE", "/api/sql/views/uno", json={}).json() == {"views": []}


def test_views_never_lead_back_to_themselves(served: Running) -> None:
    """A view cannot read itself, directly or through others; a column of its own name is no such thing."""
    client = served.client
    _save(client, "a", "SELECT 1 AS x")
    _save(client, "b", "SELECT * FROM a")
    looped = _save(client, "a", "SELECT * FROM b")
    assert (looped.status_code, looped.json()["code"]) == (400, "invalid_query")
    assert "back to themselves" in looped.json()["detail"]
    assert _save(client, "c", "SELECT * FROM c").status_code == 400
    assert _save(client, "rows_of", "SELECT rows AS rows_of FROM runs").status_code == 200
    assert _rows(client, "SELECT * FROM b") == [[1]]


@pytest.mark.parametrize(
    "name", ["runs", "Events", "select", "1st", "a b", 'a"b', "a-b", "a;b", "x" * 64, "näme", "main.x", "%00"]
)
def test_the_name_of_a_view_is_an_identifier(served: Running, name: str) -> None:
    """Names that would need quotes, are words of SQL, or belong to the store are refused."""
    answer = _save(served.client, name, "SELECT 1")
    assert answer.status_code == 400, answer.text
    assert served.client.get("/api/sql/views").json() == {"views": []}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/x'", "SELECT 1; SELECT 2", "SELECT 1) , (SELECT 2", "", " ; ",
        "SELECT 1) SELECT * FROM read_csv('/etc/passwd') --", "ATTACH '/tmp/x.db'", "SET threads=1", "CREATE TABLE x(i int)",
        "SELECT getenv('HOME')",
        "SELECT '", "SELECT nothing_like_it", "SELECT ?", "DROP VIEW db.events", "-- nothing",
    ],
)  # fmt: skip
def test_s7_a_view_reads_the_store_and_nothing_else(served: Running, query: str) -> None:
    """What a statement may not do, a saved one may not either: it is refused when it is to be kept."""
    answer = _save(served.client, "evil", query)
    assert answer.status_code == 400, answer.text
    assert served.client.get("/api/sql/views").json() == {"views": []}


def test_who_only_reads_keeps_nothing(serve: Serve) -> None:
    """Saving and deleting need the right to write; what was saved for one project is nothing to who may see another."""
    reader = serve(gate=OpenGate(Access(frozenset({"read"})))).client
    assert _save(reader, "mine", "SELECT 1").status_code == 403
    assert reader.request("DELETE", "/api/sql/views/mine", json={}).status_code == 403
    some = serve(gate=OpenGate(Access(frozenset({"read", "write"}), projects=frozenset({"demo"})))).client
    assert _save(some, "mine", "SELECT 1").status_code == 403
    assert _save(some, "mine", "SELECT count(*) AS n FROM runs", project="side").status_code == 403
    assert _save(some, "mine", "SELECT count(*) AS n FROM runs", project="demo").status_code == 200
    assert _rows(some, "FROM mine", project="demo") == [[4]]
    assert some.post("/api/sql", json={"query": "FROM mine"}).status_code == 400
    assert some.get("/api/sql/views").json() == {"views": []}
