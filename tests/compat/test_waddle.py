"""WaddleML's names: the seed's quickstart, both generations' calls, its HTTP interface, its log files."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from eventide.compat import waddle
from eventide.compat.waddle import shapes
from eventide.compat.waddle.ingest import FolderWatch, Ingester, run_id_of, seconds
from eventide.errors import InvalidQuery, InvalidValue
from eventide.layout import Layout
from eventide.shim.waddle import make_server
from eventide.store.local import LocalSource
from eventide.table.store import open as open_store

QUICKSTART = """
import waddle
import random

run = waddle.init(project="hello-world")
config = run.config
config.learning_rate = 0.01
config.batch_size = 32
config.model_type = "simple_CNN"
for epoch in range(10):
    run.log({"epoch": epoch, "loss": random.uniform(0.8, 0.4)})
    if epoch % 2 == 0:
        run.log({"epoch": epoch, "accuracy": random.uniform(0.6, 0.9)})
run.finish()
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of its own, and no run left over."""
    monkeypatch.chdir(tmp_path)
    yield
    waddle.finish()


def test_the_quickstart_runs_as_written_and_ends_by_itself(tmp_path: Path) -> None:
    """The documented script needs no change, leaves no process behind, and its config is stored."""
    (tmp_path / "hello.py").write_text(QUICKSTART)
    done = subprocess.run(
        [sys.executable, "-m", "eventide.shim", "hello.py"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    with open_store(tmp_path / ".waddle") as db:
        run = db.run("@last")
        assert (run.project, run.status, run.rows) == ("hello-world", "finished", 15)
        assert run.config == {"learning_rate": 0.01, "batch_size": 32, "model_type": "simple_CNN"}
        assert run.metrics["accuracy"].count == 5


def test_the_newest_generations_calls() -> None:
    """init, log, log_param, log_tag, log_artifact, finish, and the tables that they fill."""
    run = waddle.init(project="p", name="run-1", config={"lr": 0.01}, tags={"model": "resnet"}, system_metrics=False)
    assert waddle.run is run
    assert waddle.config is not None
    assert waddle.config["lr"] == 0.01
    waddle.log({"loss": 0.5, "acc": 0.9}, step=0)
    waddle.log({"loss": 0.3, "acc": 0.95})
    waddle.log_param("batch_size", 32)
    waddle.log_tag("experiment", "baseline")
    Path("model.pt").write_bytes(b"model weights")
    artifact = waddle.log_artifact("model.pt", "model.pt", kind="model", inline=True)
    waddle.finish()
    assert waddle.__getattr__("run") is None

    db = waddle.WaddleDB(".waddle/waddle.duckdb")
    row = db.fetchone("SELECT project, name, status FROM runs WHERE id = $1", [run.id])
    assert row == ("p", "run-1", "completed")
    params = dict(db.fetchall("SELECT key, value FROM params WHERE run_id = ?", [run.id]))
    assert {key: json.loads(value) for key, value in params.items()} == {"lr": 0.01, "batch_size": 32}
    tags = dict(db.fetchall("SELECT key, value FROM tags WHERE run_id = $1", [run.id]))
    assert {key: json.loads(value) for key, value in tags.items()} == {"model": "resnet", "experiment": "baseline"}
    points = db.fetchall("SELECT key, step, value FROM metrics WHERE run_id = $1 ORDER BY key, step", [run.id])
    assert points == [("acc", 0, 0.9), ("acc", 1, 0.95), ("loss", 0, 0.5), ("loss", 1, 0.3)]
    kept = db.fetchone("SELECT name, kind, size_bytes FROM artifacts WHERE id = $1", [artifact])
    assert kept == ("model.pt", "model", len(b"model weights"))
    with pytest.raises(InvalidQuery):
        db.execute("DELETE FROM runs")
    db.close()


def test_the_first_generations_calls() -> None:
    """Log with a category in front, its timestamp, config by attribute, and the logger's own methods."""
    run = waddle.init("p", ".waddle/logs", {"lr": 1}, use_gpu_metrics=False, server_port=1, server_bind="127.0.0.1")
    waddle.log("train", {"loss": 0.5}, 3)
    waddle.log("default", {"loss": 0.25}, 4, timestamp="2024-09-29T10:00:00")
    run.log({"loss": 0.125}, 5, "val")
    run.log({"loss": 0.1}, category="val", step=6)
    run.config.extra = "yes"
    assert isinstance(run, waddle.WaddleLogger)
    assert run.log_run_info()["project"] == "p"
    assert run.get_gpu_system_metrics() == []
    assert run.get_git_commit_hash() is None
    run.log_gpu_metrics_periodically(interval=1)
    waddle.finish()
    with open_store(".waddle") as db:
        kept = db.run(run.id)
        assert sorted(kept.metrics) == ["loss", "timestamp", "train/loss", "val/loss"]
        assert kept.config == {"lr": 1, "extra": "yes"}
        assert kept.metrics["val/loss"].last_step == 6


def test_calls_without_a_run_raise_as_they_did() -> None:
    """Logging before init is the caller's mistake; finishing is not."""
    for call in (partial(waddle.log, {"a": 1}), partial(waddle.log_param, "a", 1), partial(waddle.log_tag, "a", 1)):
        with pytest.raises(RuntimeError, match="No active run"):
            call()
    waddle.finish()
    run = waddle.init(system_metrics=False)
    with pytest.raises(InvalidValue):
        run.log([1])  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        waddle.log()


def test_an_exception_makes_the_run_failed_and_a_new_init_ends_the_last() -> None:
    """A with block says how it ended, and only one run is active."""
    with pytest.raises(ValueError, match="boom"), waddle.init(system_metrics=False) as run:
        raise ValueError("boom")
    first = waddle.init(system_metrics=False)
    waddle.init(system_metrics=False)
    with open_store(".waddle") as db:
        assert db.run(run.id).status == "failed"
        assert db.run(first.id).status == "finished"


def test_odd_values_and_a_repository_are_safe(tmp_path: Path) -> None:
    """NaN, text, lists and None are kept, and the user's repository is never written to."""
    subprocess.run(["git", "init", "-q"], check=True)
    (tmp_path / ".env").write_text("SECRET=1")
    run = waddle.init(db_path="name.duckdb", system_metrics=False)
    run.log({"a": math.nan, "b": "text", "c": [1, 2], "d": None, "e": True})
    run.log_metric("f", 7, math.inf)
    waddle.finish()
    status = subprocess.run(["git", "log", "--oneline"], capture_output=True, text=True, check=False)
    assert status.stdout == ""
    with open_store("name.eventide") as db:
        assert db.run(run.id).rows == 2


# ── the HTTP interface ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Ingester]]:
    """A server of the seed's interface over an empty store."""
    layout = Layout(tmp_path / "store")
    layout.create(now_s=0.0)
    source = LocalSource(tmp_path / "store")
    ingester = Ingester(layout, source)
    server = make_server(source, ingester, "127.0.0.1", 0)
    server.start()
    yield server.place.url, ingester
    server.stop()
    ingester.close()
    source.close()


def entry(step: int, value: Any, name: str = "loss", **more: Any) -> dict[str, Any]:
    """Return an entry as the first generation wrote it."""
    return {
        "id": "20240929_101502", "project": "p", "step": step, "category": "default", "name": name, "value": value,
        "timestamp": f"2024-09-29T10:15:{step:02d}", **more,
    }  # fmt: skip


def test_the_first_generations_routes(served: tuple[str, Ingester]) -> None:
    """Entries that are posted come back by run and name, NaN as valid JSON; broken ones are refused."""
    with httpx.Client(base_url=served[0]) as client:
        for step in range(12):
            assert client.post("/ingest", json=entry(step, step / 10)).json()["status"] == "ok"
        client.post("/ingest", json=entry(12, "NaN", "odd"))
        client.post(
            "/ingest",
            json={"run_info": {"id": "20240929_101502", "project": "p", "cli_params": '{"lr": 1}', "git_hash": "abc"}},
        )
        refused: list[Any] = [
            [],
            {},
            {"id": "x"},
            {"id": "x", "name": "", "value": 1},
            {"id": "x", "project": "../y", "name": "a", "value": 1},
        ]
        for broken in refused:
            assert client.post("/ingest", json=broken).status_code == 400
        assert client.post("/ingest", content=b"{", headers={"content-type": "application/json"}).status_code == 400
        assert client.get("/info").json()["name"] == "p"
        (run,) = client.get("/runs").json()
        assert run["id"] == "20240929_101502"
        values = client.get("/run/20240929_101502").json()
        losses = [item for item in values if item["name"] == "loss"]
        assert [item["step"] for item in losses] == list(range(2, 12))
        assert losses[0]["timestamp"].startswith("2024-09-29T10:15:02")
        assert (
            len([item for item in client.get("/run/20240929_101502?history=3").json() if item["name"] == "loss"]) == 3
        )
        assert client.get("/run/nothing").status_code == 404
        details = client.get(f"/api/runs/{run_id_of('p', '20240929_101502')}").json()
        assert details["params"] == {"lr": 1}
        assert details["run"]["commit_sha"] == "abc"


def test_the_newest_generations_routes(served: tuple[str, Ingester], tmp_path: Path) -> None:
    """Lists, details, metrics, comparison, keys and summaries answer in its shapes; deleting goes to the bin."""
    ids = []
    for number in range(2):
        run = waddle.init(
            project="p",
            name=f"run-{number}",
            config={"lr": number},
            tags={"t": number},
            db_path=str(tmp_path / "store"),
        )
        run.log({"loss": 1.0, "bad": math.nan})
        run.log({"loss": 0.5, "bad": math.inf})
        waddle.log_artifact("empty")
        waddle.finish()
        ids.append(run.id)
    with httpx.Client(base_url=served[0]) as client:
        listed = client.get(
            "/api/runs", params={"project": "p", "status": "completed", "sort": "name", "order": "asc"}
        ).json()
        assert [run["id"] for run in listed] == ids
        assert set(listed[0]) == {"id", "project", "name", "status", "started_at", "ended_at", "commit_sha"}
        assert client.get("/api/runs", params={"status": "nothing"}).json() == []
        assert len(client.get("/api/runs", params={"limit": 1, "offset": 1}).json()) == 1
        assert client.get("/api/runs", params={"limit": "x"}).status_code == 400
        details = client.get(f"/api/runs/{ids[0]}").json()
        assert (details["params"], details["tags"], details["metric_keys"]) == ({"lr": 0}, {"t": 0}, ["bad", "loss"])
        assert details["artifacts"][0]["name"] == "empty"
        points = client.get(f"/api/runs/{ids[0]}/metrics").json()
        assert [point["value"] for point in points] == [None, None, 1.0, 0.5]
        assert len(client.get(f"/api/runs/{ids[0]}/metrics", params={"key": "loss", "limit": 1}).json()) == 1
        compared = client.post("/api/compare", json={"run_ids": [*ids, "nothing"]}).json()
        assert compared["param_diff"] == {"lr": {ids[0]: 0, ids[1]: 1}}
        assert [value["run_id"] for value in compared["metrics"]["loss"]] == [ids[0], ids[0], ids[1], ids[1]]
        assert client.get("/api/metric-keys").json() == ["bad", "loss"]
        assert [item["value"] for item in client.get("/api/metric-summary", params={"key": "loss"}).json()] == [
            0.5,
            0.5,
        ]
        assert client.get("/api/runs/nothing").json() == {"error": "not found"}
        assert client.delete(f"/api/runs/{ids[0]}").json() == {"ok": True}
        leading_out = client.get(f"/static/%2e%2e/%2e%2e/..%2f..%2f{tmp_path.name}/store/store.json")
        assert '"format"' not in leading_out.text
        assert client.post("/ingest", json=entry(0, 1.0), headers={"origin": "http://evil.example"}).status_code == 403
    with open_store(tmp_path / "store") as db:
        assert list(db.runs().index) == [ids[1]]


def test_the_stream_sends_what_comes(served: tuple[str, Ingester]) -> None:
    """Whoever listens is sent every new value once, with the names of both generations."""
    url, ingester = served
    ingester.entry(entry(0, 1.0))
    with connect(url.replace("http", "ws") + "/ws", proxy=None) as socket:
        time.sleep(0.5)  # the server has noted by then what was there
        for step in range(1, 4):
            ingester.entry(entry(step, step / 2))
        said = [json.loads(socket.recv(timeout=10)) for _ in range(3)]
    assert [(one["step"], one["value"], one["name"], one["key"], one["type"]) for one in said] == [
        (step, step / 2, "loss", "loss", "metric") for step in range(1, 4)
    ]
    assert said[0]["id"] == "20240929_101502"


# ── log files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_entry(folder: Path, step: int, value: Any) -> Path:
    """Write an entry as the first generation's logger did."""
    place = folder / "p" / "20240929_101502"
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{1_700_000_000_000 + step}_{uuid.uuid4()}.json"
    path.write_text(json.dumps(entry(step, value)))
    return path


def test_log_files_are_taken_in_once_and_removed(tmp_path: Path) -> None:
    """Files become rows and go, in order of their names; what is no entry stays and is named; half-written ones wait."""
    folder = tmp_path / "logs"
    for step in range(20):
        write_entry(folder, step, step)
    (folder / "p" / "20240929_101502" / "9_run_info.json").write_text(
        json.dumps({"id": "20240929_101502", "cli_params": "[1]"})
    )
    (folder / "broken.json").write_text("{")
    (folder / "half.json.tmp").write_text("{")
    source, ingester = _ingester(tmp_path)
    watch = FolderWatch(folder, ingester)
    assert watch.scan() == 21
    assert watch.scan() == 0
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["broken.json", "half.json.tmp"]
    assert list(watch.refused) == ["broken.json"]
    ingester.close()
    run = source.run(run_id_of("p", "20240929_101502"))
    assert (run.rows, run.config, run.name) == (20, {"cli_params": [1]}, "20240929_101502")


def test_kept_files_are_not_taken_in_twice(tmp_path: Path) -> None:
    """With keep, files stay, and neither another scan nor another process takes them again."""
    for step in range(5):
        write_entry(tmp_path / "logs", step, step)
    for expected in (5, 0):
        _, ingester = _ingester(tmp_path)
        assert expected == FolderWatch(tmp_path / "logs", ingester, "keep").scan()
        ingester.close()
    source, _ = _ingester(tmp_path)
    assert source.run(run_id_of("p", "20240929_101502")).rows == 5


@pytest.mark.process
def test_a_killed_watcher_neither_loses_nor_doubles_entries(tmp_path: Path) -> None:
    """`kill -9` in the middle of taking files in; the next watcher brings every entry in once."""
    folder = tmp_path / "logs"
    for step in range(400):
        write_entry(folder, step % 60, step)
    program = textwrap.dedent(f"""
        from pathlib import Path
        from eventide.compat.waddle.ingest import FolderWatch, Ingester
        from eventide.layout import Layout
        from eventide.store.local import LocalSource
        layout = Layout(Path({str(tmp_path / "store")!r})); layout.create(now_s=0.0)
        FolderWatch(Path({str(folder)!r}), Ingester(layout, LocalSource(layout.root))).scan()
        """)
    for kept in (300, 150):
        process = subprocess.Popen([sys.executable, "-c", program])
        while process.poll() is None and len(list(folder.rglob("*.json"))) > kept:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    source, ingester = _ingester(tmp_path)
    FolderWatch(folder, ingester).scan()
    values = sorted(source.rows(keys=["loss"], attempts="all").column("loss").to_pylist())
    assert values == [float(step) for step in range(400)]
    assert not list(folder.rglob("*.json"))


def _ingester(tmp_path: Path) -> tuple[LocalSource, Ingester]:
    layout = Layout(tmp_path / "store")
    layout.create(now_s=0.0)
    source = LocalSource(layout.root)
    return source, Ingester(layout, source)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_700_000_000, 1_700_000_000.0),
        (1_700_000_000_000, 1_700_000_000.0),
        ("2023-11-14T22:13:20", 1_700_000_000.0),
        ("soon", None),
        (None, None),
        (True, None),
    ],
)
def test_time_stamps_of_every_form(value: Any, expected: float | None) -> None:
    """Seconds, milliseconds and ISO texts are understood, anything else is left out."""
    assert seconds(value) == expected


def test_the_command_of_both_generations(tmp_path: Path) -> None:
    """init, ls, and a server that takes in a folder and ends with a signal."""
    shim = [sys.executable, "-m", "eventide.shim", "waddle"]
    assert subprocess.run([*shim, "init", "--path", "."], check=False).returncode == 0
    write_entry(tmp_path / "logs", 0, 0.5)
    server = subprocess.Popen(
        [*shim, "--mode", "server", "--server-port", "0", "--watch-folder", "logs"], stderr=subprocess.PIPE, text=True
    )
    assert server.stderr is not None
    url = server.stderr.readline().split()[0]
    while list((tmp_path / "logs").rglob("*.json")):
        time.sleep(0.05)
    assert httpx.get(f"{url}runs").json()[0]["id"] == "20240929_101502"
    looked = subprocess.run(
        [*shim, "--mode", "client", "--server-url", url], capture_output=True, text=True, check=False
    )
    assert "loss=0.5" in looked.stdout
    server.send_signal(signal.SIGTERM)
    server.wait(10)
    server.stderr.close()
    listed = subprocess.run([*shim, "ls"], capture_output=True, text=True, check=False)
    assert "completed" in listed.stdout
    refused = subprocess.run([*shim, "serve", "--host", "::"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2


def test_shapes_are_valid_json() -> None:
    """Numbers that JSON does not have are null."""
    assert [shapes.number(value) for value in (1.0, math.nan, math.inf)] == [1.0, None, None]
