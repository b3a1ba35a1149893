"""The verbs of rows and objects: head, set, stats, hist, scatter, assets, cache, merge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eventide import Reader, Tracker
from eventide.cli.program import app


@pytest.fixture
def tracker(store_dir: Path) -> Tracker:
    """A tracker with two rows and an object."""
    made = Tracker(store_dir, cache=store_dir.parent / "results", track_id="brave-otter")
    made.log(epoch=1, loss=0.5, model=len)
    made.log(epoch=2, loss=0.25)
    return made


def call(tracker: Tracker, *arguments: str, code: int = 0) -> Any:
    """Call the program on the tracker's store and return what it printed."""
    result = CliRunner().invoke(app, ["--store", tracker.db, *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def test_head_shows_rows_with_all_keys(tracker: Tracker) -> None:
    """`head` shows the first rows of a run under the keys' own names."""
    document = json.loads(call(tracker, "head", "brave-otter", "-n", "1", "--json"))
    assert (len(document["rows"]), document["rows"][0]["loss"], document["rows"][0]["track_id"]) == (
        1,
        0.5,
        "brave-otter",
    )


def test_set_gives_rows_values(tracker: Tracker) -> None:
    """`set` sets a typed value for the run, or for chosen rows; a dry run changes nothing."""
    call(tracker, "set", "brave-otter", "score", "0.9", "--dry-run")
    call(tracker, "set", "brave-otter", "split", "train", "--where", "epoch=2")
    assert "score" not in tracker.columns
    call(tracker, "set", "brave-otter", "score", "0.9")
    assert tracker.to_df()[["score", "split"]].fillna("").to_numpy().tolist() == [[0.9, ""], [0.9, "train"]]
    call(tracker, "set", "brave-otter", "split", "x", "--where", "epoch", code=2)


def test_numbers_and_plots(tracker: Tracker) -> None:
    """`stats` has quartiles per key, `hist` bars, `scatter` points; a key without numbers is an error."""
    (line,) = call(tracker, "stats", "-k", "loss").splitlines()
    assert line.split("\t")[:3] == ["loss", "2", "0.375"]
    assert call(tracker, "stats").count("\n") == 2
    assert call(tracker, "hist", "loss", "--bins", "2").count("█") == 120
    assert call(tracker, "scatter", "epoch", "loss", "--height", "4").count("•") == 2
    assert "•" in call(tracker, "scatter", "step", "loss")
    call(tracker, "hist", "nothing", code=1)


def test_assets_are_listed_written_and_removed(tracker: Tracker, tmp_path: Path) -> None:
    """`assets` lists objects with their counts, writes one to a file, and removes one when told so twice."""
    (asset,) = tracker.assets.list()
    assert call(tracker, "assets").split("\t")[:2] == [asset.ref.sha256, "pickle"]
    call(tracker, "assets", "model", "-o", str(tmp_path / "model.pkl"))
    assert (tmp_path / "model.pkl").stat().st_size == asset.ref.size_bytes
    call(tracker, "assets", "model", "--remove", code=2)
    call(tracker, "assets", asset.ref.sha256[:10], "--remove", "--yes")
    assert call(tracker, "assets") == ""
    call(tracker, "assets", "model", code=1)


def test_cache_lists_and_removes_results(tracker: Tracker, store_dir: Path) -> None:
    """`cache` shows who computed what, and removes the results of a run."""
    tracker.track(pow, args=[2, 3])
    folder = str(store_dir.parent / "results")
    assert call(tracker, "cache", folder).split("\t")[1:4] == ["pow", "(2, 3, {})", "brave-otter"]
    assert call(tracker, "cache", folder, "--remove", "brave-otter").split() == ["removed", "1"]


def test_merge_takes_what_is_new(tracker: Tracker, tmp_path: Path) -> None:
    """`merge` copies another store into this one, once."""
    Tracker(tmp_path / "other").log(a=1)
    assert call(tracker, "merge", str(tmp_path / "other")).split() == ["rows", "1"]
    assert call(tracker, "merge", str(tmp_path / "other")).split() == ["rows", "0"]
    assert call(tracker, "merge", tracker.db, str(tmp_path / "third"), "--no-assets").split() == ["rows", "3"]
    assert len(Reader(tmp_path / "third")) == 3
    assert call(tracker, "columns").splitlines()[0].startswith("a\t")
