"""uetai's names: both generations' methods, over the real SDKs offline, with the run kept here."""

from __future__ import annotations

import importlib
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as Pillow

import eventide
from eventide import shim
from eventide.compat.uetai.logger.base import told_apart, version_of
from eventide.errors import InvalidKey, MissingExtra, RunFinished

if TYPE_CHECKING:
    from eventide.table.run import RunView


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Keep the SDKs off the network and their files in the test's folder; the shim gives the name."""
    for name in ("COMET_API_KEY", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COMET_OFFLINE_DIRECTORY", str(tmp_path / "comet"))
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path / "wandb"))
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("EVENTIDE_CAPTURE", "none")
    (tmp_path / "wandb").mkdir()
    shim.install("uetai")
    yield
    shim.uninstall()


def kept() -> RunView:
    """Return the one run of the store here."""
    return eventide.open().run("@last")


def messages(folder: Path) -> list[dict[str, Any]]:
    """Return what Comet's archive holds."""
    (archive,) = folder.glob("*.zip")
    with zipfile.ZipFile(archive) as opened:
        return [json.loads(line) for line in opened.read("messages.json").splitlines()]


@pytest.mark.filterwarnings("ignore")
def test_comet_script_of_the_first_generation(tmp_path: Path) -> None:
    """The calls of the seed's pages: metrics, pictures, texts, tables, artifacts, in Comet's archive and here."""
    pytest.importorskip("comet_ml")
    from eventide.compat.uetai.logger import CometLogger

    Pillow.new("RGB", (16, 16), "red").save("sample.png")
    Path("rows.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    logger = CometLogger(project_name="demo", offline=True, offline_directory=tmp_path / "comet")
    logger.log({"loss": np.float32(0.5), "accuracy": True}, step=3)
    logger.log({"picture": np.random.default_rng(0).random((16, 16, 3))}, step=3)
    logger.log("sample.png")
    logger.log("rows.csv")
    logger.log({"This is a text": {"topic": "test"}})
    logger.log_text("Hello world!", {"dialog": "id1"})
    logger.log_histogram_3d([1.0, 2.0, 3.0], step=3)
    logger.log_html("<b>bold</b>")
    logger.log_parameters({"lr": 0.1})
    logger.log_artifact(artifact_path="rows.csv", artifact_name="data", artifact_type="dataset")
    saved = logger.download_artifact(artifact_name="data", artifact_version="1.0.0", save_path="back")
    assert Path(saved, "rows.csv").read_text(encoding="utf-8") == "a,b\n1,2\n"
    assert logger.get_experiment() is logger.experiment
    logger.end()
    run = kept()
    assert run.project == "demo"
    assert run.config == {"lr": 0.1}
    assert {"image", "picture", "table", "text", "histogram", "html"} == {medium.key for medium in run.media()}
    told = messages(tmp_path / "comet")
    metrics = {one["payload"]["metric"]["metricName"] for one in told if one["type"] == "metric_msg"}
    assert {"loss", "accuracy"} <= metrics
    uploads = {one["payload"]["upload_type"] for one in told if one["type"] == "file_upload"}
    assert {"visualization", "text-sample", "histogram3d"} <= uploads


@pytest.mark.filterwarnings("ignore")
def test_wandb_script_of_the_second_generation() -> None:
    """W&B's logger: its own objects, tables, watch, monitor, profiles, artifacts with pictures."""
    wandb = pytest.importorskip("wandb")
    import pandas as pd

    from eventide.compat.uetai.logger import WandbLogger, visualization_table

    Path("set").mkdir()
    Pillow.new("RGB", (16, 16), "blue").save("set/cat.png")
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    pictures = np.random.default_rng(0).random((4, 3, 16, 16))
    with WandbLogger(project_name="demo", workspace="me", name="first") as logger:
        logger.log({"loss": 0.5, "native": wandb.Table(columns=["a"], data=[[1]]), "note": "a text"}, step=1)
        logger.log({"drawn": wandb.Image(np.zeros((16, 16, 3), "u1"), caption="black")}, step=1)
        logger.log_text([["a", "b"]], name="rows", metadata=["left", "right"])
        logger.log_table("frame", dataframe=frame)
        logger.log_images([pictures[0], pictures[1]], "several", caption=["one", "two"])
        logger.monitor("image_classify", pictures, [0, 1, 0, 1], np.eye(2)[[0, 1, 1, 0]], ["cat", "dog"], log_n_items=2)
        logger.log_artifact("set", "set", vis_table=True, auto_profiling=frame)
        logger.log_artifact("table", "set/cat.png", vis_table=visualization_table([(pictures[0], 1)]))
        assert logger.visualize_table() == [["0_0", "cat", "cat", 1.0, 0.0], ["0_1", "dog", "dog", 0.0, 1.0]]
        assert logger.version == logger.experiment.id
        assert logger.name == "first"
        assert logger.save_dir is not None
    run = kept()
    keys = {medium.key for medium in run.media()}
    assert {"native", "drawn", "rows", "frame", "several", "train/images", "train/predictions"} <= keys
    assert {"set/pictures", "set/profile", "table/table", "note"} <= keys
    assert [medium.caption for medium in run.media(key="several")] == ["one", "two"]


def test_data_is_told_apart_as_a_whole() -> None:
    """Numbers of any kind are metrics, texts stay texts, and one bad value stops the call before anything is logged."""
    from eventide.compat.uetai.logger import UnsupportedData

    found = told_apart({"a": np.int64(3), "b": "no/such/file.png", "c": "x" * 5000})
    assert found.metrics == {"a": 3}
    assert [(key, medium.type) for key, medium in found.media] == [("b", "text"), ("c", "text")]
    assert [key for key, _ in told_apart({"one", "two"}).media] == ["text", "text"]
    for wrong in ({}, {"good": 1, "bad": object()}, {"none": None}, 3):
        with pytest.raises(UnsupportedData):
            told_apart(wrong)
    with pytest.raises(ValueError, match="a key is a text"):
        told_apart({1: 2})
    with pytest.raises(InvalidKey):
        told_apart({"": 2})


@pytest.mark.parametrize(
    ("given", "version"), [(None, None), ("latest", "latest"), ("1.0.0", 0), ("3.1.0", 2), (0.1, 1), ("v2", "v2")]
)
def test_versions_are_counted_as_here(given: Any, version: Any) -> None:
    """Comet's first version is v0; aliases and our own numbers stay."""
    assert version_of(given) == version


def test_a_missing_sdk_is_one_error_with_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both loggers import without their SDK, and say what to install when one is made."""
    from eventide.compat.uetai.logger import CometLogger, WandbLogger

    for module, make in (("comet_ml", CometLogger), ("wandb", WandbLogger)):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(MissingExtra, match="is not installed") as caught:
            make()
        assert caught.value.hint.startswith("pip install 'eventide[")


@pytest.mark.filterwarnings("ignore")
def test_no_key_is_written_and_nothing_after_the_end(tmp_path: Path) -> None:
    """A key that is given is in no file below the folders here; logging after the end is the caller's mistake."""
    pytest.importorskip("comet_ml")
    from eventide.compat.uetai.logger import CometLogger

    key = "not-a-real-key-1234"
    with CometLogger("demo", None, key, offline=True, offline_directory=tmp_path / "comet") as logger:
        logger.log_metric("loss", 0.5)
    with pytest.raises(RunFinished):
        logger.log({"loss": 0.4})
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or key.encode() not in path.read_bytes()
    assert not Path(".uetai").exists()


def test_the_shim_gives_the_modules() -> None:
    """`import uetai` and its submodules are ours, callbacks too."""
    for name in ("uetai", "uetai.logger", "uetai.data", "uetai.utilities", "uetai.callbacks"):
        assert importlib.import_module(name) is importlib.import_module(f"eventide.compat.{name}")


def test_utilities_and_data(tmp_path: Path) -> None:
    """The small functions answer without the network."""
    from eventide.compat.uetai.data import profile
    from eventide.compat.uetai.utilities import check_uetai_version, module_available

    assert module_available("json")
    assert not module_available("no.such.module")
    assert check_uetai_version() == eventide.__version__
    Path("rows.csv").write_text("a,b\n1,x\n3,\n", encoding="utf-8")
    table = profile("rows.csv")
    assert table.columns[:5] == ["column", "type", "rows", "missing", "distinct"]
    assert [row[3] for row in table.data] == [0, 1]
    for wrong in ("rows.txt", 3):
        with pytest.raises(TypeError):
            profile(wrong)


def test_monitor_of_a_lightning_training() -> None:
    """The callback logs pictures with truths and predictions, of a batch or of an epoch, to the current run."""
    pytest.importorskip("torch")
    import torch

    from eventide.compat.uetai.callbacks import ClassificationMonitor

    class Trainer:
        log_every_n_steps = 1
        logger = None
        global_step = 4

    batch = (torch.rand(3, 3, 16, 16), torch.tensor([0, 1, 1]))
    outputs = {"pred": torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])}
    with eventide.init(project="p", capture="none") as run:
        for how in ({}, {"on_epoch": True, "log_n_element_per_epoch": 2}):
            monitor = ClassificationMonitor(["cat", "dog"], **how)
            monitor.on_train_start(Trainer(), None)
            monitor.on_train_batch_end(Trainer(), None, outputs, batch, 0)
            monitor.on_train_epoch_end(Trainer(), None)
        with pytest.raises(ValueError, match="has to return its predictions"):
            ClassificationMonitor(["cat"]).on_train_batch_end(Trainer(), None, {"loss": 1}, batch, 49)
        run.flush()
    media = kept().media()
    captions = [medium.caption for medium in media if medium.key == "Train/step_media"]
    assert captions == [
        "Ground truth: cat Prediction: cat",
        "Ground truth: dog Prediction: dog",
        "Ground truth: dog Prediction: cat",
    ]
    assert sum(medium.key == "Train/epoch_media" for medium in media) == 2
