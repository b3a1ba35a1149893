"""Several hub nodes on one bucket and one database: nothing is lost or doubled, whichever node is asked, killed or new."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

import eventide
from eventide.errors import AccessDenied, EventideError, InvalidSetting, RunNotFound, StoreError, Unreachable
from eventide.layout import Layout
from eventide.model import Edit, FileQuery, RunStatus
from eventide.nodes.bucket import Bucket
from eventide.nodes.database import Database
from eventide.nodes.mirror import TableMirror
from eventide.nodes.node import DatabaseShelf, Node
from eventide.objects.choice import open_objects
from eventide.relay.frames import Piece
from eventide.relay.outbox import Outbox
from eventide.relay.sender import Sender
from eventide.server.tokens import TokenBook
from eventide.store.local import LocalSource
from eventide.testing import make_run
from eventide.transport import Http

if TYPE_CHECKING:
    from eventide.journal.writer import JournalWriter

pytestmark = pytest.mark.process


class Beside:
    """A node in this process, whose threads are called by hand."""

    def __init__(self, root: Path, bucket_url: str | None, database_url: str | None) -> None:
        layout = Layout(root)
        layout.create(now_s=0.0)
        self.source = LocalSource(root)
        self.database = Database(database_url) if database_url else None
        self.node = Node(
            layout,
            self.source,
            open_objects(layout),
            bucket=Bucket(bucket_url) if bucket_url else None,
            database=self.database,
        )

    def send(self, store: Path) -> None:
        """Take in a whole store."""
        outbox = Outbox(Layout(store))
        outbox.refresh()
        for part in outbox.unasked():
            ack = self.node.receiver.have(
                part.run_id, part.name, part.header.at, part.header.project, lambda _project: True
            )
            outbox.note((part.run_id, part.name), ack)
        while pieces := outbox.pieces(1 << 20):
            for piece in pieces:
                outbox.note((piece.run, piece.name), self.node.receiver.append(piece, lambda _project: True))


def losses(source: LocalSource, run: str) -> list[float]:
    """Return what a run logged, as a source has it."""
    return [float(value) for value in source.rows([run], keys=["loss"]).column("loss").to_pylist()]


def test_sealed_rows_reach_every_node(tmp_path: Path, bucket_url: str) -> None:
    """What one node seals is in the bucket, another node's mirror has it, and a new node needs nothing else."""
    one, other = (Beside(tmp_path / name, bucket_url, None) for name in ("one", "other"))
    make_run(tmp_path / "here", "first", [{"loss": float(step)} for step in range(100)])
    one.send(tmp_path / "here")
    assert one.node.seal()
    other.node.tables()
    assert losses(other.source, "first") == [float(step) for step in range(100)]
    assert other.source.run("first").status == RunStatus.FINISHED
    fresh = Beside(tmp_path / "fresh", bucket_url, None)
    fresh.node.tables()
    assert losses(fresh.source, "first") == losses(one.source, "first")


def test_racing_nodes_seal_every_row_once(tmp_path: Path, bucket_url: str) -> None:
    """Without a database nodes may seal the same rows at once; who comes second takes its commit back and sees what is there."""
    nodes = [Beside(tmp_path / f"node-{number}", bucket_url, None) for number in range(3)]
    for number in range(12):
        make_run(tmp_path / "here", f"run-{number}", [{"loss": float(step)} for step in range(50)])
    for beside in nodes:
        beside.send(tmp_path / "here")
    gate = threading.Barrier(3)

    def seal(beside: Beside) -> None:
        gate.wait()
        for _ in range(6):
            if beside.node.seal():
                return

    threads = [threading.Thread(target=seal, args=(beside,)) for beside in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fresh = Beside(tmp_path / "fresh", bucket_url, None)
    fresh.node.tables()
    count = "SELECT count(*) AS n, count(DISTINCT run_id) AS runs FROM db.events_all"
    assert fresh.source.sql(count).to_pylist() == [{"n": 600, "runs": 12}]


def test_a_commit_that_was_never_pushed_is_taken_back(tmp_path: Path, bucket_url: str) -> None:
    """A node that died between sealing and pushing starts from the bucket, and seals again."""
    one = Beside(tmp_path / "one", bucket_url, None)
    make_run(tmp_path / "here", "first", [{"loss": 1.0}] * 10)
    one.send(tmp_path / "here")
    one.node.seal()
    make_run(tmp_path / "here", "second", [{"loss": 2.0}] * 10)
    one.send(tmp_path / "here")
    one.source.seal()
    one.source.close()

    again = Beside(tmp_path / "one", bucket_url, None)
    again.node.tables()
    assert len(losses(again.source, "second")) == 10
    assert again.node.seal()
    fresh = Beside(tmp_path / "fresh", bucket_url, None)
    fresh.node.tables()
    assert fresh.source.sql("SELECT count(*) AS n FROM db.events_all").to_pylist() == [{"n": 20}]


def test_live_rows_reach_every_node(tmp_path: Path, bucket_url: str, database_url: str) -> None:
    """Bytes that came to one node are read from another; pieces may go to any of them in turn."""
    nodes = [Beside(tmp_path / f"node-{number}", bucket_url, database_url) for number in range(2)]
    writer = make_run(tmp_path / "here", "live", status=None)
    for turn in range(10):
        writer.append({"loss": float(turn)})
        nodes[turn % 2].send(tmp_path / "here")
        for beside in nodes:
            beside.node.follow()
            assert losses(beside.source, "live") == [float(step) for step in range(turn + 1)]
            assert beside.source.run("live").status == RunStatus.RUNNING


def test_pieces_to_any_node_in_any_order_arrive_once(tmp_path: Path, database_url: str) -> None:
    """Duplicates, gaps and repeats at random nodes leave exactly the bytes that were sent."""
    chance = random.Random(4)
    nodes = [Beside(tmp_path / f"node-{number}", None, database_url) for number in range(3)]
    make_run(tmp_path / "here", "run", [{"loss": float(step)} for step in range(300)])
    (path,) = (tmp_path / "here" / "runs" / "run").glob("*.jsonl")
    data = path.read_bytes()
    cuts = [
        0,
        *sorted(place + 1 for place in range(len(data)) if data[place : place + 1] == b"\n" and chance.random() < 0.1),
        len(data),
    ]
    received = 0
    while received < len(data):
        at = chance.randrange(len(cuts) - 1)
        if chance.random() < 0.5:
            at = max(index for index, cut in enumerate(cuts) if cut <= received)
            at = min(at, len(cuts) - 2)
        piece = Piece(
            "run", path.name, 0, cuts[at], data[cuts[at] : cuts[min(len(cuts) - 1, at + chance.randrange(1, 4))]]
        )
        received = max(received, chance.choice(nodes).node.receiver.append(piece, lambda _project: True).received)
    for beside in nodes:
        beside.node.follow()
        assert (beside.source.layout.runs_dir / "run" / path.name).read_bytes() == data


def test_edits_reach_every_node(tmp_path: Path, bucket_url: str, database_url: str) -> None:
    """A name given at one node is seen at the others, also after its run was sealed."""
    one, other = (Beside(tmp_path / name, bucket_url, database_url) for name in ("one", "other"))
    make_run(tmp_path / "here", "run", [{"loss": 1.0}])
    one.send(tmp_path / "here")
    other.node.follow()
    other.source.edit(["run"], Edit(name="renamed", add_tags=("seen",)))
    other.node.follow()
    one.node.follow()
    assert (one.source.run("run").name, one.source.run("run").tags) == ("renamed", ("seen",))
    assert one.node.seal()
    other.node.tables()
    assert other.source.run("run").name == "renamed"


def test_only_one_node_works_on_the_tables(tmp_path: Path, bucket_url: str, database_url: str) -> None:
    """While one holds the turn, another leaves the tables alone."""
    one, other = (Beside(tmp_path / name, bucket_url, database_url) for name in ("one", "other"))
    assert one.database is not None
    with one.database.only_one() as mine:
        assert mine
        assert not other.node.seal()
    assert other.node.seal()


def test_a_purged_run_disappears_everywhere(tmp_path: Path, bucket_url: str, database_url: str) -> None:
    """What one node removes for ever is gone at the others, and no relay brings it back."""
    one, other = (Beside(tmp_path / name, bucket_url, database_url) for name in ("one", "other"))
    make_run(tmp_path / "here", "run", [{"loss": 1.0}])
    make_run(tmp_path / "here", "kept", [{"loss": 1.0}])
    one.send(tmp_path / "here")
    other.node.follow()
    one.node.seal()
    one.source.edit(["run"], Edit(deleted=True))
    one.source.purge(["run"])
    one.node.seal()
    other.node.tables()
    time.sleep(1.1)  # coverage is looked at again after a second
    other.node.follow()
    for beside in (one, other):
        with pytest.raises(RunNotFound):
            beside.source.run("run")
        assert beside.source.run("kept").rows == 1
    ack = other.node.receiver.have(*_first_part(tmp_path / "here", "run"), lambda _project: True)
    assert ack.state == "purged"


def _first_part(root: Path, run: str) -> tuple[str, str, int, str]:
    (path,) = (root / "runs" / run).glob("*.jsonl")
    return run, path.name, 0, "demo"


def test_tokens_are_those_of_all_nodes(database_url: str) -> None:
    """A token made at one node opens another, until it is revoked."""
    one, other = (TokenBook(DatabaseShelf(Database(database_url))) for _ in range(2))
    token, kept = one.create("read", user="ada")
    assert other.find(token) == kept
    one.revoke(kept.id)
    time.sleep(1.1)  # looked at again after a second
    assert other.find(token) is None


def test_wrong_addresses_are_said_plainly(tmp_path: Path, bucket_url: str) -> None:
    """No bucket, no database, or none that answers: an error that names it."""
    with pytest.raises(InvalidSetting):
        Bucket("https://example")
    with pytest.raises(StoreError):
        list(Bucket("s3://there-is-no-such-bucket").names("x"))
    with pytest.raises(StoreError):
        Database("postgresql:///x?host=/nowhere&connect_timeout=1")
    mirror = TableMirror(Layout(tmp_path / "empty"), Bucket(bucket_url))
    assert not mirror.pull()
    assert mirror.push()


# ── as processes ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Process:
    """A hub node as users start it."""

    def __init__(self, root: Path, *options: str) -> None:
        command = [sys.executable, "-m", "eventide", "serve", str(root), "--hub", "--port", "0", *options]
        environment = {key: value for key, value in os.environ.items() if key not in {"EVENTIDE_TOKEN", "EVENTIDE_HUB"}}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert line.startswith("http"), line + self.process.stderr.read()
        self.url = line.split()[0].rstrip("/")

    def end(self, how: int = signal.SIGTERM) -> None:
        """End the process, and wait for it."""
        self.process.send_signal(how)
        self.process.wait(20)
        assert self.process.stderr is not None
        self.process.stderr.close()


@contextlib.contextmanager
def ended(*processes: Process) -> Iterator[None]:
    """End nodes whatever happens."""
    try:
        yield
    finally:
        for process in processes:
            if process.process.poll() is None:
                process.end()


def until(said: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Return what is said once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(Unreachable, RunNotFound):
            found = said()
            if found:
                return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def feed(writer: JournalWriter, senders: list[Sender], count: int) -> None:
    """Log rows and send them to nodes in turn; a node that is away is passed over."""
    for turn in range(count):
        writer.append({"loss": float(turn)})
        with contextlib.suppress(EventideError):
            senders[turn % len(senders)].round()


def test_a_node_may_be_killed_at_any_time(tmp_path: Path, bucket_url: str, database_url: str) -> None:
    """Two nodes behind what might be a balancer: one is killed; the other has every row, and so has a new one with an empty folder."""
    where = ("--data", bucket_url, "--index", database_url)
    one, other = Process(tmp_path / "one", *where), Process(tmp_path / "other", *where)
    with ended(one, other):
        writer = make_run(tmp_path / "here", "run", status=None)
        senders = [Sender(Http(node.url), Outbox(Layout(tmp_path / "here"))) for node in (one, other)]
        feed(writer, senders, 60)
        one.end(signal.SIGKILL)
        feed(writer, senders, 60)
        writer.close({"status": "finished"})
        senders[1].round()
        until(lambda: eventide.open(other.url).run("run").status == RunStatus.FINISHED)
        fresh = Process(tmp_path / "fresh", *where)
        with ended(fresh):
            for node in (other, fresh):
                until(lambda url=node.url: eventide.open(url).run("run").rows == 120)  # type: ignore[misc]
                table = eventide.open(node.url).source.rows(["run"], keys=["loss"])
                assert table.column("loss").to_pylist() == [float(turn) for turn in range(60)] * 2


def test_objects_and_tokens_are_shared(tmp_path: Path, bucket_url: str, database_url: str) -> None:
    """What one node took in, another hands out; a token from the command line opens both."""
    where = ("--data", bucket_url, "--index", database_url)
    made = subprocess.run(
        [sys.executable, "-m", "eventide", "token", "create", "--scope", "write", "--index", database_url],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    token = made.stdout.strip()
    one, other = Process(tmp_path / "one", *where), Process(tmp_path / "other", *where)
    with ended(one, other):
        with pytest.raises(AccessDenied):
            eventide.open(one.url).info()
        run = eventide.init(dir=tmp_path / "here", project="p", console="off")
        (tmp_path / "model.bin").write_bytes(b"weights" * 1000)
        run.log_artifact(tmp_path / "model.bin", name="model")
        run.finish()
        outbox = Outbox(Layout(tmp_path / "here"))
        Sender(Http(one.url, token=token), outbox).round()
        source = eventide.open(other.url, token=token).source
        (artifact,) = until(lambda: source.files(FileQuery(kinds=("artifact",))))
        entry = next(iter(orjson.loads(source.open_object(artifact.sha256))["files"].values()))
        assert source.open_object(entry["sha256"]) == b"weights" * 1000


def test_hub_options_without_a_hub_are_refused(tmp_path: Path) -> None:
    """A bucket or database for a server that takes nothing in is a mistake."""
    done = subprocess.run(
        [sys.executable, "-m", "eventide", "serve", str(tmp_path), "--data", "s3://x/y"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--hub" in done.stderr
