"""Objects in a bucket: a real S3 protocol on the loopback."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import orjson
import pytest

import eventide
from eventide.errors import InvalidSetting, ObjectNotFound
from eventide.layout import Layout
from eventide.objects import connection, s3, young
from eventide.objects.local import LocalObjects
from eventide.relay.answer import dispatch
from eventide.relay.frames import unpacked
from eventide.relay.outbox import Outbox
from eventide.relay.receiver import Receiver
from eventide.relay.sender import Sender
from eventide.store.local import LocalSource

pytest.importorskip("boto3")
servers = pytest.importorskip("moto.server")

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Return the address of a server that speaks S3."""
    server = servers.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def objects(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> s3.S3Objects:
    """Return an empty bucket as an object store."""
    for name, value in (
        ("ACCESS_KEY_ID", "x"),
        ("SECRET_ACCESS_KEY", "x"),
        ("DEFAULT_REGION", "us-east-1"),
        ("ENDPOINT_URL", endpoint),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    connection.forget()
    bucket = f"b{os.urandom(6).hex()}"
    connection.client().create_bucket(Bucket=bucket)
    return s3.S3Objects(f"s3://{bucket}/some/prefix")


def test_bytes_and_files_come_back(objects: s3.S3Objects, tmp_path: Path) -> None:
    """What is put is read back, whole and in part; the same bytes are one object; what is not there is not found."""
    data = os.urandom(100_000)
    sha256 = objects.put_bytes(data)
    (tmp_path / "f").write_bytes(data)
    assert objects.put_file(tmp_path / "f") == sha256 == hashlib.sha256(data).hexdigest()
    assert (objects.read(sha256), objects.part(sha256, 10, 20), objects.size_bytes(sha256)) == (
        data,
        data[10:20],
        len(data),
    )
    with objects.open(sha256) as file:
        file.seek(99_990)
        assert file.read() == data[-10:]
    assert [name for name, *_ in objects.young.listing()] == [sha256]
    for ask in (objects.read, objects.size_bytes, objects.open):
        with pytest.raises(ObjectNotFound):
            ask("0" * 64)
    assert not objects.exists("0" * 64)


def test_an_interrupted_upload_goes_on(objects: s3.S3Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that arrived are not sent again, and nothing can be seen before all of them are there."""
    monkeypatch.setattr(s3, "PART_BYTES", 5 * 1024 * 1024)
    data = os.urandom(17 * 1024 * 1024)
    sent = list[int]()
    client = connection.client()
    real = client.upload_part

    def failing(**asked: Any) -> Any:
        if asked["PartNumber"] == 3 and not sent.count(3):
            sent.append(3)
            raise ConnectionResetError("gone")
        sent.append(asked["PartNumber"])
        return real(**asked)

    monkeypatch.setattr(client, "upload_part", failing)
    with pytest.raises(ConnectionResetError):
        objects.put_counted(io.BytesIO(data))
    sha256 = hashlib.sha256(data).hexdigest()
    assert not objects.exists(sha256)
    sent[:] = [3]
    assert objects.put_counted(io.BytesIO(data)) == (sha256, True)
    assert sent == [3, 3, 4]
    assert objects.read(sha256) == data


def test_a_store_with_its_objects_in_a_bucket(
    objects: s3.S3Objects, store_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Media and artifacts go to the bucket, and readers without the setting find them there."""
    monkeypatch.setenv("EVENTIDE_OBJECTS", objects.url)
    (tmp_path / "f.txt").write_text("hello")
    with eventide.init(dir=store_dir, project="p") as run:
        run.log({"img": np.zeros((64, 64), dtype=np.uint8)})
        run.log_artifact(tmp_path / "f.txt", "model")
    monkeypatch.delenv("EVENTIDE_OBJECTS")
    with eventide.open(store_dir) as store:
        assert store.artifact("model").read("f.txt") == b"hello"
        assert store.artifact("model").verify() == []
        assert store.media()[0].image().size == (64, 64)
    assert not list((store_dir / "objects").glob("??/*"))


def test_an_address_that_is_none(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting says what it can be."""
    for url in ("ftp://x", "s3://"):
        monkeypatch.setenv("EVENTIDE_OBJECTS", url)
        with eventide.init(dir=store_dir) as run, pytest.raises(InvalidSetting):
            run.log_artifact(__file__)


def test_garbage_collection_reads_lists_of_files_in_the_bucket(
    objects: s3.S3Objects, store_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file kept in the store before the bucket was used stays as long as a list of files in the bucket names it."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.txt").write_text("old")
    os.utime(folder / "a.txt", (1e9, 1e9))
    with eventide.init(dir=store_dir, project="p") as run:
        first = run.log_artifact(folder, "data")
    with eventide.open(store_dir) as store:
        store.artifact("data").delete(dry_run=True)
    monkeypatch.setenv("EVENTIDE_OBJECTS", objects.url)
    (folder / "b.txt").write_text("new")
    with eventide.init(dir=store_dir, project="p") as run:
        run.log_artifact(folder, "data")
    with eventide.open(store_dir) as store:
        store.artifact("data:v0").delete()
        assert (store_dir / "objects" / (sha := first.files["a.txt"].sha256)[:2] / sha).exists()
        assert store.artifact("data:v1").verify() == []


def two_versions(store_dir: Path, tmp_path: Path) -> None:
    """Log two versions of an artifact, whose bytes go to the bucket, and delete the second one's record."""
    for text in ("first", "second"):
        (tmp_path / "f.txt").write_text(text)
        with eventide.init(dir=store_dir, project="p") as run:
            run.log_artifact(tmp_path / "f.txt", "model")
    with eventide.open(store_dir) as store:
        store.artifact("model:v1").delete()


def test_garbage_collection_frees_space_in_the_store_s_own_bucket(
    objects: s3.S3Objects, store_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no record names goes, with a report of its bytes, and what one names stays; a dry run and young objects change nothing."""
    monkeypatch.setenv("EVENTIDE_OBJECTS", objects.url)
    two_versions(store_dir, tmp_path)
    before = list(objects.young.listing())
    with contextlib.closing(LocalSource(store_dir)) as source:
        assert source.gc(min_age_days=0).files == 0  # young: their writers may not have come to the record yet
        monkeypatch.setattr(young, "MARK_AFTER_S", -2.0)
        planned = source.gc(min_age_days=0, dry_run=True)
        assert list(objects.young.listing()) == before
        removed = source.gc(min_age_days=0)
    assert (planned.files, planned.size_bytes) == (removed.files, removed.size_bytes) == (2, removed.size_bytes)
    assert removed.size_bytes == sum(size for _, size, _ in before) - sum(
        size for _, size, _ in objects.young.listing()
    )
    with eventide.open(store_dir) as store:
        assert store.artifact("model:v0").verify() == []


def test_garbage_collection_leaves_a_bucket_of_several_stores(
    objects: s3.S3Objects, store_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows what another store names, so nothing goes."""
    monkeypatch.setenv("EVENTIDE_OBJECTS", objects.url)
    monkeypatch.setattr(young, "MARK_AFTER_S", -2.0)
    two_versions(tmp_path / "other", tmp_path)
    two_versions(store_dir, tmp_path)
    before = list(objects.young.listing())
    with contextlib.closing(LocalSource(store_dir)) as source:
        assert source.gc(min_age_days=0).files == 0
    assert list(objects.young.listing()) == before


def test_an_object_put_again_is_young(objects: s3.S3Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    """Putting what is there already leaves a mark, which keeps it from being removed as older than that."""
    sha256 = objects.put_bytes(b"again")
    begin_s = time.time()
    monkeypatch.setattr(time, "time", lambda: begin_s + 10 * 86_400)
    assert objects.put_bytes(b"again") == sha256
    (mark,) = (key for key, *_ in objects.young._listed("young/"))
    assert sha256 in mark
    assert not objects.remove_if_old(sha256, begin_s - 60)
    assert objects.remove_if_old(sha256, begin_s + 86_400)
    assert not objects.exists(sha256)
    assert list(objects.young._listed("young/")) == []


class Hub:
    """A hub reached without a network."""

    url = "http://127.0.0.1:1"

    def __init__(self, root: Path) -> None:
        self.layout = Layout(root)
        self.layout.create(now_s=0.0)
        self.receiver = Receiver(self.layout, LocalObjects(self.layout))

    def request(self, _method: str, path: str, body: bytes, *, headers: Mapping[str, str]) -> bytes:
        """Answer as the hub's server does."""
        parts = urlsplit(path)
        what = parts.path.removeprefix("/api/relay/")
        data = unpacked(body) if headers.get("Content-Encoding") == "gzip" else body
        query = dict(parse_qsl(parts.query))
        return orjson.dumps(dispatch(self.receiver, what, query, data, allowed=lambda _project: True, hub="hub"))


def test_objects_of_a_bucket_reach_a_hub(
    objects: s3.S3Objects, store_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay sends what the store keeps in its bucket, lists of files and the files on them."""
    monkeypatch.setenv("EVENTIDE_OBJECTS", objects.url)
    (tmp_path / "f.txt").write_text("hello")
    with eventide.init(dir=store_dir, project="p") as run:
        run.log({"img": np.zeros((64, 64), dtype=np.uint8)})
        run.log_artifact(tmp_path / "f.txt", "model")
    hub = Hub(tmp_path / "hub")
    sending = Sender(hub, Outbox(Layout(store_dir)))  # type: ignore[arg-type]
    while sending.round():
        pass
    monkeypatch.delenv("EVENTIDE_OBJECTS")
    with eventide.open(tmp_path / "hub") as store:
        assert store.artifact("model").verify() == []
        assert store.media()[0].image().size == (64, 64)
