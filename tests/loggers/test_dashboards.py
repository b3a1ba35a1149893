"""Every dashboard takes every type of data: the real SDKs, offline, read back from what each of them wrote."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from eventide.errors import (
    EventideWarning,
    InvalidKey,
    InvalidSetting,
    InvalidStep,
    InvalidValue,
    MissingExtra,
    ObjectNotFound,
    RunFinished,
)
from eventide.loggers import EventideLogger, MultiLogger
from eventide.loggers.line import Line
from eventide.loggers.local import selector
from eventide.loggers.vendor import Medium, Ties, Vendor
from eventide.table.store import open as open_store

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("dashboards.py")
KINDS = ("metrics", "parameters", "image", "text", "audio", "video", "graph", "table", "histogram", "html", "artifact")
PACKAGES = {"Eventide": "eventide", "Comet ML": "comet_ml", "Weights & Biases": "wandb", "MLflow": "mlflow"}
OFFLINE = {
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
    "WANDB_ERROR_REPORTING": "false",
    "COMET_DISABLE_AUTO_LOGGING": "1",
    "COMET_INTERNAL_SENTRY_DSN": "",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which no SDK finds a key, a network or anybody's folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COMET_", "WANDB_", "MLFLOW_", "EVENTIDE_"))
    }
    places = {
        f"WANDB_{name}": str(folder / name.lower())
        for name in ("DIR", "CACHE_DIR", "DATA_DIR", "ARTIFACT_DIR", "CONFIG_DIR")
    }
    (folder / "dir").mkdir()
    return {
        **kept,
        **OFFLINE,
        **places,
        "WANDB_DIR": str(folder),
        "HOME": str(folder),
        "EVENTIDE_CACHE_DIR": str(folder / "cache"),
    }


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each dashboard had, asked for once."""
    running = {}
    for dashboard, package in PACKAGES.items():
        if importlib.util.find_spec(package) is not None:
            folder = tmp_path_factory.mktemp("dashboard")
            command = [sys.executable, str(SCRIPT), dashboard, str(folder)]
            running[dashboard] = subprocess.Popen(
                command, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
    found: dict[str, Any] = {}
    for dashboard, process in running.items():
        out, err = process.communicate(timeout=120)
        lines = out.strip().splitlines()
        found[dashboard] = json.loads(lines[-1]) if process.returncode == 0 and lines else err
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dashboard", PACKAGES)
def test_every_dashboard_takes_every_type(dashboard: str, kind: str, answers: dict[str, Any]) -> None:
    """The table of dashboards and data types has no cross: what was logged is read back from each one's own files."""
    if dashboard not in answers:
        pytest.skip(f"{PACKAGES[dashboard]} is not installed")
    said = answers[dashboard]
    assert isinstance(said, dict), said
    assert said[kind], f"{dashboard} has no {kind}"


# ── without an SDK ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Backend:
    """A vendor that remembers, or fails."""

    def __init__(self, *, broken: bool = False) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.broken = broken

    def _note(self, what: str, *said: Any) -> None:
        if self.broken:
            raise OSError("the network is gone")
        self.calls.append((what, said))

    def metrics(self, metrics: Any, step: int | None) -> None:
        """Note them."""
        self._note("metrics", metrics, step)

    def parameters(self, parameters: Any) -> None:
        """Note them."""
        self._note("parameters", parameters)

    def texts(self, texts: Any, step: int | None) -> None:
        """Note them."""
        self._note("texts", texts, step)

    def medium(self, medium: Medium, step: int | None, folder: Path) -> None:
        """Write it, and note it."""
        self._note("medium", medium.kind, step, medium.file(folder).stat().st_size)

    def artifact(self, path: Path, name: str, *_: Any) -> None:
        """Note it."""
        self._note("artifact", path.name, name)

    def download(self, name: str, version: Any, folder: Path) -> Path:
        """Note it."""
        self._note("download", name, version)
        return folder

    def delete(self, name: str, version: Any) -> None:
        """Note it."""
        self._note("delete", name, version)

    def finish(self, status: str) -> None:
        """Note it."""
        self._note("finish", status)


class VendorLogger(Vendor):
    """A logger of that vendor."""

    def __init__(self, backend: Backend, local: EventideLogger | None) -> None:
        self.backend = backend
        self.ties = Ties("vendor", backend, backend, local)


@pytest.fixture
def local(tmp_path: Path) -> EventideLogger:
    """A run to keep beside."""
    return EventideLogger(project="p", dir=tmp_path / "store", console="off", capture="none", system_interval_s=0)


def test_a_vendor_that_fails_stops_nothing(local: EventideLogger, tmp_path: Path) -> None:
    """Every call of the SDK fails: nothing raises, Eventide has everything, and the failures are said and counted."""
    logger = VendorLogger(Backend(broken=True), local)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for step in range(3):
            logger.log({"loss": 1.0, "note": "text", "list": [1]}, step)
        logger.log_image("picture", [[0.0] * 8] * 8)
        logger.log_parameters({"lr": 0.1})
        (tmp_path / "w").write_bytes(b"w")
        logger.log_artifact(tmp_path / "w", "model")
        logger.finish()
    assert logger.ties.line.failures == {
        "metrics": 3,
        "text": 6,
        "image": 1,
        "parameters": 1,
        "artifact": 1,
        "finish": 1,
    }
    texts = [str(warning.message) for warning in caught if issubclass(warning.category, EventideWarning)]
    assert sum("metrics failed" in text for text in texts) == 1
    assert "did not take 3 x metrics" in texts[-1]
    with open_store(tmp_path / "store") as db:
        run = db.run(local.run.id)
        assert (run.status, run.metrics["loss"].count, run.config) == ("finished", 3, {"lr": 0.1})


def test_a_vendor_is_told_what_was_logged_in_order(local: EventideLogger) -> None:
    """Numbers of any kind, texts, media and other values arrive as what they are, in the order of the calls."""
    import numpy as np

    logger = VendorLogger(Backend(), local)
    logger.log({"a": np.float32(0.5), "b": True, "c": "text", "d": {"e": 1}, "f": None}, 3)
    logger.log_metric("g", 1 << 60)
    logger.log_text("words", "hello", 4)
    logger.flush()
    logger.finish("failed")
    assert [call[0] for call in logger.backend.calls] == ["metrics", "texts", "texts", "metrics", "medium", "finish"]
    assert logger.backend.calls[0][1] == ({"a": 0.5, "b": True}, 3)
    assert logger.backend.calls[1][1] == ({"c": "text"}, 3)
    assert logger.backend.calls[-1][1] == ("failed",)
    logger.finish()


def test_mistakes_of_the_caller_raise_at_once(local: EventideLogger, tmp_path: Path) -> None:
    """Wrong keys, values that are no numbers, files that are not there, and calls after the end say what is wrong."""
    logger = VendorLogger(Backend(), local)
    for kind, call in (
        (InvalidValue, lambda: logger.log([1])),  # type: ignore[arg-type]
        (InvalidKey, lambda: logger.log({1: 2})),  # type: ignore[dict-item]
        (InvalidKey, lambda: logger.log_metric("", 1)),
        (InvalidValue, lambda: logger.log_metric("a", "text")),
        (InvalidValue, lambda: logger.log_image("a", "there-is-no-such.png")),
        (InvalidValue, lambda: logger.log_artifact(tmp_path / "nothing")),
        (InvalidValue, lambda: logger.watch(object())),
    ):
        with pytest.raises(kind):
            call()
    assert logger.backend.calls == []
    logger.finish()
    with pytest.raises(RunFinished):
        logger.log({"loss": 1.0})


def test_one_of_several_may_fail(local: EventideLogger, tmp_path: Path) -> None:
    """The others get every call; what failed is counted, said once, and again at the end."""

    class Raising(VendorLogger):
        """Fails at once."""

        def log(self, data: Any, step: int | None = None) -> None:
            """Fail."""
            raise OSError("gone")

    good = VendorLogger(Backend(), None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with MultiLogger([Raising(Backend(), None), good, local]) as logger:
            for step in range(5):
                logger.log({"loss": 1.0}, step)
            assert logger.get_experiment()[1] is good.backend
    assert [call[0] for call in good.backend.calls].count("metrics") == 5
    assert sum("gone" in str(warning.message) for warning in caught) == 1
    assert "5 x Raising" in str(caught[-1].message)
    with pytest.raises(InvalidSetting):
        MultiLogger([])
    with pytest.raises(InvalidKey):
        MultiLogger([good]).log({"": 1})


def test_a_slow_vendor_does_not_hold_up_training() -> None:
    """Calls wait in a line of bounded length; what finds no place is counted, and the end waits for a bounded time."""
    import threading

    gate = threading.Event()
    line = Line("vendor")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(10_050):
            line.put("metrics", gate.wait)
        assert line.failures["metrics"] >= 49
        line.close(lambda: None, timeout_s=0.05)
        assert line.failures["finish"] == 1
    gate.set()


def test_a_missing_sdk_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package there is one error with the command that installs it."""
    from eventide import loggers

    for package, extra, name in (
        ("comet_ml", "comet", "CometLogger"),
        ("wandb", "wandb", "WandbLogger"),
        ("mlflow", "mlflow", "MLflowLogger"),
    ):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises((MissingExtra, ModuleNotFoundError)) as caught:
            getattr(loggers, name)()
        assert extra in str(caught.value)


def test_artifacts_come_back_and_go(local: EventideLogger, tmp_path: Path) -> None:
    """A version is downloaded by number or alias, and removed everywhere."""
    logger = VendorLogger(Backend(), local)
    (tmp_path / "w").write_bytes(b"weights")
    assert logger.log_artifact(tmp_path / "w", "model", aliases=["best"]) == "p/model:v0"
    for version in (0, "0", "v0", "best", None):
        folder = logger.download_artifact("model", version, tmp_path / f"to-{version}")
        assert (folder / "w").read_bytes() == b"weights"
    logger.delete_artifact("model", 0)
    logger.finish()
    assert ("delete", ("model", 0)) in logger.backend.calls
    assert [selector("m", 3), selector("m", "v3"), selector("m", "best"), selector("m:v1", None)] == [
        "m:v3",
        "m:v3",
        "m:best",
        "m:v1",
    ]


def test_a_model_is_watched() -> None:
    """Norms of parameters and gradients come every so many backward passes."""
    torch = pytest.importorskip("torch")
    from eventide.loggers.watching import watch

    rows: list[Any] = []
    model = torch.nn.Linear(2, 1)
    watch(model, rows.append, every_n_steps=2)
    for _ in range(4):
        model(torch.ones(3, 2)).sum().backward()
    assert len(rows) == 2
    assert rows[0]["gradient/bias"] == 3.0
    assert rows[0]["gradient_norm"] > 0
    assert set(rows[0]) >= {"parameter/weight", "parameter_norm"}


def test_an_sdk_that_cannot_begin_leaves_the_run_here(tmp_path: Path) -> None:
    """A vendor without key or network is said, and the run kept here has everything; with nothing kept it raises."""
    from eventide.loggers.vendor import begun

    def begin() -> Any:
        raise OSError("no network")

    local = EventideLogger(project="p", dir=tmp_path / "store", console="off", capture="none", system_interval_s=0)
    with pytest.warns(EventideWarning, match="start failed: OSError: no network"):
        ties = begun("vendor", begin, lambda: local)
    logger = Vendor()
    logger.ties = ties
    logger.log({"loss": 0.5, "text": "a"}, step=1)
    assert logger.get_experiment() is None
    with pytest.raises(ObjectNotFound, match="is not here"):
        logger.download_artifact("nothing")
    with pytest.warns(EventideWarning, match="1 x start"):
        logger.finish()
    assert open_store(tmp_path / "store").run("@last").metrics["loss"].last == 0.5
    with pytest.raises(OSError, match="no network"):
        begun("vendor", begin, lambda: None)


def test_mistakes_raise_without_a_run_here_too() -> None:
    """A step that is none, and a call after the end, are the caller's mistakes whether or not a run is kept."""
    logger = VendorLogger(Backend(), None)
    for step in (-1, "3", 1.5, True):
        with pytest.raises(InvalidStep):
            logger.log({"a": 1, "b": "text"}, step=step)  # type: ignore[arg-type]
    logger.finish()
    with pytest.raises(RunFinished):
        logger.log({"a": 1})
    with pytest.raises(RunFinished):
        logger.log_parameters({"a": 1})
