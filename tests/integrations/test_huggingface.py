"""The Trainer of Transformers trains a tiny model for real, on the CPU, with our callback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import eventide
from eventide.errors import EventideWarning
from eventide.loggers import EventideLogger

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")
SECRET = f"hf-{5:040d}"
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of the libraries


def make_trainer(folder: Path, *callbacks: Any, **more: Any) -> Any:
    """Return a trainer of a tiny BERT with random weights; nothing is downloaded."""
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    model = transformers.BertForSequenceClassification(config)
    rows = [{"input_ids": [1, 2, 3], "attention_mask": [1, 1, 1], "labels": place % 2} for place in range(8)]
    arguments = transformers.TrainingArguments(
        output_dir=str(folder / "out"),
        num_train_epochs=2,
        per_device_train_batch_size=4,
        logging_steps=1,
        eval_strategy="epoch",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        hub_token=SECRET,
        **{"save_strategy": "no", **more},
    )
    return transformers.Trainer(model, arguments, train_dataset=rows, eval_dataset=rows, callbacks=list(callbacks))


def test_metrics_arguments_and_checkpoints(the_run: Callable[[], Any], tmp_path: Path) -> None:
    """Steps, evaluations, arguments, the model's configuration and checkpoints are in the run; no token is."""
    from eventide.integrations import HuggingFaceCallback

    callback = HuggingFaceCallback(project="text", checkpoints=True)
    more = {"save_strategy": "epoch", "load_best_model_at_end": True, "metric_for_best_model": "loss"}
    trainer = make_trainer(tmp_path, callback, **more)
    trainer.train()
    trainer.evaluate()
    trainer.predict(trainer.eval_dataset)
    run = the_run()
    assert (run.project, run.status) == ("text", "finished")
    assert run.metrics["train/loss"].count == 5  # four steps, and the mean over all of them at the end
    assert run.metrics["eval/loss"].count == 3
    assert run.metrics["test/loss"].count == 1
    assert run.metrics["eval/loss"].last_step == 5  # what comes after training does not replace its last row
    assert run.config["model"]["hidden_size"] == 8
    assert run.config["trainer"]["num_train_epochs"] == 2
    assert run.summary["best_metric"] == pytest.approx(trainer.state.best_metric)
    assert len(run.artifacts()) == 2
    with eventide.open() as db:
        folder = Path(db.artifact("checkpoint:best", project="text").download(tmp_path / "best"))
    again = transformers.BertForSequenceClassification.from_pretrained(folder)
    assert torch.equal(again.classifier.weight, trainer.model.classifier.weight)
    for path in tmp_path.joinpath("store").rglob("*.jsonl"):
        assert SECRET.encode() not in path.read_bytes()


def test_a_logger_gets_it_and_failures_stop_nothing(tmp_path: Path, the_run: Callable[[], Any]) -> None:
    """Any logger can be given, and gradients are watched through it; one that raises is warned of once and training goes on."""
    from eventide.integrations import HuggingFaceCallback

    class Broken(EventideLogger):
        def log(self, *_: Any, **__: Any) -> None:
            raise OSError("no space")

    with EventideLogger(project="p") as logger:
        make_trainer(tmp_path, HuggingFaceCallback(logger, watch_every_n_steps=2)).train()
        with pytest.warns(EventideWarning, match="no space"):
            make_trainer(tmp_path, HuggingFaceCallback(Broken(logger.run))).train()
    run = the_run()
    assert run.metrics["gradient_norm"].count == 2
    assert run.metrics["eval/loss"].count == 2
