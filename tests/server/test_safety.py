"""Attacks on a server, each refused: the rows of the list of attacks that concern one, by their numbers."""

from __future__ import annotations

import json
import pickle
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from eventide.errors import InvalidSetting
from eventide.journal.records import ROLE_RUN
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.model import Edit
from eventide.objects.local import LocalObjects
from eventide.server.auth import READING, OpenGate, TokenGate
from eventide.server.guard import MAX_BODY_BYTES, host_name
from eventide.server.routes.objects import disposition
from eventide.server.serving import bind, check_reach
from eventide.testing import make_run

if TYPE_CHECKING:
    from tests.server.conftest import Running, Serve

HOSTILE = "<img src=x onerror=alert(1)>\"'`\x1b]52;c;YQ==\x07</script>{{7*7}}=cmd|' /C calc'!A0"
TRAVERSAL = (
    "..", "../..", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e", "%252e%252e%252f", "/etc/passwd", "C:%5Cwindows", "%5C%5Chost%5Cshare",
    "a%00b", ";x", "x%3Fy", "x%23y", "a" * 900, "~root", "....//",
)  # fmt: skip


def _is_problem(answer: httpx.Response) -> bool:
    return (
        answer.headers["content-type"] == "application/problem+json"
        and {"code", "detail", "status"} <= answer.json().keys()
    )


# ── S1, S2, S4: paths ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", TRAVERSAL)
def test_s1_no_name_leads_out_of_the_store(served: Running, name: str) -> None:
    """Names that would leave a folder are refused wherever a path takes one, and never answer with what lies there."""
    for path in (
        f"/api/runs/{name}", f"/api/runs/{name}/console", f"/api/runs/{name}/code", f"/api/objects/{name}", f"/static/{name}",
        f"/api/artifacts/demo/{name}/1", f"/api/artifacts/{name}/x/1",
    ):  # fmt: skip
        answer = served.client.get(path)
        assert answer.status_code in (200, 400, 404), path
        assert b"root:" not in answer.content
        assert answer.status_code != 200 or answer.headers["content-type"].startswith("text/html"), path


@pytest.mark.parametrize("name", ["../../x", "/etc", "a\x00b", "..", ".hidden", "a/b", "x" * 300])
def test_s1_no_change_reaches_a_name_outside(served: Running, name: str) -> None:
    """Edits, purges and settings with such names change nothing and are refused."""
    before = sorted(served.root.rglob("*"))
    edit = served.client.patch("/api/runs", json={"run_ids": [name], "notes": "x"})
    purge = served.client.post("/api/purge", json={"run_ids": [name], "confirm": "purge"})
    group = served.client.patch("/api/runs", json={"run_ids": ["beta"], "group": name})
    assert [answer.status_code for answer in (edit, purge, group)] == [404, 404, 400]
    assert all(map(_is_problem, (edit, purge, group)))
    assert sorted(served.root.rglob("*")) == before


def test_s2_links_in_the_store_are_not_followed(served: Running, tmp_path: Path) -> None:
    """A link among the objects or runs that points elsewhere gives nothing of what it points to."""
    secret = tmp_path / "secret"
    secret.write_text("secret word")
    sha256 = "ab" + "0" * 62
    place = served.root / "objects" / "ab" / sha256
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "nowhere")
    (served.root / "runs" / "linked").symlink_to(tmp_path, target_is_directory=True)
    assert served.client.get(f"/api/objects/{sha256}").status_code == 404
    assert served.client.get("/api/runs/linked").status_code == 404
    assert served.client.get("/static/..%2Fapp.py").status_code == 404


def test_s4_a_path_or_address_in_what_was_logged_is_text(serve: Serve, store: Path) -> None:
    """Names of files and addresses in configs, manifests and records are shown and never opened."""
    writer = make_run(store, "pointing", config={"data": "/etc/passwd", "url": "http://169.254.169.254/"}, status=None)
    objects = LocalObjects(Layout(store))
    manifest = objects.put_bytes(
        json.dumps({"source": "/etc", "files": {"../../etc/passwd": "0" * 64}, "sizes": {}}).encode()
    )
    writer.file({"kind": "snapshot", "name": "code", "sha256": manifest, "size_bytes": 1, "format": "json"})
    writer.file({"kind": "media", "name": "m", "sha256": "../../../etc/passwd", "format": "png", "mime": "text/html"})
    writer.close({"status": "finished"})
    client = serve().client
    assert client.get("/api/runs/pointing").json()["params"]["data"] == "/etc/passwd"
    assert client.get("/api/runs/pointing/code").json()["files"][0]["path"] == "../../etc/passwd"
    assert client.get("/api/objects/..%2F..%2F..%2Fetc%2Fpasswd").status_code == 404
    assert client.get("/api/objects/" + "0" * 64).status_code == 404


# ── S5: nothing is unpickled ────────────────────────────────────────────────────────────────────────────────────────────


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return Path.write_text, (Path("/tmp/eventide-was-unpickled"), "x")  # type: ignore[return-value]  # noqa: S108


def test_s5_objects_are_bytes_and_nothing_more(serve: Serve, store: Path) -> None:
    """A pickle among the objects is handed out as bytes; nothing on the way loads it."""
    data = pickle.dumps(_Bomb())
    sha256 = LocalObjects(Layout(store)).put_bytes(data)
    writer = make_run(store, "bomb", status=None)
    writer.file({"kind": "result", "name": "r", "sha256": sha256, "size_bytes": len(data), "format": "pickle"})
    writer.close({"status": "finished"})
    client = serve().client
    answer = client.get(f"/api/objects/{sha256}", params={"type": "application/x-pickle"})
    assert answer.content == data
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert client.get("/api/runs/bomb/files").status_code == client.get("/api/runs/bomb").status_code == 200
    assert not Path("/tmp/eventide-was-unpickled").exists()  # noqa: S108


# ── S7: the query languages ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "query",
    [
        "ATTACH '/tmp/x.db'", "COPY (SELECT 1) TO '/tmp/x'", "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM sniff_csv('/etc/passwd')", "INSTALL httpfs", "LOAD httpfs", "PRAGMA database_list", "SET threads=1",
        "SET enable_external_access=true", "RESET ALL", "CREATE TABLE x(i int)", "DROP VIEW db.events", "SELECT 1; SELECT 2", "",
        "SELECT getenv('HOME')", "CALL pragma_version()", "EXPORT DATABASE '/tmp/x'", "SELECT * FROM glob('/etc/*')",
    ],
)  # fmt: skip
def test_s7_sql_reads_the_store_and_nothing_else(served: Running, query: str) -> None:
    """Statements that would read elsewhere, write, or unlock the engine are refused before they run."""
    answer = served.client.post("/api/sql", json={"query": query})
    assert answer.status_code == 400
    assert _is_problem(answer)


def test_s7_sql_has_limits_on_rows_and_time(served: Running) -> None:
    """Long answers are cut and say so; endless statements end by their time limit, and the server goes on."""
    long = served.client.post("/api/sql", json={"query": "SELECT * FROM range(100000)", "max_rows": 10}).json()
    assert (len(long["rows"]), long["truncated"]) == (10, True)
    for query in (
        "SELECT count(*) FROM range(1000000000) a, range(1000000000) b",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    ):
        begun = time.monotonic()
        answer = served.client.post("/api/sql", json={"query": query, "timeout_s": 0.3})
        assert answer.status_code == 413
        assert time.monotonic() - begun < 8
    assert served.client.post("/api/sql", json={"query": "SELECT 1"}).json()["rows"] == [[1]]


def test_s7_sql_can_be_cancelled(served: Running) -> None:
    """A statement ends soon after it is cancelled by its id, as a problem for whoever asked."""
    answers: list[httpx.Response] = []
    question = {"query": "SELECT count(*) FROM range(1000000000) a, range(1000000000) b", "id": "mine", "timeout_s": 60}
    asking = threading.Thread(target=lambda: answers.append(served.client.post("/api/sql", json=question)))
    asking.start()
    with httpx.Client(base_url=served.url, trust_env=False) as other:
        until = time.monotonic() + 10
        while not other.post("/api/sql/mine/cancel", json={}).json()["cancelled"]:
            assert time.monotonic() < until
            time.sleep(0.02)
        asking.join(timeout=8)
        assert not asking.is_alive()
        assert (answers[0].status_code, answers[0].json()["detail"]) == (413, "the query was cancelled")
        assert other.post("/api/sql/mine/cancel", json={}).json() == {"cancelled": False}


@pytest.mark.parametrize(
    "q",
    ["'; DROP TABLE runs; --", "__import__('os')", "(" * 5_000, "lr>" * 50, "/(a+)+$/", 'name:"\x00"', "a" * 40_000],
)
def test_s7_filters_are_parsed_and_never_run(served: Running, q: str) -> None:
    """Whatever is sent as a filter either parses or is a problem; the runs stay."""
    answer = served.client.get("/api/runs", params={"q": q})
    assert answer.status_code in (200, 400, 413)
    assert answer.status_code == 200 or _is_problem(answer)
    assert served.client.get("/api/runs").json()["total"] == 5


# ── S8, S9, S10: other sites ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "evil.example:80@localhost", "", "0x7f.1"]
)
def test_s8_a_foreign_host_is_refused(served: Running, host: str) -> None:
    """A name that was made to point here (DNS rebinding) gets nothing, over HTTP and WebSocket."""
    for path in ("/", "/api/runs", "/healthz", "/static/index.html"):
        assert served.client.get(path, headers={"Host": host}).status_code in (400, 421)
    with pytest.raises((InvalidStatus, OSError)), _socket(served, host=host):
        pass


def test_s8_the_names_of_this_machine_are_answered(served: Running) -> None:
    """The loopback's own names work with any port."""
    for host in ("localhost", "127.0.0.1:1234", "[::1]:80", "LOCALHOST:8642"):
        assert served.client.get("/healthz", headers={"Host": host}).status_code == 200


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_s8_a_host_header_is_a_name_or_nothing(text: str) -> None:
    """Reading a Host header never fails, and never yields a part of a path or a login."""
    name = host_name(text)
    assert name is None or not set(name) & set("/\\@?#")


def _socket(served: Running, *, host: str | None = None, origin: Any = None) -> ClientConnection:
    headers = {} if host is None else {"Host": host}
    if host is None:
        return connect(f"ws://127.0.0.1:{served.port}/api/changes", origin=origin, proxy=None)
    raw = socket.create_connection(("127.0.0.1", served.port), timeout=5)
    return connect(f"ws://{host or 'x'}/api/changes", sock=raw, additional_headers=headers, open_timeout=5, proxy=None)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1.evil.example"]
)
def test_s9_pages_of_other_sites_change_nothing(served: Running, origin: str) -> None:
    """A request that changes something, or a WebSocket, from another origin is refused."""
    body = {"run_ids": ["beta"], "notes": "owned"}
    assert served.client.patch("/api/runs", json=body, headers={"Origin": origin}).status_code == 403
    with pytest.raises(InvalidStatus), _socket(served, origin=origin):
        pass
    assert served.client.get("/api/runs/beta").json()["notes"] == ""


def test_s9_only_json_bodies_pass(served: Running) -> None:
    """What a form or a simple request of another site can send is refused by its content type."""
    body = json.dumps({"run_ids": ["beta"], "notes": "owned"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        assert served.client.patch("/api/runs", content=body, headers={"Content-Type": kind}).status_code == 415
    cross = {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}
    assert served.client.patch("/api/runs", content=body, headers=cross).status_code == 403
    assert served.client.get("/api/runs", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert served.client.get("/api/runs/beta").json()["notes"] == ""


def test_s9_reading_changes_nothing(served: Running) -> None:
    """Not a byte of the runs and objects differs after every address was read."""
    before = {path: path.read_bytes() for path in (served.root / "runs").rglob("*") if path.is_file()}
    for path in (
        "/",
        "/api/info",
        "/api/runs",
        "/api/runs/beta",
        "/api/projects",
        "/api/purge",
        "/api/demo",
        "/api/settings/demo",
    ):
        served.client.get(path)
    assert {path: path.read_bytes() for path in (served.root / "runs").rglob("*") if path.is_file()} == before


def test_s9_the_page_itself_may_change_runs(served: Running) -> None:
    """The same origin, and programs that send none, are let through."""
    for headers in ({"Origin": served.url}, {}, {"Sec-Fetch-Site": "same-origin"}):
        answer = served.client.patch("/api/runs", json={"run_ids": ["beta"], "notes": "mine"}, headers=headers)
        assert answer.status_code == 200
    assert served.client.get("/api/runs/beta").json()["notes"] == "mine"


def test_s10_other_origins_are_told_nothing(served: Running) -> None:
    """No answer carries a CORS header, and a preflight is refused."""
    ask = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PATCH"}
    answers = [
        served.client.options("/api/runs", headers=ask),
        served.client.get("/api/runs", headers={"Origin": ask["Origin"]}),
    ]
    assert answers[0].status_code == 405
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control")]


# ── S11, S12: what was logged ───────────────────────────────────────────────────────────────────────────────────────────


def test_s11_hostile_text_is_data_in_json(serve: Serve, store: Path) -> None:
    """Hostile names, tags, keys and texts come back as they were logged, in JSON that no browser takes for a page."""
    layout = Layout(store)
    writer = JournalWriter(layout, Identity("hostile", "demo", ROLE_RUN))
    writer.set(("name",), HOSTILE)
    writer.set(("notes",), HOSTILE)
    writer.set(("config",), {HOSTILE: HOSTILE})
    writer.append({HOSTILE: 1.0, "text": HOSTILE}, 0)
    writer.console(HOSTILE + "\n")
    writer.close({"status": "failed", "error": HOSTILE})
    client = serve().client
    run = client.get("/api/runs/hostile").json()
    assert (run["name"], run["notes"], run["error"], run["config"]) == (HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE})
    assert run["metrics"][HOSTILE]["last"] == 1.0
    assert client.get("/api/runs/hostile/console").json()["lines"][0]["text"].rstrip("\n") == HOSTILE
    rows = client.get("/api/runs/hostile/rows").json()
    assert rows["rows"][0][rows["columns"].index("text")] == HOSTILE
    for path in (
        "/api/runs/hostile",
        "/api/runs/hostile/rows",
        "/api/columns",
        "/api/runs/<script>",
        "/api/parse?q=<script>(",
    ):
        answer = client.get(path)
        assert answer.headers["content-type"] in ("application/json", "application/problem+json")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/", "/p/demo", "/api/runs", "/api/none", "/healthz", "/static/none.js", "/openapi.json"]
)
def test_s11_every_answer_forbids_what_the_page_does_not_need(served: Running, path: str) -> None:
    """The policy allows no script but the page's own, no framing, no guessing of types."""
    headers = served.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_s11_logged_html_and_svg_are_sandboxed(serve: Serve, store: Path) -> None:
    """HTML and SVG that a run logged are shown in an origin of their own, without network; unknown types are saved."""
    sha256 = LocalObjects(Layout(store)).put_bytes(b"<script>fetch('/api/runs')</script>")
    client = serve().client
    for kind in ("text/html", "image/svg+xml", "TEXT/HTML; charset=utf-16"):
        headers = client.get(f"/api/objects/{sha256}", params={"type": kind}).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("sandbox")
        assert "default-src 'none'" in policy
        assert "allow-same-origin" not in policy
    for kind in (
        "application/pdf",
        "text/xml",
        "application/xhtml+xml",
        "",
        "application/javascript",
        "image/png\r\nX: y",
    ):
        headers = client.get(f"/api/objects/{sha256}", params={"type": kind}).headers
        assert headers["content-type"] == "application/octet-stream"
        assert headers["content-disposition"].startswith("attachment")
        assert "x" not in headers


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_s11_a_file_name_cannot_end_its_header(name: str) -> None:
    """Whatever a file is called, the header that says so is one line of ASCII without a path."""
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert not set("/\\") & set(header)


# ── S13: who can reach it ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "example.org"])  # noqa: S104
def test_s13_beyond_the_loopback_a_token_is_needed(host: str) -> None:
    """Listening where others can reach is refused without a token, unless that is asked for in so many words."""
    with pytest.raises(InvalidSetting, match="other machines"):
        check_reach(host, None, without_token=False)
    check_reach(host, "secret", without_token=False)
    check_reach(host, None, without_token=True)
    for near in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
        check_reach(near, None, without_token=False)


def test_s13_with_a_token_nobody_else_gets_in(serve: Serve) -> None:
    """Without it there is nothing but the health check and the page's files; it works as a header and as a link."""
    running = serve(gate=TokenGate("secret-token"))
    client = running.client
    for path in ("/", "/p/demo", "/api/runs", "/api/info", "/metrics", "/openapi.json", "/?token=wrong"):
        assert client.get(path).status_code == 401
    assert client.post("/api/sql", json={"query": "SELECT 1"}).status_code == 401
    assert client.get("/healthz").status_code == 200
    with pytest.raises(InvalidStatus), _socket(running):
        pass
    assert client.get("/api/info", headers={"Authorization": "Bearer secret-token"}).status_code == 200
    assert client.get("/api/info", headers={"Authorization": "Bearer secret-tokem"}).status_code == 401
    exchanged = client.get("/p/demo?q=a%26b&token=secret-token")
    assert (exchanged.status_code, exchanged.headers["location"]) == (303, "/p/demo?q=a%26b")
    cookie = exchanged.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "secret-token" not in cookie
    assert client.get("/api/info").status_code == 200


def test_s13_a_link_cannot_lead_elsewhere(serve: Serve) -> None:
    """The address after the exchange of a token stays on this server."""
    client = serve(gate=TokenGate("secret-token")).client
    for path in ("//evil.example/x", "/\\evil.example", "/%2F%2Fevil.example"):
        location = client.get(f"{path}?token=secret-token").headers.get("location", "/")
        assert location.startswith("/")
        assert location[1:2] not in ("/", "\\")


def test_s13_read_only_means_that(serve: Serve) -> None:
    """A server for reading refuses every change and says so to the page."""
    client = serve(gate=OpenGate(READING), read_only=True).client
    changes = (
        client.patch("/api/runs", json={"run_ids": ["beta"], "notes": "x"}),
        client.post("/api/purge", json={"run_ids": ["beta"], "confirm": "purge"}),
        client.put("/api/settings/demo", json={}),
        client.post("/api/demo", json={}),
        client.post("/api/source/edit", json={"run_ids": ["beta"], "edit": {"notes": "x"}}),
    )
    assert {answer.status_code for answer in changes} == {403}
    assert client.get("/api/info").json()["read_only"] is True


# ── S19: too much ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_s19_large_bodies_are_refused(served: Running) -> None:
    """A body beyond the limit is refused by its declared size, and while it arrives when it declares none."""
    kind = {"Content-Type": "application/json"}
    declared = {**kind, "Content-Length": str(1 << 30)}
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as raw:
        head = "".join(f"{name}: {value}\r\n" for name, value in declared.items())
        raw.sendall(f"POST /api/sql HTTP/1.1\r\nHost: localhost\r\n{head}\r\n".encode())
        assert b" 413 " in raw.recv(1000)
    pieces = (b" " * 65_536 for _ in range(MAX_BODY_BYTES // 65_536 + 2))
    assert served.client.post("/api/sql", content=pieces, headers=kind).status_code == 413
    packed = {**kind, "Content-Encoding": "gzip"}
    assert served.client.post("/api/sql", content=b"x", headers=packed).status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000, '{"a":' * 50_000, "", "null", "[]", '"x"', '{"query": NaN}', "\x00", '{"query": "SELECT 1", "timeout_s": 1e999}',
        '{"query": "SELECT 1", "timeout_s": NaN}', '{"query": "SELECT 1", "max_rows": 1e30}', '{"query": "SELECT 1", "more": 1}',
    ],
)  # fmt: skip
def test_s19_odd_bodies_are_problems(served: Running, body: str) -> None:
    """Deep, empty, wrong and non-finite JSON is a 4xx problem."""
    answer = served.client.post("/api/sql", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert _is_problem(answer)


@pytest.mark.parametrize(
    "question",
    [
        {"keys": ["loss"], "run_ids": ["beta"], "width": 10**9}, {"keys": ["k"] * 5_000, "project": "demo"},
        {"keys": [], "project": "demo"},
        {"keys": ["loss"]}, {"keys": ["loss"], "run_ids": ["x"] * 10_000}, {"keys": ["loss"], "run_ids": ["beta"], "start": "x"},
        {"keys": ["loss"], "run_ids": ["beta"], "smooth": {"kind": "ema", "amount": 1.0}},
        {"keys": ["loss"], "run_ids": ["beta"], "smooth": {"kind": "cubic", "amount": 1.0}},
    ],
)  # fmt: skip
def test_s19_unbounded_questions_for_curves_are_refused(served: Running, question: dict[str, object]) -> None:
    """A question for more than a page can show is a problem, not work."""
    answer = served.client.post("/api/series", json=question)
    assert answer.status_code == 400
    assert _is_problem(answer)


def test_s19_range_headers_stay_cheap(serve: Serve, store: Path) -> None:
    """One range is served; lists of ranges, nonsense and ranges outside cost nothing."""
    sha256 = LocalObjects(Layout(store)).put_bytes(b"0123456789")
    client = serve().client

    def ask(wanted: str) -> httpx.Response:
        return client.get(f"/api/objects/{sha256}", headers={"Range": wanted})

    assert (ask("bytes=2-4").status_code, ask("bytes=2-4").content) == (206, b"234")
    assert (ask("bytes=-3").content, ask("bytes=8-").content, ask("bytes=0-99").content) == (
        b"789",
        b"89",
        b"0123456789",
    )
    assert ask("bytes=0-0").headers["content-range"] == "bytes 0-0/10"
    assert ask("bytes=" + ",".join("0-" for _ in range(1_000))).content == b"0123456789"
    assert ask("bytes=10-").status_code == ask("bytes=-0").status_code == 416
    assert ask("chars=1-2").status_code == ask("bytes=4-2x").status_code == 200


def test_s19_a_slow_client_keeps_nobody_waiting(served: Running) -> None:
    """Bodies that never arrive and answers that nobody reads leave the server quick for others."""
    idle = [socket.create_connection(("127.0.0.1", served.port), timeout=5) for _ in range(40)]
    for number, raw in enumerate(idle):
        raw.sendall(
            b"POST /api/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"[
                : 20 + 3 * number
            ]
        )
    begun = time.monotonic()
    assert served.client.get("/api/runs").status_code == 200
    assert time.monotonic() - begun < 3
    for raw in idle:
        raw.close()


@pytest.mark.parametrize("value", ["x" * 40_000, "%00", "\u202e", "9" * 400])
def test_s19_odd_parameters_are_problems_or_nothing(served: Running, value: str) -> None:
    """Long and odd values of parameters are refused or find nothing; never an error of the server."""
    for path, name in (
        ("/api/runs", "q"),
        ("/api/runs", "limit"),
        ("/api/facets", "field"),
        ("/api/changes", "cursor"),
        ("/api/resolve", "selector"),
    ):
        answer = served.client.get(path, params={name: value})
        assert answer.status_code < 500, (path, name, answer.text)
        assert answer.status_code == 200 or _is_problem(answer)


# ── S20: broken journals ────────────────────────────────────────────────────────────────────────────────────────────────


def test_s20_damaged_journals_leave_the_rest_readable(serve: Serve, store: Path) -> None:
    """Torn lines, wrong bytes, huge steps and times of the future in one run: every route still answers, and the others are whole."""
    writer = make_run(store, "torn", [{"loss": 1.0}] * 5, status=None)
    writer.append({"loss": 2.0}, (1 << 63) - 1)
    writer.sync()
    part = next((store / "runs" / "torn").glob("*"))
    with part.open("ab") as file:
        file.write(b'{"step": 1, "loss": \xff\xfe}\n{"_set": [\n["truncated')
    client = serve().client
    for path in (
        "/api/runs", "/api/runs/torn", "/api/runs/torn/rows", "/api/runs/torn/console", "/api/projects", "/api/columns",
        "/api/groups?by=-seed", "/api/compare?runs=torn,beta", "/metrics",
    ):  # fmt: skip
        assert client.get(path).status_code == 200, path
    question = {"run_ids": ["torn", "beta"], "keys": ["loss"], "width": 100}
    assert client.post("/api/series", json=question).status_code == 200
    assert client.get("/api/runs/beta").json()["rows"] == 20


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_expected_is_a_problem_without_details(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception within gives a 500 that tells nothing but a number for the log."""
    running = serve()

    def explode(_query: object) -> None:
        raise RuntimeError("the secret detail")

    monkeypatch.setattr(running.source, "runs", explode)
    answer = running.client.get("/api/runs")
    assert answer.status_code == 500
    assert _is_problem(answer)
    assert "secret" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_a_taken_port_is_said(served: Running) -> None:
    """A port that was asked for and is taken is an error with a hint; without one the next free is taken."""
    with pytest.raises(InvalidSetting, match="cannot listen"):
        bind("127.0.0.1", served.port)
    first, second = bind("127.0.0.1", None), bind("127.0.0.1", None)
    assert first.getsockname()[1] != second.getsockname()[1]
    first.close()
    second.close()


def test_runs_outside_the_bin_are_not_purged(served: Running) -> None:
    """Destroying takes two steps: the bin first."""
    purge = {"run_ids": ["beta"], "confirm": "purge"}
    assert served.client.post("/api/purge", json=purge).status_code == 400
    served.source.edit(["beta"], Edit(deleted=True))
    assert served.client.post("/api/purge", json=purge).json()["runs"] == ["beta"]
    assert served.client.get("/api/runs/beta").status_code == 404
