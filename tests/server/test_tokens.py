"""Tokens and what they open: hashed at rest, revocable, expiring, for some projects."""

from __future__ import annotations

import stat
from pathlib import Path

import duckdb
import orjson
import pytest
from starlette.requests import HTTPConnection

from eventide.errors import (
    EventideError,
    InvalidName,
    InvalidQuery,
    InvalidSetting,
    NotFound,
    ObjectNotFound,
    RunNotFound,
    StoreDamaged,
)
from eventide.layout import Layout
from eventide.model import Edit, FileQuery, RunQuery, SeriesQuery
from eventide.objects.local import LocalObjects
from eventide.server.auth import EVERYTHING
from eventide.server.limits import Audit, RateLimit, changes
from eventide.server.scoped import ScopedSource
from eventide.server.tokens import BookGate, FileShelf, TokenBook, cookie_of
from eventide.store.local import LocalSource
from eventide.testing import FIRST, SAMPLE_OBJECT, SECOND, THIRD, FakeClock, make_run, make_sample_store


@pytest.fixture
def clock() -> FakeClock:
    """A clock to turn."""
    return FakeClock()


@pytest.fixture
def book(tmp_path: Path, clock: FakeClock) -> TokenBook:
    """An empty book."""
    return TokenBook(FileShelf(tmp_path / "access" / "tokens.json"), clock)


def test_a_token_opens_what_its_scope_says(book: TokenBook) -> None:
    """A made token is found again, by itself and by its cookie; anything else is not."""
    token, kept = book.create("write", user="ada", projects=["demo"])
    assert book.find(token) == kept == book.find_cookie(cookie_of(token))
    assert (kept.scope, kept.user, kept.projects) == ("write", "ada", ("demo",))
    for wrong in (
        "",
        "evt",
        "evt__",
        token + "x",
        token[:-1],
        token.upper(),
        f"evt_{kept.id}_",
        cookie_of(token),
        kept.hash,
    ):
        assert book.find(wrong) is None
        assert book.find_cookie(wrong + ".") is None


def test_the_secret_is_nowhere_on_the_disk(book: TokenBook, tmp_path: Path) -> None:
    """The file holds neither the token nor its cookie, and only its owner can read it."""
    token, _ = book.create("read")
    path = tmp_path / "access" / "tokens.json"
    assert token.split("_", 2)[2] not in path.read_text()
    assert cookie_of(token) not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_revoked_token_opens_nothing(book: TokenBook, clock: FakeClock) -> None:
    """Revoking works at once, in every process, and twice is once."""
    token, kept = book.create("admin")
    other = TokenBook(book._shelf, clock)
    assert other.find(token) is not None
    first = book.revoke(kept.id)
    clock.advance(10)
    assert book.revoke(kept.id) == first
    assert other.find(token) is None
    assert [token.revoked is not None for token in other.tokens()] == [True]
    with pytest.raises(NotFound):
        book.revoke("nothing")


def test_a_token_expires(book: TokenBook, clock: FakeClock) -> None:
    """After its time it opens nothing."""
    token, _ = book.create("read", expires_in_s=60)
    clock.advance(59)
    assert book.find(token) is not None
    clock.advance(1)
    assert book.find(token) is None


def test_a_token_that_cannot_be_is_refused(book: TokenBook) -> None:
    """Unknown scopes, past times and impossible names make no token."""
    for refused in ({"scope": "root"}, {"scope": "read", "expires_in_s": 0}):
        with pytest.raises(InvalidSetting):
            book.create(**refused)
    for named in ({"user": "a/b"}, {"projects": ["../x"]}):
        with pytest.raises(InvalidName):
            book.create("read", **named)
    assert book.tokens() == []


def test_a_damaged_book_opens_nothing(book: TokenBook, tmp_path: Path) -> None:
    """Who cannot read the tokens lets nobody in."""
    token, _ = book.create("read")
    (tmp_path / "access" / "tokens.json").write_text("{")
    with pytest.raises(StoreDamaged):
        book.find(token)


# ── some projects of a source ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def scoped(tmp_path: Path) -> ScopedSource:
    """What somebody sees who may see the project `demo`."""
    make_sample_store(tmp_path / "store")
    return ScopedSource(LocalSource(tmp_path / "store"), frozenset({"demo"}))


def test_other_projects_do_not_exist(scoped: ScopedSource) -> None:
    """Lists, counts, keys and facets hold nothing of them."""
    assert [project.name for project in scoped.projects()] == ["demo"]
    assert {run.project for run in scoped.runs(RunQuery()).runs} == {"demo"}
    assert scoped.runs(RunQuery("", "other")).total == 0
    assert (scoped.info().runs, scoped.info().projects, scoped.info().root) == (2, 1, "")
    assert "a b/c.d" not in [key.key for key in scoped.keys(project=None)]
    assert scoped.keys(project="other") == []
    assert [facet.value for facet in scoped.facets("project", RunQuery())] == ["demo"]
    assert set(scoped.rows().column("run_id").to_pylist()) == {FIRST, SECOND}
    assert THIRD not in scoped.changes().run_ids


def test_runs_of_other_projects_are_not_found(scoped: ScopedSource) -> None:
    """Whoever names one learns no more than of one that never was."""
    for question in (
        lambda: scoped.run(THIRD),
        lambda: scoped.resolve(THIRD),
        lambda: scoped.resolve(THIRD[:20]),
        lambda: scoped.resolve("@running"),
        lambda: scoped.console(THIRD),
        lambda: scoped.keys(run_ids=[THIRD]),
        lambda: scoped.edit([FIRST, THIRD], Edit(name="x")),
    ):
        with pytest.raises(RunNotFound):
            question()
    assert scoped.series(SeriesQuery((THIRD,), ("loss",))) == []
    assert scoped.rows([THIRD]).num_rows == 0
    assert scoped.files(FileQuery((THIRD,))) == scoped.files(FileQuery()) == []


def test_own_runs_answer_as_ever(scoped: ScopedSource) -> None:
    """What may be seen is seen whole, and changed where the right is there."""
    assert scoped.resolve("@last") == scoped.resolve("second") == [SECOND]
    assert scoped.resolve(FIRST[:20]) == [FIRST]
    scoped.edit([FIRST], Edit(name="renamed"))
    assert scoped.run(FIRST).name == "renamed"
    assert len(scoped.series(SeriesQuery((FIRST, THIRD), ("loss",)))) == 1


def test_objects_of_other_projects_are_not_found(scoped: ScopedSource, tmp_path: Path) -> None:
    """An object that only another project refers to is refused; shared ones are not."""
    sha256 = LocalObjects(Layout(tmp_path / "store")).put_bytes(SAMPLE_OBJECT)
    for question in (scoped.open_object, scoped.object_size):
        with pytest.raises(ObjectNotFound):
            question(sha256)
    make_run(tmp_path / "store", "mine", status=None).file({"kind": "media", "name": "m", "sha256": sha256})
    assert scoped.open_object(sha256) == SAMPLE_OBJECT


@pytest.mark.parametrize("sealed", [False, True])
def test_sql_sees_those_projects_alone(tmp_path: Path, *, sealed: bool) -> None:
    """No view, hint, listing or inner table has anything of another project, in the journals and in the sealed tables."""
    make_sample_store(tmp_path / "store")
    source = LocalSource(tmp_path / "store")
    source.edit([THIRD, SECOND], Edit(deleted=True))
    if sealed:
        source.compact(include_open=True)
    scoped = ScopedSource(source, frozenset({"demo"}))

    def texts(query: str) -> str:
        return str(scoped.sql(query).to_pylist())

    assert [row["run_id"] for row in scoped.sql("SELECT run_id FROM db.runs").to_pylist()] == [FIRST]
    for view in [row["name"] for row in scoped.sql("SHOW TABLES").to_pylist()]:
        assert "other" not in texts(f'SELECT * FROM db."{view}"')
        assert THIRD not in texts(f'SELECT * FROM db."{view}"')
    assert scoped.sql("SELECT count(DISTINCT run_id) AS n FROM db.events").to_pylist() == [{"n": 1}]
    assert "a b/c.d" not in texts("DESCRIBE db.events")
    assert texts("SELECT * FROM __events_hidden") == str([{"hidden_run": SECOND}])
    with pytest.raises(InvalidQuery) as caught:
        scoped.sql("SELECT value('a b/c.e') FROM db.events")
    assert "a b/c.d" not in f"{caught.value} {caught.value.hint}"
    assert len(source.sql("SELECT * FROM db.keys")) > len(scoped.sql("SELECT * FROM db.keys"))


def test_sql_of_some_projects_reads_no_files_of_others(tmp_path: Path) -> None:
    """Files are refused by their place, even where a statement could name them."""
    make_sample_store(tmp_path / "store")
    source = LocalSource(tmp_path / "store")
    source.compact(include_open=True)
    (file, *_) = (tmp_path / "store" / "tables").glob("other/events/*.parquet")
    with pytest.raises(EventideError):
        ScopedSource(source, frozenset({"demo"})).sql(f"SELECT * FROM read_parquet('{file}')")
    engine = source._read().engine(source._lock, ("demo",))
    with pytest.raises(duckdb.PermissionException):
        engine._con.execute(f"SELECT * FROM read_parquet('{file}')")


# ── limits and audit ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_asks_too_often_waits(clock: FakeClock) -> None:
    """A burst passes, then the rate holds; others do not notice."""
    rate = RateLimit(10.0, 5, clock)
    assert [rate.wait_s("a") > 0 for _ in range(7)] == [False] * 5 + [True] * 2
    assert rate.wait_s("b") == 0
    clock.advance(0.125)
    assert (rate.wait_s("a"), rate.wait_s("a") > 0) == (0.0, True)


def test_changes_are_written_down(tmp_path: Path, clock: FakeClock) -> None:
    """The log says who did what from where and how it ended; a disk that refuses stops nobody."""
    Audit(tmp_path / "audit.jsonl", clock).note(
        user="ada", caller="10.0.0.1", method="PATCH", path="/api/runs", status=200
    )
    (line,) = (tmp_path / "audit.jsonl").read_bytes().splitlines()
    assert orjson.loads(line) == {
        "ts": clock.now_s, "user": "ada", "from": "10.0.0.1", "method": "PATCH", "path": "/api/runs", "status": 200,
    }  # fmt: skip
    Audit(tmp_path / "nowhere" / "audit.jsonl", clock).note(user="", caller="", method="", path="", status=0)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/runs", False),
        ("PATCH", "/api/runs", True),
        ("POST", "/api/series", False),
        ("POST", "/api/source/runs", False),
        ("POST", "/api/source/edit", True),
        ("POST", "/api/purge", True),
        ("POST", "/api/runs/values", False),
        ("POST", "/api/sql", False),
        ("PUT", "/api/sql/views/mine", True),
        ("DELETE", "/api/sql/views/mine", True),
        ("POST", "/api/relay/parts", False),
    ],
)
def test_only_what_could_change_something_is_written_down(method: str, path: str, *, expected: bool) -> None:
    """Reading leaves no line."""
    assert expected == changes(method, path)


# ── who a server lets in ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_token_closes_the_door(book: TokenBook, clock: FakeClock) -> None:
    """Everybody of this machine is let in until a token is made; then nobody without one, also when the token has ended."""
    gate = BookGate(book, until_first=EVERYTHING)
    nobody = HTTPConnection({"type": "http", "headers": []})
    assert gate.access(nobody) is EVERYTHING
    token, _ = book.create("read", expires_in_s=60)
    asked = HTTPConnection({"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]})
    assert gate.access(nobody) is None
    assert gate.access(asked) is not None
    clock.advance(61)
    assert gate.access(asked) is gate.access(nobody) is None
    assert BookGate(book, until_first=EVERYTHING).access(nobody) is None
    assert BookGate(TokenBook(FileShelf(Path("none"))), until_first=None).access(nobody) is None
