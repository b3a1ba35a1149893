"""Lightning trains a small model for real, on the CPU, with our logger and with our callback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import eventide
from eventide.loggers import EventideLogger

torch = pytest.importorskip("torch")
lightning = pytest.importorskip("lightning.pytorch")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of Lightning, torch and their dependencies


def make_model() -> Any:
    """Return a linear model that logs by step and by epoch."""

    class Model(lightning.LightningModule):  # type: ignore[misc,name-defined] # Lightning may not be there
        def __init__(self, lr: float = 0.1) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(2, 1)

        def training_step(self, batch: Any, _: int) -> Any:
            loss = self.layer(batch[0]).pow(2).mean()
            self.log("loss", loss, on_step=True, on_epoch=True)
            return loss

        def validation_step(self, batch: Any, _: int) -> None:
            self.log("val_loss", self.layer(batch[0]).pow(2).mean())

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)

    return Model()


def data() -> Any:
    """Return four batches."""
    rows = torch.utils.data.TensorDataset(torch.arange(32.0).reshape(16, 2) / 32)
    return torch.utils.data.DataLoader(rows, batch_size=4)


def trainer(folder: Path, **how: Any) -> Any:
    """Return a trainer of two epochs that says nothing."""
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "log_every_n_steps": 1}
    return lightning.Trainer(max_epochs=2, accelerator="cpu", default_root_dir=folder, **quiet, **how)


def test_logger(the_run: Callable[[], Any], tmp_path: Path) -> None:
    """What `self.log` sends is in the run, with hyperparameters and checkpoints; the run goes on for a validation after it."""
    from eventide.integrations import LightningLogger

    logger = LightningLogger(project="light", checkpoints=True)
    keeps = lightning.callbacks.ModelCheckpoint(tmp_path / "checkpoints", monitor="val_loss", save_top_k=1)
    fitted = trainer(tmp_path, logger=logger, callbacks=[keeps])
    model = make_model()
    fitted.fit(model, data(), data())
    fitted.validate(model, data(), verbose=False)
    run = the_run()
    assert (run.project, run.status, run.tags) == ("light", "finished", ("lightning",))
    assert run.metrics["loss_step"].count == 8
    assert run.metrics["val_loss"].count == 3
    assert run.metrics["val_loss"].last == pytest.approx(float(fitted.callback_metrics["val_loss"]))
    assert run.config["lr"] == 0.1
    assert {artifact.name for artifact in run.artifacts()} == {"checkpoint"}
    with eventide.open() as db:
        best = Path(db.artifact("checkpoint:best", project="light").download(tmp_path / "best"))
    kept = torch.load(next(best.rglob("*.ckpt")), weights_only=False)
    assert kept["hyper_parameters"] == {"lr": 0.1}


def test_logger_of_a_script_s_run_logs_media_too(run: eventide.Run, the_run: Callable[[], Any], tmp_path: Path) -> None:
    """With a run or a logger of the script's own, the run goes on after training; it has the model as a graph, and pictures."""
    from eventide.integrations import LightningLogger

    logger = LightningLogger(EventideLogger(run), prefix="a")
    assert (logger.name, logger.version) == ("p", run.id)
    assert logger.experiment is run
    trainer(tmp_path, logger=logger, enable_checkpointing=False).fit(make_model(), data())
    logger.log_image("samples", [torch.rand(3, 16, 16)] * 2, step=1, caption=["one", "two"])
    assert not run.finished
    run.flush()
    view = the_run()
    assert view.metrics["a/loss_step"].count == 8
    assert [(medium.key, medium.type) for medium in view.media()] == [
        ("model", "graph"),
        ("samples", "image"),
        ("samples", "image"),
    ]


def test_callback_without_any_logger(the_run: Callable[[], Any], tmp_path: Path) -> None:
    """The callback finds the metrics although the trainer has no logger; each value is logged once."""
    from eventide.integrations import LightningCallback

    callback = LightningCallback(project="light")
    trainer(tmp_path, logger=False, callbacks=[callback], enable_checkpointing=False).fit(make_model(), data(), data())
    run = the_run()
    assert run.status == "finished"
    assert run.metrics["loss_step"].count == 8
    assert run.metrics["val_loss"].count == 2
    assert run.metrics["loss_epoch"].count == 2
    assert run.config["lr"] == 0.1
    assert run.config["trainer"]["max_epochs"] == 2


def test_a_training_that_fails_is_a_failed_run(the_run: Callable[[], Any], tmp_path: Path) -> None:
    """The exception goes on its way, and the run says what it was."""
    from eventide.integrations import LightningCallback

    model = make_model()
    model.validation_step = lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        trainer(
            tmp_path, logger=False, callbacks=[LightningCallback()], enable_checkpointing=False, num_sanity_val_steps=0
        ).fit(model, data(), data())
    run = the_run()
    assert run.status == "failed"
    assert "ZeroDivisionError" in run.error


def test_gradients_are_watched(the_run: Callable[[], Any], tmp_path: Path) -> None:
    """With a logger, norms of gradients and parameters are logged every so many steps."""
    from eventide.integrations import LightningCallback

    with EventideLogger(project="p") as logger:
        callback = LightningCallback(logger, watch=2)
        trainer(tmp_path, logger=False, callbacks=[callback], enable_checkpointing=False).fit(make_model(), data())
    assert the_run().metrics["gradient_norm"].count == 4


def test_the_other_name_of_lightning(tmp_path: Path) -> None:
    """A script that imports `pytorch_lightning` gets classes of that package."""
    pytest.importorskip("pytorch_lightning")
    script = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import pytorch_lightning as pl\n"
        "from eventide.integrations import LightningCallback, LightningLogger\n"
        "assert isinstance(LightningCallback(), pl.Callback)\n"
        "pl.Trainer(logger=LightningLogger(), callbacks=[LightningCallback()], accelerator='cpu')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, capture_output=True, timeout=120)
