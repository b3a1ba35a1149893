"""Trees made by Hydra itself: single runs, sweeps, launchers, jobs that fail and jobs that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

import eventide
from eventide.hydra import load_project
from eventide.model import RunStatus

pytest.importorskip("hydra")
pytestmark = [pytest.mark.process, pytest.mark.slow]

_CALLBACK = "+hydra.callbacks.eventide._target_=eventide.hydra.callback.EventideCallback"
_APP = """\
import os, signal
import hydra
import numpy as np
from hydra.core.hydra_config import HydraConfig
from logging import getLogger

@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(cfg):
    folder = HydraConfig.get().runtime.output_dir
    getLogger("train").info("lr is %s", cfg.lr)
    np.save(os.path.join(folder, "acc.npy"), np.array([0.1, cfg.lr]))
    if cfg.mode == "log":
        import eventide
        eventide.log({"own": 1.0})
    if cfg.mode == "fail":
        raise ValueError("boom")
    if cfg.mode == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return cfg.lr * 2

main()
"""
_CONFIG = (
    "lr: 0.5\nseed: 1\nmode: ok\nmodel: {name: lstm, layers: [1, 2], _target_: no.such.Thing, home: '${oc.env:HOME}'}\n"
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a program that uses Hydra."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "conf").mkdir()
    (folder / "conf" / "config.yaml").write_text(_CONFIG, encoding="utf-8")
    (folder / "train.py").write_text(_APP, encoding="utf-8")
    return folder


def start(app: Path, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start the program."""
    env = {**os.environ, "PYTHONPATH": str(Path(eventide.__file__).parents[1]), "EVENTIDE_QUIET": "1", **environment}
    command = [sys.executable, "train.py", *arguments]
    return subprocess.Popen(command, cwd=app, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def tree(app: Path) -> Path:
    """Return the program's folder after runs of every kind."""
    jobs = [
        start(app, "-m", "seed=1,2,3", "lr=0.1,0.2", "hydra.sweep.dir=multirun/2021-01-26/17-07-39"),
        start(app, "-m", "seed=1,2", "hydra/launcher=joblib", "hydra.sweep.dir=multirun/2021-01-26/18-00-00"),
        start(app, "hydra.run.dir=outputs/2021-01-27/08-00-00"),
        start(app, "mode=fail", "hydra.run.dir=outputs/2021-01-27/09-00-00"),
        start(app, "mode=kill", "hydra.run.dir=outputs/2021-01-27/10-00-00"),
        start(
            app,
            "-m",
            "lr=0.3,0.4",
            "hydra.sweep.dir=own/sweep",
            "hydra.sweep.subdir=lr_${lr}",
            "hydra.output_subdir=conf_used",
        ),
        start(app, "hydra.run.dir=own/single"),
    ]
    codes = [job.wait(timeout=60) for job in jobs]
    assert codes == [0, 0, 0, 1, -signal.SIGKILL, 0, 0]
    return app


def test_a_sweep_is_the_seeds_frame(tree: Path) -> None:
    """A sweep gives one row a job, in order, with types kept and nothing of the config resolved."""
    frame = load_project(tree / "multirun", "*.npy", "multirun", filter_hms="2021-01-26")
    first = frame.loc["2021-01-26 17-07-39"]

    assert (len(frame), first.index.tolist()) == (8, [0, 1, 2, 3, 4, 5])
    assert (
        first["seed"].tolist(),
        str(frame["seed"].dtype),
        str(frame["lr"].dtype),
    ) == ([1, 1, 2, 2, 3, 3], "int64", "float64")
    assert tuple(first.loc[0, ["model/_target_", "model/home", "model/layers"]]) == (
        "no.such.Thing",
        "${oc.env:HOME}",
        [1, 2],
    )
    assert str(tree / "multirun/2021-01-26/17-07-39/3/acc.npy") == first.loc[3, "collected_path_0"]


@pytest.mark.filterwarnings("ignore:.*both are kept")  # two of them without a date in their path began in one second
def test_launchers_failures_and_own_layouts(tree: Path) -> None:
    """Jobs of joblib, jobs that failed or were killed, and own folder layouts are all found; details name job and launcher."""
    frame = load_project(tree, ["*.npy", "*.log"], details=True)
    single = load_project(tree / "outputs", "*.npy", "singlerun", filter_date="last")
    own = load_project(tree / "own", "*.npy", "multirun")

    assert len(frame) == 14
    assert {"train"} == set(frame["hydra/job/name"])
    assert any("Joblib" in launcher for launcher in frame["hydra/launcher"])
    assert single["mode"].tolist() == ["ok", "fail", "kill"]
    assert {(0, 0.3), (1, 0.4)} == set(zip(own.index.get_level_values(1), own["lr"], strict=True))


def test_the_whole_tree_becomes_runs(tree: Path, tmp_path: Path) -> None:
    """Imported by the command line, and again: each run once, sweeps grouped, metrics readable."""
    command = [
        sys.executable,
        "-c",
        "from eventide.cli.main import run; run()",
        "--store",
        str(tmp_path / "store"),
        "hydra",
        "import",
        str(tree),
        "--json",
    ]
    env = {**os.environ, "PYTHONPATH": str(Path(eventide.__file__).parents[1])}
    first = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    again = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    with eventide.open(tmp_path / "store") as store:
        runs = store.runs()
        groups = runs["group"].value_counts().to_dict()
        spread = store.runs(columns=["config.lr", "last(acc)"])

    assert ('"new":14' in first.stdout.replace(" ", ""), '"unchanged":14' in again.stdout.replace(" ", "")) == (
        True,
        True,
    )
    assert {k: v for k, v in groups.items() if "2021" in str(k)} == {
        "train 2021-01-26 17-07-39": 6,
        "train 2021-01-26 18-00-00": 2,
    }
    assert spread["config.lr"].tolist() == spread["last(acc)"].tolist()


def test_what_is_tracked_is_not_imported(app: Path, tmp_path: Path) -> None:
    """A job that logs by itself keeps its own metrics alone, and an import passes over it."""
    place = f"hydra.run.dir={tmp_path}/runs/2023-01-01/00-00-00"
    assert start(app, "mode=log", place, _CALLBACK, EVENTIDE_DIR=str(tmp_path / "store")).wait(timeout=60) == 0
    code = "from eventide.cli.main import run; run()"
    command = [
        sys.executable,
        "-c",
        code,
        "--store",
        str(tmp_path / "store"),
        "hydra",
        "import",
        str(tmp_path / "runs"),
        "--json",
    ]
    env = {**os.environ, "PYTHONPATH": str(Path(eventide.__file__).parents[1])}
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    with eventide.open(tmp_path / "store") as store:
        run = store.run("@last")

    assert (list(run.metrics), run.rows) == (["own"], 1)
    assert tuple(orjson.loads(answer.stdout)["import"][name] for name in ("new", "skipped")) == (0, 1)


def test_the_callback_tracks_jobs_of_every_launcher(app: Path, tmp_path: Path) -> None:
    """With one line of configuration, every job is a run: grouped by sweep, with its log, metrics, result, and how it ended."""
    store = str(tmp_path / "store")
    jobs = [
        start(app, _CALLBACK, "hydra.job.chdir=true", EVENTIDE_DIR=store),
        start(app, "-m", "seed=1,2", "hydra.sweep.dir=multirun/2022-01-01/00-00-00", _CALLBACK, EVENTIDE_DIR=store),
        start(
            app,
            "-m",
            "seed=1,2",
            "hydra/launcher=joblib",
            "hydra.sweep.dir=multirun/2022-01-02/00-00-00",
            _CALLBACK,
            EVENTIDE_DIR=store,
        ),
        start(
            app,
            "-m",
            "seed=1,2",
            "hydra/launcher=submitit_local",
            "hydra.sweep.dir=multirun/2022-01-03/00-00-00",
            _CALLBACK,
            EVENTIDE_DIR=store,
        ),
        start(app, "mode=fail", _CALLBACK, EVENTIDE_DIR=store),
        start(app, "mode=kill", _CALLBACK, EVENTIDE_DIR=store),
    ]
    assert [job.wait(timeout=90) for job in jobs] == [0, 0, 0, 0, 1, -signal.SIGKILL]
    deadline = time.monotonic() + 30
    with eventide.open(store) as opened:
        while len(opened) < 9 or opened.runs("state:running")["name"].size:
            assert time.monotonic() < deadline, opened.runs()
            time.sleep(0.1)  # the processes of submitit may still be ending
        runs = opened.runs()
        failed = opened.run(opened.runs("state:failed").index[0])
        finished = opened.run(opened.runs("group:2022-01-01").index[0])
        console = opened.source.console(finished.id)

    assert runs["status"].value_counts().to_dict() == {RunStatus.FINISHED: 7, RunStatus.FAILED: 1, RunStatus.CRASHED: 1}
    assert sorted(runs["group"].dropna().value_counts().tolist()) == [2, 2, 2]
    assert "ValueError: boom" in failed.error
    assert (
        finished.metrics["acc"].last,
        finished.summary["return_value"],
        finished.params["model.home"],
    ) == (0.5, 1.0, "${oc.env:HOME}")
    assert any("lr is 0.5" in line.text for line in console)
