"""Log one of every type to a dashboard, offline, and read back what its real SDK wrote; printed as JSON.

    python dashboards.py "Comet ML" FOLDER

A process of its own for each: the SDKs start threads and sockets that are none of the tests' business.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import eventide
from eventide.loggers import CometLogger, EventideLogger, Logger, MLflowLogger, WandbLogger
from eventide.table.store import open as open_store

RNG = np.random.default_rng(0)
IMAGE = (RNG.random((16, 16, 3)) * 255).astype("uint8")
SOUND = np.sin(np.linspace(0, 100, 8000)).astype("f4")
FILM = (RNG.random((4, 16, 16, 3)) * 255).astype("uint8")
KINDS = ("metrics", "parameters", "image", "text", "audio", "video", "graph", "table", "histogram", "html", "artifact")


def log_everything(logger: Logger, folder: Path) -> None:
    """Log one of each type through the interface, and most of them through `log` too."""
    logger.log_parameters({"lr": 0.1, "opt": {"name": "sgd"}})
    for step in range(3):
        logger.log({"loss": 1 / (step + 1), "count": np.int64(step), "bad": float("nan")}, step=step)
    logger.log_metric("accuracy", 0.5, step=2)
    logger.log_image("picture", IMAGE, step=2, caption="noise")
    logger.log_text("words", "hello <b>world</b>", step=2)
    logger.log_audio("tone", SOUND, 8000, step=2)
    logger.log_video("film", FILM, 4, step=2)
    logger.log_graph("net", [("in", "out")], step=2)
    logger.log_table("cells", [[1, "a"], [2, "b"]], ["n", "s"], step=2)
    logger.log_histogram("spread", RNG.normal(size=1000), step=2)
    logger.log_html("page", "<h1>title</h1>", step=2)
    logger.log({"mixed": eventide.Image(IMAGE), "other": [1, 2]}, step=2)
    (folder / "weights.bin").write_bytes(b"weights")
    logger.log_artifact(folder / "weights.bin", "model", "model", aliases=["best"], metadata={"size": 7})
    logger.flush()


def eventide_answers(folder: Path) -> dict[str, bool]:
    """Log to Eventide and say which types came back."""
    with EventideLogger(project="p", dir=folder / "store") as logger:
        log_everything(logger, folder)
    return local_answers(folder / "store", logger.run.id)


def local_answers(root: Path, run_id: str) -> dict[str, bool]:
    """Say which types a store has of a run."""
    with open_store(root) as db:
        run = db.run(run_id)
        media = {item.type for item in run.media()}
        found = {kind: kind in media for kind in KINDS}
        found["metrics"] = run.metrics["loss"].count == 3 and run.metrics["accuracy"].last == 0.5
        found["parameters"] = run.config == {"lr": 0.1, "opt": {"name": "sgd"}}
        found["artifact"] = [artifact.name for artifact in run.artifacts()] == ["model"]
        return found


def comet_answers(folder: Path) -> dict[str, bool]:
    """Log to Comet's offline experiment and say which types are in its archive."""
    with CometLogger("p", offline=True, offline_directory=folder / "comet", keep=False) as logger:
        log_everything(logger, folder)
    assert logger.ties.line.failures == {}
    (archive,) = (folder / "comet").glob("*.zip")
    with zipfile.ZipFile(archive) as file:
        text = file.read("messages.json").decode()
        kept = b"\n".join(file.read(name) for name in file.namelist())
    messages = [json.loads(line) for line in text.splitlines()]
    payloads = [message["payload"] for message in messages]
    metrics = {
        payload["metric"]["metricName"]
        for payload in payloads
        if "metric" in payload and isinstance(payload["metric"], dict)
    }
    return {
        "metrics": {"loss", "count", "accuracy", "bad"} <= metrics,
        "parameters": "opt_name" in text or "opt|name" in text or "opt.name" in text,
        "image": '"picture"' in text,
        "text": b"hello <b>world</b>" in kept,
        "audio": "tone.wav" in text,
        "video": "film." in text,
        "graph": "net.json" in text,
        "table": "cells.csv" in text,
        "histogram": "spread" in text,
        "html": "<h1>title</h1>" in text,
        "artifact": "weights.bin" in text,
    }


def wandb_answers(folder: Path) -> dict[str, bool]:
    """Log to wandb offline and say which types its run file has."""
    import wandb

    with WandbLogger("p", keep=False) as logger:
        log_everything(logger, folder)
    assert logger.ties.line.failures == {}
    wandb.teardown()  # its own process writes the file to the end
    (path,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    history, summary, config, artifacts = read_wandb(path)
    kinds = {key.removesuffix("._type"): json.loads(value) for key, value in summary.items() if key.endswith("._type")}
    return {
        "metrics": [json.loads(row["loss"]) for row in history if "loss" in row] == [1.0, 0.5, 1 / 3]
        and "accuracy" in summary,
        "parameters": config.get("lr") == "0.1" and "sgd" in config.get("opt", ""),
        "image": kinds.get("picture") == "image-file",
        "text": kinds.get("words") == "html-file",
        "audio": kinds.get("tone") == "audio-file",
        "video": kinds.get("film") == "video-file",
        "graph": kinds.get("net") == "table-file",
        "table": kinds.get("cells") == "table-file",
        "histogram": kinds.get("spread") == "histogram",
        "html": kinds.get("page") == "html-file",
        "artifact": "model" in artifacts,
    }


def wandb_records(path: Path) -> list[bytes]:
    """Return the records of wandb's file: a 7-byte head, then blocks of 32 KiB with pieces of (checksum, length, kind)."""
    data, at, found, piece = path.read_bytes(), 7, [], b""
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        size, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        piece += data[at + 7 : at + 7 + size]
        if kind in (1, 4):  # whole, or the last piece
            found.append(piece)
            piece = b""
        at += 7 + size
    return found


def read_wandb(path: Path) -> tuple[list[dict[str, str]], dict[str, str], dict[str, str], set[str]]:
    """Return history rows, summary, config and artifacts of wandb's own file."""
    from wandb.proto import wandb_internal_pb2

    record_type: Any = getattr(wandb_internal_pb2, "Record")  # noqa: B009 - made when it is imported
    history: list[dict[str, str]] = []
    summary: dict[str, str] = {}
    config: dict[str, str] = {}
    artifacts: set[str] = set()

    def name(item: Any) -> str:
        return item.key or ".".join(item.nested_key)

    for data in wandb_records(path):
        record = record_type()
        record.ParseFromString(data)
        if record.HasField("history"):
            row = {name(item): item.value_json for item in record.history.item}
            history.append(row)
            summary.update(row)
        if record.HasField("summary"):
            summary.update({name(item): item.value_json for item in record.summary.update})
        if record.HasField("config"):
            config.update({name(item): item.value_json for item in record.config.update})
        if record.HasField("run"):
            config.update({name(item): item.value_json for item in record.run.config.update})
        if record.HasField("artifact"):
            artifacts.add(record.artifact.name)
        if record.HasField("request") and record.request.HasField("log_artifact"):
            artifacts.add(record.request.log_artifact.artifact.name)
    return history, summary, config, artifacts


def mlflow_answers(folder: Path) -> dict[str, bool]:
    """Log to MLflow's SQLite store and say which types its client finds."""
    from mlflow.tracking import MlflowClient

    uri = f"sqlite:///{folder / 'mlflow.db'}"
    with MLflowLogger("p", tracking_uri=uri, artifact_location=str(folder / "files"), keep=False) as logger:
        log_everything(logger, folder)
        again = logger.download_artifact("model", None, folder / "again")
        assert (again / "weights.bin").read_bytes() == b"weights"
    assert logger.ties.line.failures == {}
    client = MlflowClient(tracking_uri=uri)
    run = client.get_run(logger.run_id)
    files = {file.path for file in client.list_artifacts(logger.run_id)}
    assert run.info.status == "FINISHED"
    return {
        "metrics": [metric.value for metric in client.get_metric_history(logger.run_id, "loss")] == [1.0, 0.5, 1 / 3],
        "parameters": run.data.params == {"lr": "0.1", "opt.name": "sgd"},
        "image": "picture-00000002.png" in files,
        "text": "words-00000002.txt" in files,
        "audio": "tone-00000002.wav" in files,
        "video": any(file.startswith("film-00000002.") for file in files),
        "graph": "net-00000002.json" in files,
        "table": "cells-00000002.json" in files,
        "histogram": "spread-00000002.json" in files,
        "html": "page-00000002.html" in files,
        "artifact": "artifacts" in files,
    }


DASHBOARDS: dict[str, Callable[[Path], dict[str, bool]]] = {
    "Eventide": eventide_answers,
    "Comet ML": comet_answers,
    "Weights & Biases": wandb_answers,
    "MLflow": mlflow_answers,
}


def main(dashboard: str, folder: Path) -> None:
    """Print which types a dashboard has."""
    os.chdir(folder)
    found = DASHBOARDS[dashboard](folder)
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
