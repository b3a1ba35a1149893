"""Every case of filter_cases.txt gives the same runs from a real store as from the bare index."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.filter_runs import NOW, RUNS, Described
from tests.contract.test_filter_cases import cases

from eventide.errors import InvalidFilter
from eventide.journal.process import ProcessIdentity
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.model import RunQuery
from eventide.store.local import LocalSource
from eventide.testing import FakeClock


def write(root: Path, run: Described) -> None:
    """Write one described run as its own process would have."""
    clock = FakeClock(run.started)
    layout = Layout(root)
    layout.create(now_s=clock.time())
    for attempt in range(1, run.attempts):
        JournalWriter(layout, Identity(run.id, run.project, "run", attempt), clock=clock).close({"status": "failed"})
    writer = JournalWriter(layout, Identity(run.id, run.project, "run", run.attempts), clock=clock)
    for path, value in (("name", run.name), ("group", run.group), ("user", run.user), ("notes", run.note)):
        writer.set((path,), value)
    for tag in run.tags:
        writer.set(("tags", tag), True)
    writer.set(("config",), run.config)
    for branch, content in (("summary", run.summary), ("values", run.values)):
        for key, value in content.items():
            writer.set((branch, key), value)
    for key in run.defined.keys() | run.goals.keys():
        writer.set(("metrics", key), {"summary": run.defined.get(key), "goal": run.goals.get(key)})
    for step in range(max(map(len, run.metrics.values()), default=0)):
        clock.now_s = run.started + step
        writer.append({key: values[step] for key, values in run.metrics.items() if step < len(values)}, step)
    clock.now_s = run.ended or NOW
    writer.set(("name",), run.name)
    if run.state in ("finished", "failed", "killed"):
        writer.close({"status": run.state})
    else:
        writer.sync()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSource]:
    """Return a source over a store with the described runs, in UTC, at their noon."""
    folder = tmp_path_factory.mktemp("filter")
    mine = ProcessIdentity.current()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        for run in RUNS.values():
            gone = run.state == "crashed"
            identity = ProcessIdentity(
                run.host, 2**22 + 1 if gone else mine.pid, "0" if gone else mine.start, mine.machine
            )
            with patch.context() as inner:
                inner.setattr(ProcessIdentity, "current", classmethod(lambda cls, *, fresh=False, who=identity: who))
                write(folder / "store", run)
        found = LocalSource(folder / "store", clock=FakeClock(NOW), cache_dir=folder / "cache")
        yield found
        found.close()
    time.tzset()


@pytest.mark.parametrize(("text", "expected"), cases())
def test_a_store_answers_as_the_index_does(source: LocalSource, text: str, expected: str) -> None:
    """The runs, or the error, are those that the case names."""
    letters = {run.id: letter for letter, run in RUNS.items()}
    try:
        page = source.runs(RunQuery(text, sort="id", limit=None))
    except InvalidFilter as error:
        found = f"error @{error.position}: {error.message.partition(': ')[2]}"
        assert expected.startswith("error")
        assert found.startswith(expected.partition(":")[0])
    else:
        by_letter = sorted(letters[run.id] for run in page.runs)
        assert (" ".join(by_letter) or "none") == expected
