"""Bringing journals to a hub: nothing is lost or doubled, whatever happens to requests, senders and receivers."""

from __future__ import annotations

import hashlib
import random
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventide.errors import EventideError, InvalidValue, Unreachable
from eventide.journal.writer import JournalWriter
from eventide.layout import Layout
from eventide.objects.local import LocalObjects
from eventide.relay.answer import dispatch
from eventide.relay.frames import Ack, Piece, dump_frame, load_frame, packed, unpacked
from eventide.relay.memory import memory_path
from eventide.relay.outbox import Outbox, whole_lines
from eventide.relay.receiver import PURGED, Allowed, Covered, Receiver
from eventide.relay.sender import Sender
from eventide.store.local import LocalSource
from eventide.testing import FakeClock, make_run

RUN = "20260101-000000-quiet-stork-aaaaaaaa"


class Wire:
    """A hub reached without a network; requests can be lost on the way there, or their answers on the way back."""

    def __init__(self, root: Path, *, chaos: random.Random | None = None, url: str = "http://127.0.0.1:1") -> None:
        self.url = url
        self.layout = Layout(root)
        self.layout.create(now_s=0.0)
        self.chaos = chaos
        self.allowed: Allowed = lambda _project: True
        self.covered: Covered = lambda _project, _writer: 0
        self.restart()

    def restart(self) -> None:
        """Forget everything that is not in the store."""
        self.receiver = Receiver(self.layout, LocalObjects(self.layout), self.covered)

    def request(self, method: str, path: str, body: bytes, *, headers: Mapping[str, str]) -> bytes:
        """Answer as the hub's server does."""
        assert method in {"POST", "PUT"}
        parts = urlsplit(path)
        fate = self.chaos.random() if self.chaos else 1.0
        if fate < 0.15:
            raise Unreachable("lost on the way there")
        if headers.get("Content-Encoding") == "gzip":
            body = unpacked(body)
        if fate < 0.25:
            self.restart()

        def answer() -> dict[str, Any]:
            what = parts.path.removeprefix("/api/relay/")
            return dispatch(self.receiver, what, dict(parse_qsl(parts.query)), body, allowed=self.allowed, hub="hub")

        said = answer()
        if 0.25 <= fate < 0.4:
            raise Unreachable("lost on the way back")
        if 0.4 <= fate < 0.5:
            said = answer()  # delivered twice
        return orjson.dumps(said)


def sender(root: Path, wire: Wire, **options: Any) -> Sender:
    """Return what sends a store over a wire, without waiting for anything."""
    return Sender(wire, Outbox(Layout(root)), sleep=lambda _s: None, clock=FakeClock(), **options)  # type: ignore[arg-type]


def journals(root: Path) -> dict[str, bytes]:
    """Return the parts of a store."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted((root / "runs").glob("*/*.jsonl"))}


def settle(sending: Sender) -> None:
    """Send until a round goes through without a failure."""
    for _ in range(500):
        try:
            sending.round()
        except EventideError as error:
            sending.failed(error)
        else:
            return
    raise AssertionError("it never got through")


def test_a_store_arrives_byte_for_byte(tmp_path: Path) -> None:
    """After one round the hub has every part as it is, answers the same, and the next round sends nothing."""
    for number in range(5):
        make_run(
            tmp_path / "here", f"run-{number}", [{"loss": 1 / (step + 1)} for step in range(100)], config={"lr": number}
        )
    wire = Wire(tmp_path / "hub")
    sending = sender(tmp_path / "here", wire)

    assert sending.round()
    assert not sending.round()

    assert journals(tmp_path / "here") == journals(tmp_path / "hub")
    assert sending.progress.journal_bytes == sum(map(len, journals(tmp_path / "hub").values()))
    here, there = (LocalSource(tmp_path / side).rows() for side in ("here", "hub"))
    assert here.equals(there)


def test_a_torn_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    """Half a line is never sent; once completed it follows."""
    writer = make_run(tmp_path / "here", RUN, [{"loss": 1.0}], status=None)
    part = next((tmp_path / "here" / "runs" / RUN).glob("*.jsonl"))
    with part.open("ab") as file:
        file.write(b'{"step":1,"ts":1.0,"lo')
    wire = Wire(tmp_path / "hub")
    sending = sender(tmp_path / "here", wire)
    sending.round()
    assert next(iter(journals(tmp_path / "hub").values())).endswith(b"}\n")

    with part.open("ab") as file:
        file.write(b'ss":0.5}\n')
    sending.round()

    assert journals(tmp_path / "here") == journals(tmp_path / "hub")
    assert isinstance(writer, JournalWriter)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(0, 60), min_size=1, max_size=5), limited=st.booleans())
def test_nothing_is_lost_or_doubled_by_any_accident(
    tmp_path_factory: pytest.TempPathFactory, seed: int, sizes: list[int], limited: bool
) -> None:
    """Lost requests, lost answers, repeats, restarts of both sides and growth meanwhile leave the same bytes on both sides."""
    tmp_path = tmp_path_factory.mktemp("relay")
    chaos = random.Random(seed)
    wire = Wire(tmp_path / "hub", chaos=chaos)
    objects = LocalObjects(Layout(tmp_path / "here"))
    writers = []
    for number, size in enumerate(sizes):
        rows = [{"loss": float(step), "note": "é\n" * step} for step in range(size)]
        writers.append(make_run(tmp_path / "here", f"run-{number}", rows, status=None))
    hashes = set()
    for step in range(6):
        sending = sender(tmp_path / "here", wire, limit_bytes_per_s=30_000 if limited else None)
        for writer in writers:
            if chaos.random() < 0.5:
                inner = objects.put_bytes(chaos.randbytes(chaos.randrange(50_000)))
                manifest = objects.put_bytes(orjson.dumps({"files": {"a": inner}}))
                hashes |= {inner, manifest}
                writer.file({"kind": "snapshot", "name": "code", "sha256": manifest})
            writer.append({"loss": float(step)})
        if chaos.random() < 0.5:
            try:
                sending.round()
            except EventideError as error:
                sending.failed(error)
    for writer in writers:
        writer.close({"status": "finished"})

    settle(sender(tmp_path / "here", wire))

    assert journals(tmp_path / "here") == journals(tmp_path / "hub")
    there = LocalObjects(Layout(tmp_path / "hub"))
    assert all(hashlib.sha256(there.read(sha256)).hexdigest() == sha256 for sha256 in hashes)
    assert not list((tmp_path / "hub" / "incoming").glob("*"))


def test_two_senders_of_one_store_do_not_double_anything(tmp_path: Path) -> None:
    """A relay beside a script that sends for itself: whoever comes second finds it done."""
    writer = make_run(tmp_path / "here", RUN, [{"loss": 1.0}], status=None)
    wire = Wire(tmp_path / "hub")
    one, other = sender(tmp_path / "here", wire), sender(tmp_path / "here", wire)
    for step in range(20):
        writer.append({"loss": float(step)})
        (one if step % 2 else other).round()
    one.round()
    assert journals(tmp_path / "here") == journals(tmp_path / "hub")


def test_only_what_is_lacking_is_sent_after_a_restart(tmp_path: Path) -> None:
    """A new sender asks, and sends the rest."""
    writer = make_run(tmp_path / "here", RUN, [{"loss": float(step)} for step in range(1000)], status=None)
    wire = Wire(tmp_path / "hub")
    sender(tmp_path / "here", wire).round()
    writer.append({"loss": 0.0})

    again = sender(tmp_path / "here", wire)
    again.round()

    assert again.progress.journal_bytes < 100
    assert journals(tmp_path / "here") == journals(tmp_path / "hub")


def test_objects_are_remembered_as_delivered(tmp_path: Path) -> None:
    """With a memory, a new sender does not look through journals again; without it, it asks and sends nothing twice."""
    sha256 = LocalObjects(Layout(tmp_path / "here")).put_bytes(b"x" * 100)
    make_run(tmp_path / "here", RUN, [{"loss": 1.0}], status=None).file(
        {"kind": "media", "name": "a", "sha256": sha256}
    )
    wire = Wire(tmp_path / "hub")
    memory = tmp_path / "cache" / "relay.json"
    for expected in (1, 0):
        outbox = Outbox(Layout(tmp_path / "here"), memory=memory)
        sending = Sender(wire, outbox, sleep=lambda _s: None, clock=FakeClock())  # type: ignore[arg-type]
        sending.round()
        assert expected == sending.progress.objects
    assert memory.exists()
    memory.write_text("nonsense")
    sending = sender(tmp_path / "here", wire)
    sending.round()
    assert sending.progress.objects == 0


def test_a_purged_run_is_not_sent_again(tmp_path: Path) -> None:
    """What was removed from the hub for ever stays removed, and the outbox says so."""
    make_run(tmp_path / "here", RUN, [{"loss": 1.0}])
    wire = Wire(tmp_path / "hub")
    wire.covered = lambda _project, _writer: PURGED
    wire.restart()
    outbox = Outbox(Layout(tmp_path / "here"))
    sending = Sender(wire, outbox, sleep=lambda _s: None, clock=FakeClock())  # type: ignore[arg-type]
    sending.round()
    assert journals(tmp_path / "hub") == {}
    assert "removed" in next(iter(outbox.stopped().values()))


def test_what_is_sealed_and_removed_on_the_hub_is_not_sent_again(tmp_path: Path) -> None:
    """Retention on the hub does not make relays start over."""
    make_run(tmp_path / "here", RUN, [{"loss": float(step)} for step in range(100)])
    wire = Wire(tmp_path / "hub")
    sender(tmp_path / "here", wire).round()
    whole = journals(tmp_path / "hub")
    (path,) = whole
    (tmp_path / "hub" / path).unlink()
    wire.covered = lambda _project, _writer: len(whole[path])
    wire.restart()

    again = sender(tmp_path / "here", wire)

    assert not again.round()
    assert again._outbox.behind()[RUN] == (len(whole[path]),) * 3


def test_a_project_that_is_not_allowed_is_refused(tmp_path: Path) -> None:
    """A token for one project cannot write to another, and nothing of it arrives."""
    make_run(tmp_path / "here", RUN, [{"loss": 1.0}], project="secret")
    make_run(tmp_path / "here", "other-run", [{"loss": 1.0}], project="mine")
    wire = Wire(tmp_path / "hub")
    wire.allowed = lambda project: project == "mine"
    sending = sender(tmp_path / "here", wire)
    sending.round()
    assert [path.split("/")[1] for path in journals(tmp_path / "hub")] == ["other-run"]
    assert "secret" in sending._outbox.stopped()[RUN, next(iter(journals(tmp_path / "here"))).split("/")[2]]


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ("../x", "w-000000.jsonl"),
        (RUN, "../../store.json"),
        (RUN, "w-000000.jsonl/../../x"),
        (RUN, "/etc/passwd"),
        (RUN, "w.jsonl"),
        (RUN, ""),
        ("", "w-000000.jsonl"),
    ],
)
def test_names_from_the_network_never_leave_the_store(tmp_path: Path, run: str, name: str) -> None:
    """Names that are none of a part are refused, and no file is made."""
    wire = Wire(tmp_path / "hub")
    before = sorted(tmp_path.rglob("*"))
    ack = wire.receiver.append(Piece(run, name, 0, 0, b'{"_run":{}}\n'), lambda _project: True)
    assert (ack.state, ack.received) == ("refused", 0)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "body", [b"", b"x\n", b'{"step":0}\n', b'{"_run":{"v":1}}\n', b'{"_run":{"v":99,"run":"r"}}\n']
)
def test_a_part_without_its_own_header_is_refused(tmp_path: Path, body: bytes) -> None:
    """Only bytes that begin with the header of that very part make a file."""
    wire = Wire(tmp_path / "hub")
    ack = wire.receiver.append(Piece("r", "w-000000.jsonl", 0, 0, body), lambda _project: True)
    assert ack.received == 0
    assert journals(tmp_path / "hub") == {}


def test_the_header_of_another_run_is_refused(tmp_path: Path) -> None:
    """A part cannot be put into the folder of a run that is not its own."""
    make_run(tmp_path / "here", RUN, [{"loss": 1.0}])
    ((path, data),) = journals(tmp_path / "here").items()
    wire = Wire(tmp_path / "hub")
    ack = wire.receiver.append(Piece("another", path.split("/")[2], 0, 0, data), lambda _project: True)
    assert (ack.state, journals(tmp_path / "hub")) == ("refused", {})


def test_an_object_with_other_bytes_than_its_hash_is_thrown_away(tmp_path: Path) -> None:
    """A wrong object is refused as a whole, and can be sent again."""
    wire = Wire(tmp_path / "hub")
    sha256 = hashlib.sha256(b"right").hexdigest()
    with pytest.raises(InvalidValue, match="another hash"):
        wire.receiver.put(sha256, 0, b"wrong", 5)
    assert wire.receiver.put(sha256, 0, b"ri", 5) == (2, False)
    assert wire.receiver.put(sha256, 0, b"ri", 5) == (2, False)
    assert wire.receiver.put(sha256, 2, b"ght", 5) == (5, True)
    assert LocalObjects(wire.layout).read(sha256) == b"right"


@given(st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=30)), max_size=5))
def test_frames_come_back_as_they_were(contents: list[tuple[str, bytes]]) -> None:
    """Any pieces go into a frame and come out again."""
    pieces = [Piece(name, name, number, number, data) for number, (name, data) in enumerate(contents)]
    assert load_frame(unpacked(packed(dump_frame(pieces, [("r", "n")])))) == (pieces, [("r", "n")])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"{}\n",
        b'{"pieces":[]}',
        b'{"pieces":[]}\nx',
        b'{"pieces":[{"run":"r","name":"n","at":0,"offset":0,"size":2}]}\nx',
        b'{"pieces":[{"run":"r","name":"n","at":0,"offset":-1,"size":1}]}\nx',
        b'{"pieces":[{"run":1,"name":"n","at":0,"offset":0,"size":1}]}\nx',
        b'{"pieces":3}\n',
    ],
)
def test_a_broken_frame_is_refused(data: bytes) -> None:
    """A frame whose contents do not add up is refused as a whole."""
    with pytest.raises(InvalidValue):
        load_frame(data)


def test_a_compressed_bomb_is_refused() -> None:
    """A small request cannot become a large one."""
    with pytest.raises(InvalidValue):
        unpacked(packed(bytes(10_000_000)), limit_bytes=1_000_000)
    with pytest.raises(InvalidValue):
        unpacked(zlib.compress(b"x"))
    with pytest.raises(InvalidValue):
        unpacked(packed(b"x" * 1000)[:-9])


def test_whole_lines_take_a_long_line_whole(tmp_path: Path) -> None:
    """A line longer than the size asked for comes in one piece; a torn one does not come."""
    path = tmp_path / "lines"
    path.write_bytes(b"a" * 100 + b"\n" + b"b\n" + b"torn")
    assert whole_lines(path, 0, 10) == b"a" * 100 + b"\n"
    assert whole_lines(path, 101, 10) == b"b\n"
    assert whole_lines(path, 103, 10) == b""


def test_acks_are_plain(tmp_path: Path) -> None:
    """What a hub says of a part says how much arrived and how much is sealed."""
    make_run(tmp_path / "here", RUN, [{"loss": 1.0}])
    ((path, data),) = journals(tmp_path / "here").items()
    wire = Wire(tmp_path / "hub")
    wire.covered = lambda _project, _writer: 10
    wire.restart()
    name = path.split("/")[2]
    assert wire.receiver.have(RUN, name, 0, "demo", lambda _project: True) == Ack(10, 10)
    assert wire.receiver.append(Piece(RUN, name, 0, 0, data), lambda _project: True) == Ack(len(data), 10)


def test_a_sender_of_one_run_looks_at_no_other(tmp_path: Path) -> None:
    """What sends one run opens no folder of another, however many there are."""
    for number in range(3):
        make_run(tmp_path / "here", f"run-{number}", [{"loss": 1.0}])
    (tmp_path / "here" / "runs" / "run-2" / "broken-000000.jsonl").write_text("nonsense\n")
    wire = Wire(tmp_path / "hub")
    outbox = Outbox(Layout(tmp_path / "here"), frozenset({"run-1", "not-there"}))
    Sender(wire, outbox, sleep=lambda _s: None, clock=FakeClock()).round()  # type: ignore[arg-type]
    assert [path.split("/")[1] for path in journals(tmp_path / "hub")] == ["run-1"]
    assert list(outbox.behind()) == ["run-1"]


def test_retention_waits_for_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealed journals stay as long as the hub of the settings, or one that was sent to, lacks some of the run."""
    monkeypatch.setenv("EVENTIDE_HUB", "http://127.0.0.1:1")
    make_run(tmp_path / "here", "sent", [{"loss": 1.0}])
    source = LocalSource(tmp_path / "here")
    source.seal()
    assert (source.retain(0).files, source.retain(0).unsent) == (0, 1)

    layout = Layout(tmp_path / "here")
    memory = memory_path(layout, "http://127.0.0.1:1")
    sending = Sender(Wire(tmp_path / "hub"), Outbox(layout, memory=memory), clock=FakeClock())  # type: ignore[arg-type]
    settle(sending)
    monkeypatch.delenv("EVENTIDE_HUB")
    make_run(tmp_path / "here", "later", [{"loss": 1.0}])
    source.seal()
    done = source.retain(0)
    assert (done.runs, done.unsent) == (("sent",), 1)
    assert source.retain(0, unsent=True).runs == ("later",)
