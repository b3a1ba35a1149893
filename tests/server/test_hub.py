"""A hub: real processes send to a real server, with tokens, and what arrives is asked from other machines' side."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import eventide
from eventide.client.source import RemoteSource
from eventide.errors import AccessDenied, RunNotFound, Unreachable
from eventide.layout import Layout
from eventide.model import RunStatus
from eventide.server.tokens import TokenBook
from eventide.testing import make_run

pytestmark = pytest.mark.process


class Hub:
    """`eventide serve --hub` as a process of its own."""

    def __init__(self, root: Path, port: int = 0, *options: str) -> None:
        command = [sys.executable, "-m", "eventide", "serve", str(root), "--hub", "--port", str(port), *options]
        environment = {key: value for key, value in os.environ.items() if key not in {"EVENTIDE_TOKEN", "EVENTIDE_HUB"}}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert line.startswith("http"), line + self.process.stderr.read()
        self.url = line.split()[0].partition("/?")[0].rstrip("/")
        self.port = int(self.url.rpartition(":")[2])

    def end(self, how: int = signal.SIGTERM) -> None:
        """End the process, and wait for it."""
        self.process.send_signal(how)
        self.process.wait(10)
        assert self.process.stderr is not None
        self.process.stderr.close()


@contextlib.contextmanager
def hub(root: Path, *options: str) -> Iterator[Hub]:
    """Run a hub."""
    running = Hub(root, 0, *options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()


def script(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a folder of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "train.py").write_text(textwrap.dedent(text))
    return subprocess.run(
        [sys.executable, "train.py"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def command(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "eventide", *arguments],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def until(said: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Return what is said once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(Unreachable, RunNotFound):
            found = said()
            if found:
                return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def has_rows(url: str, rows: int) -> bool:
    """Tell whether the steady run has more rows than that on a hub."""
    return eventide.open(url).run("steady").rows > rows


def parts(root: Path) -> dict[str, bytes]:
    """Return the parts of a store."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted((root / "runs").glob("*/*.jsonl"))}


def test_a_run_arrives_while_it_is_written(tmp_path: Path) -> None:
    """init(hub=...) sends rows, objects and the end; nothing else is needed, and both stores hold the same bytes."""
    with hub(tmp_path / "hub") as there:
        done = script(
            tmp_path / "work",
            """
            import eventide, numpy as np
            run = eventide.init(project="p", name="sent")
            for step in range(500):
                run.log({"loss": 1 / (step + 1)})
            run.log({"large": np.arange(5000.0)})
            run.finish()
            """,
            EVENTIDE_HUB=there.url,
        )
        assert done.returncode == 0, done.stderr
        with eventide.open(there.url) as db:
            run = db.run("sent")
            assert (run.status, run.rows) == (RunStatus.FINISHED, 501)
            large = db.source.rows([run.id], keys=["large"]).column("large").drop_null().to_pylist()
            assert '"format":"npy"' in large[0]
        assert parts(tmp_path / "hub") == parts(tmp_path / "work" / ".eventide")


def test_a_hub_that_is_away_costs_training_nothing(tmp_path: Path) -> None:
    """Without a hub the script runs to its end, says so once, and sync brings the run later."""
    done = script(
        tmp_path / "work",
        """
        import eventide
        with eventide.init(project="p", name="offline", hub="http://127.0.0.1:9") as run:
            run.log(loss=1.0)
        """,
    )
    assert done.returncode == 0
    assert done.stderr.count("eventide sync --to http://127.0.0.1:9") == 1
    with hub(tmp_path / "hub") as there:
        synced = command(tmp_path / "work", "sync", "--to", there.url)
        assert synced.returncode == 0, synced.stderr
        assert eventide.open(there.url).run("offline").rows == 1


def test_a_relay_survives_the_hub_and_the_hub_the_relay(tmp_path: Path) -> None:
    """Hub and relay are killed in turn while rows come; in the end the hub has every one of them once."""
    root = tmp_path / "store"
    writer = make_run(root, "steady", [{"loss": 0.0}], status=None)
    running = Hub(tmp_path / "hub")
    relay_command = [
        sys.executable,
        "-m",
        "eventide",
        "relay",
        "--store",
        str(root),
        "--to",
        running.url,
        "--interval",
        "0.05",
    ]
    relay = subprocess.Popen(relay_command, stderr=subprocess.DEVNULL)
    try:
        for turn in range(4):
            for step in range(500):
                writer.append({"loss": float(step)})
            expected = (turn + 1) * 500 + 1
            until(partial(has_rows, running.url, expected - 400))
            if turn % 2:
                relay.kill()
                relay.wait()
                relay = subprocess.Popen(relay_command, stderr=subprocess.DEVNULL)
            else:
                running.end(signal.SIGKILL)
                running = Hub(tmp_path / "hub", running.port)
        writer.close({"status": "finished"})
        until(lambda: eventide.open(running.url).run("steady").status == RunStatus.FINISHED)
        assert eventide.open(running.url).run("steady").rows == 2001
        assert parts(root) == parts(tmp_path / "hub")
    finally:
        relay.kill()
        relay.wait()
        running.end()


def test_tokens_open_what_they_are_for(tmp_path: Path) -> None:
    """Without a token nothing, with one its projects and its rights; revoked, nothing again."""
    layout = Layout(tmp_path / "hub")
    layout.create(now_s=0.0)
    make_run(tmp_path / "hub", "first", [{"loss": 1.0}], project="mine")
    make_run(tmp_path / "hub", "second", [{"loss": 1.0}], project="theirs")
    make_run(tmp_path / "work" / ".eventide", "third", [{"loss": 1.0}], project="theirs")
    book = TokenBook.of(layout)
    reading, kept = book.create("read", projects=["mine"])
    writing, _ = book.create("write", projects=["mine"], user="ada")
    with hub(tmp_path / "hub") as there:
        with pytest.raises(AccessDenied):
            eventide.open(there.url).run("first")
        db = eventide.open(there.url, token=reading)
        assert list(db.runs().index) == ["first"]
        with pytest.raises(RunNotFound):
            db.run("second")
        with pytest.raises(AccessDenied):
            db.tag("first", "x")
        eventide.open(there.url, token=writing).tag("first", "x")
        assert db.run("first").tags == ("x",)
        sent = command(tmp_path / "work", "sync", "--to", there.url, EVENTIDE_TOKEN=writing)
        assert sent.returncode == 5
        assert "theirs" in sent.stderr
        assert writing not in sent.stderr
        book.revoke(kept.id)
        with pytest.raises(AccessDenied):
            db.run("first")
    audit = (tmp_path / "hub" / "access" / "audit.jsonl").read_text()
    assert '"ada"' in audit
    assert reading not in audit
    assert writing not in audit


def test_a_hub_on_other_addresses_needs_tokens(tmp_path: Path) -> None:
    """Beyond the loopback nothing is served to everybody, unless it is said in so many words."""
    refused = command(tmp_path, "serve", "--hub", "--host", "::", "--store", str(tmp_path / "hub"))
    assert refused.returncode == 2
    assert "--let-everybody-in" in refused.stderr


def test_a_torn_request_is_refused_and_does_no_harm(tmp_path: Path) -> None:
    """Broken frames, bombs and names that lead elsewhere are answered with a problem, and the store stays as it was."""
    import zlib

    import httpx

    make_run(tmp_path / "hub", "first", [{"loss": 1.0}])
    with hub(tmp_path / "hub") as there, httpx.Client(base_url=there.url) as client:
        octets = {"content-type": "application/octet-stream"}
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        bomb = packer.compress(bytes(200_000_000)) + packer.flush()
        for path, body, headers in (
            ("parts", b"nonsense", octets),
            ("parts", b"{}\n", octets),
            ("parts", bomb, {**octets, "content-encoding": "gzip"}),
            ("parts", b"nonsense", {**octets, "content-encoding": "gzip"}),
            ("have", b'{"parts": 3}', {"content-type": "application/json"}),
            ("lacks", b'{"objects": ["../../store.json"]}', {"content-type": "application/json"}),
            ("nothing", b"{}", {"content-type": "application/json"}),
        ):
            answer = client.post(f"/api/relay/{path}", content=body, headers=headers)
            assert 400 <= answer.status_code < 500, (path, body[:20], answer.text)
            assert answer.headers["content-type"].startswith("application/problem+json")
        for name in ("..%2f..%2fstore.json", "0" * 64 + "%2f..", "x"):
            answer = client.put(f"/api/relay/objects/{name}?size=1", content=b"x", headers=octets)
            assert 400 <= answer.status_code < 500
        assert eventide.open(there.url).run("first").rows == 1
    assert sorted(path.name for path in (tmp_path / "hub").iterdir() if path.name != "tables") == [
        "access",
        "runs",
        "store.json",
    ]


def test_a_hub_speaks_tls(tmp_path: Path) -> None:
    """With a certificate the link is https; who does not trust it gets nothing, who does gets everything."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        [*made, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    make_run(tmp_path / "hub", "first", [{"loss": 1.0}])
    with hub(tmp_path / "hub", "--cert", str(cert), "--key", str(key)) as there:
        assert there.url.startswith("https://")
        with pytest.raises(Unreachable):
            eventide.open(there.url).run("first")
        assert RemoteSource(there.url, ca_file=str(cert)).run("first").rows == 1
        done = script(
            tmp_path / "work", "import eventide; eventide.init(name='sent').log(loss=1.0)",
            EVENTIDE_HUB=there.url, EVENTIDE_CA_FILE=str(cert),
        )  # fmt: skip
        assert done.stderr == ""
        assert RemoteSource(there.url, ca_file=str(cert)).resolve("sent")
    refused = command(tmp_path, "serve", str(tmp_path / "hub"), "--cert", str(key))
    assert refused.returncode == 2
    assert "certificate" in refused.stderr


def test_a_hub_takes_what_waddles_clients_send(tmp_path: Path) -> None:
    """Entries are posted with a token, listed in the shapes of both generations, and are runs like any others."""
    layout = Layout(tmp_path / "hub")
    layout.create(now_s=0.0)
    token, _ = TokenBook.of(layout).create("write", projects=["p"])
    entry = {"id": "20240929_101502", "project": "p", "step": 1, "category": "default", "name": "loss", "value": 0.5}
    with hub(tmp_path / "hub") as there, httpx.Client(base_url=there.url) as client:
        assert client.post("/ingest", json=entry).status_code == 401
        client.headers["authorization"] = f"Bearer {token}"
        assert client.post("/ingest", json=entry).status_code == 200
        assert client.post("/ingest", json={**entry, "project": "other"}).status_code == 404
        assert client.get("/runs").json()[0]["id"] == entry["id"]
        assert client.get(f"/run/{entry['id']}").json()[0]["value"] == 0.5
        (listed,) = client.get("/waddle/api/runs").json()
        assert (listed["name"], listed["status"]) == (entry["id"], "running")
        assert client.get("/api/runs").json()["runs"][0]["name"] == entry["id"]
    with eventide.open(tmp_path / "hub") as db:
        assert db.run(str(entry["id"])).status == RunStatus.FINISHED
