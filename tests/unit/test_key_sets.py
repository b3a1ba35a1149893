"""The keys that runs logged, from sets that many runs share: the same as from every run's own metrics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventide.model import KeyInfo, RunInfo, RunQuery
from eventide.store.local import LocalSource
from eventide.table.columns import key_columns, metric_columns
from eventide.table.goals import goal_of_keys, guess_goal
from eventide.testing import make_run

_ROW = st.dictionaries(
    st.sampled_from(["loss", "val/acc", "note", "lr"]),
    st.sampled_from([0.5, 1, float("nan"), "text", True]),
    max_size=4,
)


def _names(number: int) -> str:
    return f"20260101-000000-quiet-heron-{number:08d}"


def _numbers(keys: Sequence[KeyInfo]) -> dict[str, tuple[int, int, int]]:
    return {key.key: (key.runs, key.finite, key.rising) for key in keys}


def _counted(runs: Sequence[RunInfo]) -> dict[str, tuple[int, int, int]]:
    """Return the same numbers, counted run by run."""
    found: dict[str, tuple[int, int, int]] = {}
    for run in runs:
        for key, stats in run.metrics.items():
            runs_of, finite, rising = found.get(key, (0, 0, 0))
            is_finite = stats.count > stats.nonfinite
            found[key] = (runs_of + 1, finite + is_finite, rising + (is_finite and stats.goal == "max"))
    return found


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(_ROW, min_size=1, max_size=3), min_size=1, max_size=4), st.lists(_ROW, max_size=2))
def test_sets_say_what_the_runs_say(runs: list[list[dict[str, Any]]], later: list[dict[str, Any]]) -> None:
    """Whatever runs log, and log further while the index exists, keys, columns and the goal are those of the runs themselves."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / "store"
        writers = [make_run(root, _names(number), rows, status=None) for number, rows in enumerate(runs)]
        source = LocalSource(root, cache_dir=Path(folder) / "cache")
        source.keys(project="demo")
        for row in later:
            writers[0].append(row)
        for writer in writers:
            writer.close({"status": "finished"})

        found = source.runs(RunQuery(project="demo", limit=None)).runs
        keys = source.keys(project="demo")

        assert _counted(found) == _numbers(keys)
        assert guess_goal(found) == goal_of_keys(keys)
        assert [column.key for column in metric_columns(found)] == [column.key for column in key_columns(keys)]
        source.close()


def test_runs_with_the_same_keys_share_one_set(store_dir: Path) -> None:
    """However many runs log the same, what they logged is kept once."""
    for number in range(5):
        make_run(store_dir, _names(number), [{"loss": 0.1 * number, "acc": 0.5}])
    source = LocalSource(store_dir)

    assert _numbers(source.keys(project="demo")) == {"loss": (5, 5, 0), "acc": (5, 5, 5)}
    assert source._index.db.execute("SELECT count(*) FROM sets").fetchone() == (1,)
    source.close()
