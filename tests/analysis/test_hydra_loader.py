"""Loading trees: layouts, filters, types, and everything that may lie around."""

from __future__ import annotations

import datetime as dt
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eventide.errors import EventideWarning, InvalidSetting, RunNotFound
from eventide.hydra import FileLoader, load_experiment, load_project, load_run
from eventide.hydra.patterns import compile_pattern
from eventide.hydra.when import choose

Make = Callable[..., Path]


def make_job(
    job: Path,
    config: str = "lr: 0.1\nseed: 1\n",
    output: str = ".hydra",
    hydra: str = "",
    files: tuple[str, ...] = ("m.npy",),
) -> Path:
    """Write one run as Hydra lays it out."""
    (job / output).mkdir(parents=True)
    (job / output / "config.yaml").write_text(config, encoding="utf-8")
    (job / output / "hydra.yaml").write_text(hydra or "hydra:\n  job: {name: train}\n", encoding="utf-8")
    (job / output / "overrides.yaml").write_text("- lr=0.1\n", encoding="utf-8")
    for name in files:
        (job / name).parent.mkdir(parents=True, exist_ok=True)
        (job / name).write_bytes(b"x")
    return job


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """Return a tree of one sweep of twelve jobs and a single run."""
    base = tmp_path / "runs"
    for number in range(12):
        make_job(
            base / "2021-01-26" / "17-07-39" / str(number),
            f"seed: {number}\nlr: 0.5\nopt: {{name: adam, betas: [0.9, {number}]}}\n",
        )
    make_job(base / "2021-01-27" / "08-00-00", "seed: 3\nlr: 1\n", files=("m.npy", "a.npy", "run.log"))
    return base


def test_index_columns_and_order(sweep: Path) -> None:
    """Rows are sorted by time and number, columns are joined keys, then paths; paths begin as the base was given."""
    frame = load_project(sweep, "*.npy", "multirun")

    assert [("2021-01-26 17-07-39", number) for number in range(12)] == frame.index.tolist()
    assert list(frame.columns) == ["lr", "opt/betas", "opt/name", "seed", "collected_path_0"]
    assert f"{sweep}/2021-01-26/17-07-39/10/m.npy" == frame.loc[("2021-01-26 17-07-39", 10), "collected_path_0"]


def test_types_are_kept(sweep: Path) -> None:
    """Whole numbers stay whole, also where some runs lack them; lists stay lists."""
    make_job(sweep / "2021-01-28" / "08-00-00", "lr: 0.1\nflag: true\nbig: 9223372036854775808\nname: '007'\n")
    frame = load_project(sweep, "*.npy")

    assert tuple(str(frame[name].dtype) for name in ("seed", "lr", "flag")) == ("Int64", "float64", "boolean")
    assert frame["opt/betas"].iloc[4] == [0.9, 4]
    assert (frame["big"].iloc[-1], frame["name"].iloc[-1]) == (9223372036854775808, "007")
    assert str(load_project(sweep, "*.npy", "multirun")["seed"].dtype) == "int64"


def test_patterns_and_required_files(sweep: Path) -> None:
    """Files are collected pattern by pattern; runs with too few of them are left out."""
    frame = load_project(sweep, ["*.log", "*.npy"], "auto", 3)

    assert [Path(frame[f"collected_path_{place}"].iloc[0]).name for place in range(3)] == ["run.log", "a.npy", "m.npy"]
    assert len(load_project(sweep)) == 13
    with pytest.raises(RunNotFound, match=r"\*\.ckpt"):
        load_project(sweep, "*.ckpt")


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*.npy", "a.npy", True),
        ("*.npy", "sub/a.npy", False),
        ("sub/*.npy", "sub/a.npy", True),
        ("**/*.npy", "a/b/c.npy", True),
        ("**/*.npy", "c.npy", True),
        ("*", ".hidden", False),
        (".h*", ".hidden", True),
        ("v[0-9].csv", "v3.csv", True),
        ("v[!0-9].csv", "v3.csv", False),
        ("a?c", "a/c", False),
        ("**", "a/b", True),
        ("a+b(1).csv", "a+b(1).csv", True),
    ],
)
def test_patterns(pattern: str, name: str, fits: bool) -> None:
    """A star stays inside a folder, two go deeper, hidden names are asked for by name."""
    assert fits == compile_pattern(pattern)(name)


@pytest.mark.parametrize("pattern", ["", "/etc/*", "../*", "a/../b", "[z-a]x"])
def test_patterns_that_leave_the_run_are_refused(pattern: str) -> None:
    """No pattern reaches outside a run."""
    with pytest.raises(InvalidSetting):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("first", "second", "runs"),
    [
        ("2021-01-26", None, 12),
        (None, "2021-01-26", 12),
        (None, "17-07-39", 12),
        (None, "17:07", 12),
        ("08:00:00", None, 1),
        ("2021-01-27 08-00-00", None, 1),
        ("last", None, 1),
        (dt.date(2021, 1, 26), None, 12),
        (dt.datetime(2021, 1, 27, 8), None, 1),  # noqa: DTZ001 - Hydra's folders are in local time
        (None, dt.time(17, 7, 39), 12),
        (["2021-01-26", "2021-01-27"], None, 13),
        (pd.Timestamp("2021-01-26"), "last", 12),
    ],
)
def test_days_and_times(sweep: Path, first: Any, second: Any, runs: int) -> None:
    """A day or a time may stand in either place, as text or as an object."""
    assert runs == len(load_project(sweep, "*.npy", filter_date=first, filter_hms=second))


def test_a_filter_that_means_nothing(sweep: Path) -> None:
    """What is neither a day nor a time is the caller's mistake; a day without runs names the days there are."""
    with pytest.raises(InvalidSetting, match="neither a day nor a time"):
        load_project(sweep, filter_date="yesterday")
    with pytest.raises(RunNotFound, match="of that time"):
        load_project(sweep, filter_date="1999-01-01")
    assert set() == choose([], "last")


def test_one_run_and_one_experiment(sweep: Path) -> None:
    """A run, and an experiment, can be loaded alone; the place comes from the path above them."""
    one = load_run(sweep / "2021-01-26" / "17-07-39" / "3", "*.npy")
    experiment = load_experiment(sweep / "2021-01-26" / "17-07-39", "*.npy", logic="multirun")

    assert one.index.tolist() == [("2021-01-26 17-07-39", 3)]
    assert len(experiment) == 12
    assert FileLoader("*.npy").load_experiment(sweep / "2021-01-26" / "17-07-39", "x").index.unique(0).tolist() == ["x"]
    with pytest.raises(RunNotFound):
        load_run(sweep)


def test_bad_runs_cost_one_warning_each(sweep: Path) -> None:
    """Empty, broken, huge and missing configs are named and skipped; what is no run at all is passed over in silence."""
    bad = sweep / "2021-01-26" / "17-07-39"
    for number, text in ((20, ""), (21, "a: ["), (22, "- 1\n"), (23, "x: " + "y" * 5_000_000), (24, "\x00")):
        make_job(bad / str(number), text)
    (bad / "25" / ".hydra").mkdir(parents=True)
    (bad / "26").mkdir()
    (bad / "27" / ".hydra" / "config.yaml").mkdir(parents=True)
    os.mkfifo(make_job(bad / "28") / "pipe")
    (sweep / ".DS_Store").write_bytes(b"x")
    (bad / "notes.txt").write_bytes(b"x")
    (bad / "plots").mkdir()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = load_project(sweep, logic="multirun")

    told = [str(warning.message) for warning in caught]
    assert [*range(12), 28] == frame.index.get_level_values(1).tolist()
    assert all(warning.category is EventideWarning for warning in caught)
    assert {str(number): 1 for number in range(20, 28)} == {
        str(number): sum(f"17-07-39/{number}`" in text for text in told) for number in range(20, 28)
    }
    assert len(told) == 8


def test_duplicate_numbers_are_both_kept(sweep: Path) -> None:
    """Two runs with the same time and number stay two rows, and one warning names them."""
    make_job(sweep / "copy" / "2021-01-26" / "17-07-39" / "0")
    with pytest.warns(EventideWarning, match="both are kept"):
        frame = load_project(sweep, logic="multirun")

    assert len(frame.loc[[("2021-01-26 17-07-39", 0)]]) == 2


def test_links_are_not_followed(sweep: Path, tmp_path: Path) -> None:
    """Loops end, and a link to a folder outside brings nothing in."""
    make_job(tmp_path / "outside" / "2020-01-01" / "00-00-00")
    (sweep / "loop").symlink_to(sweep)
    (sweep / "out").symlink_to(tmp_path / "outside")

    assert len(load_project(sweep)) == 13


def test_unreadable_folders_are_named(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that may not be read costs a warning."""
    locked = str(sweep / "2021-01-26" / "17-07-39" / "5")
    scandir = os.scandir

    def guarded(path: str) -> Any:
        if path == locked:
            raise PermissionError(13, "Permission denied", path)  # root, who runs the checks, may read everything
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.warns(EventideWarning, match="17-07-39/5` skipped: it cannot be read: Permission denied"):
        assert len(load_project(sweep)) == 12


def test_the_base_must_be_a_folder(tmp_path: Path) -> None:
    """A file and a missing folder are named; an empty folder holds no runs."""
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidSetting, match="is a file"):
        load_project(tmp_path / "file")
    with pytest.raises(InvalidSetting, match="does not exist"):
        load_project(tmp_path / "nothing")
    with pytest.raises(RunNotFound):
        load_project(tmp_path / "empty")


def test_custom_layouts(tmp_path: Path) -> None:
    """Own folders for runs, sweeps and Hydra's output are found; numbers come from hydra.yaml."""
    for number, name in enumerate(("lr=0.2", "lr=0.1")):
        make_job(
            tmp_path / "exp" / name, f"lr: {number}\n", "conf", f"hydra:\n  job: {{num: {number}}}\n  mode: MULTIRUN\n"
        )
    (tmp_path / "exp" / "multirun.yaml").write_text("hydra: {}\n", encoding="utf-8")
    os.utime(tmp_path / "exp" / "multirun.yaml", (1_700_000_000, 1_700_000_000))
    make_job(tmp_path / "single" / "deep", files=("checkpoints/best.ckpt",))
    frame = load_project(tmp_path, details=True)

    assert sorted(frame.loc[frame["lr"] != 0.1].index.get_level_values(1)) == [0, 1]
    assert len(load_project(tmp_path, logic="multirun")) == 2
    assert len(load_project(tmp_path, "**/*.ckpt", "singlerun")) == 1
    assert frame["hydra/overrides"].iloc[0] == ["lr=0.1"]


def test_what_changed_is_read_again(sweep: Path) -> None:
    """A second load sees new runs and new configs, however soon they came."""
    load_project(sweep, logic="multirun")
    make_job(sweep / "2021-01-26" / "17-07-39" / "12", "seed: 12\n")
    (sweep / "2021-01-26" / "17-07-39" / "0" / ".hydra" / "config.yaml").write_text("seed: 99\n", encoding="utf-8")
    again = load_project(sweep, logic="multirun")

    assert (len(again), again["seed"].iloc[0]) == (13, 99)


def test_thousands_of_other_files_do_not_matter(sweep: Path) -> None:
    """Unrelated files beside the runs are not collected, whatever they are called."""
    for number in range(2000):
        (sweep / f"{number}.npy").touch()

    assert len(load_project(sweep, "*.npy")) == 13


def test_progress_on_demand(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bar can be asked for; it goes to stderr."""
    load_project(sweep, progress=True)

    assert capsys.readouterr().out == ""
