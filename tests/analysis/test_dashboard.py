"""The dashboard, run by Streamlit's own test harness: choosing, sorting, drawing, and what it says when it cannot."""

from __future__ import annotations

import datetime as dt
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from eventide.dashboard.choice import Choice, apply, options, tags_of
from eventide.dashboard.page import FIGURES
from eventide.dashboard.serve import command, store_of
from eventide.errors import NotAStore
from eventide.testing import FakeClock, make_run

pytestmark = pytest.mark.filterwarnings("ignore")  # Streamlit's own, outside of its server

Page = Callable[[Path], Any]


def _script(folder: str) -> None:
    from pathlib import Path

    from eventide.dashboard.page import draw

    draw(Path(folder))


def page_of(folder: Path) -> Any:
    """Return the dashboard of a folder after its first run."""
    return AppTest.from_function(_script, args=(str(folder),), default_timeout=30).run()


@pytest.fixture
def root(store_dir: Path) -> Path:
    """Return a store of six runs on two days: two learning rates, three seeds, one hostile name."""
    clock = FakeClock(1_790_000_000.0)
    for number in range(6):
        lr, seed = (0.1, 0.01)[number // 3], number % 3
        rows = [{"acc": lr + step / 10 + seed / 100} for step in range(5)]
        make_run(
            store_dir, f"20260101-00000{number}-some-run-{number:08d}", rows, name=f"run <b>{number}", clock=clock,
            config={"lr": lr, "seed": seed, "depth": number, "opt": "sgd"}, tags=["paper"] if seed else [],
        )  # fmt: skip
        clock.advance(20_000)
    return store_dir


def test_it_shows_the_runs(root: Path) -> None:
    """The table holds all runs, newest first, with what differs; learning curves come without asking."""
    page = page_of(root)
    table = page.dataframe[0].value

    assert (list(page.exception), [item.value for item in page.caption]) == ([], ["6 of 6 runs"])
    assert [f"run <b>{number}" for number in (5, 4, 3, 2, 1, 0)] == table["name"].tolist()
    assert {"lr", "seed", "depth", "acc"} <= set(table.columns)
    assert "opt" not in table.columns
    assert [item.value for item in page.subheader] == ["Learning curves"]


def test_it_filters_and_sorts(root: Path) -> None:
    """Tags, hyperparameters, the filter grammar and the order work together."""
    page = page_of(root)
    page.multiselect(key="tags").set_value(["paper"]).run()
    page.multiselect(key="params").set_value(["config.lr"]).run()
    page.multiselect(key="values:config.lr").set_value(["0.01"]).run()
    page.selectbox(key="sort").set_value("metric.acc").run()

    assert [item.value for item in page.caption] == ["2 of 6 runs"]
    assert page.dataframe[0].value["name"].tolist() == ["run <b>5", "run <b>4"]
    page.text_input(key="where").set_value("seed=2").run()
    assert [item.value for item in page.caption] == ["1 of 2 runs"]
    page.text_input(key="where").set_value("seed<").run()
    assert "cannot be read" in page.error[0].value
    assert list(page.exception) == []


def test_every_figure_is_drawn_or_says_why_not(root: Path) -> None:
    """All kinds of figures at once: none brings the page down."""
    page = page_of(root)
    page.multiselect(key="figures").set_value(list(FIGURES)).run()

    assert ([], list(FIGURES)) == (list(page.exception), [item.value for item in page.subheader])
    assert len(page.info) == 1  # no confusion matrix was logged


def test_a_hydra_tree_is_shown_from_the_cache(tmp_path: Path) -> None:
    """A folder of Hydra's is imported outside of it; a folder of neither kind is refused in words."""
    output = tmp_path / "tree" / "2021-01-26" / "17-07-39" / ".hydra"
    output.mkdir(parents=True)
    (output / "config.yaml").write_text("lr: 0.1\n", encoding="utf-8")
    (output.parent / "metrics.csv").write_text("step,loss\n0,1\n1,0.5\n", encoding="utf-8")
    before = sorted((tmp_path / "tree").rglob("*"))
    page = page_of(tmp_path / "tree")

    assert ([item.value for item in page.caption], list(page.exception)) == (["1 of 1 runs"], [])
    assert before == sorted((tmp_path / "tree").rglob("*"))
    (tmp_path / "empty").mkdir()
    assert "neither a store" in page_of(tmp_path / "empty").error[0].value
    with pytest.raises(NotAStore):
        store_of(tmp_path / "nothing")


def test_an_empty_store_says_so(store_dir: Path) -> None:
    """There is a page without runs, too."""
    make_run(store_dir, "20260101-000000-some-run-00000000", status="finished")
    page = page_of(store_dir)
    page.text_input(key="where").set_value("lr>5").run()

    assert ([item.value for item in page.info], list(page.exception)) == (["No runs."], [])


def test_it_listens_here_alone() -> None:
    """The server is told to bind to this machine, and to send no statistics."""
    words = command(Path("/x"), port=8600, headless=True)

    assert {"--server.address=127.0.0.1", "--browser.gatherUsageStats=false", "--server.headless=true"} <= set(words)


def test_choices_without_a_page() -> None:
    """Days, groups and values of any type choose rows; a column of mixed kinds can be sorted."""
    frame = pd.DataFrame(
        {
            "tags": [("a",), (), ("a", "b")],
            "group": ["g", None, "g"],
            "started": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"], utc=True),
            "config.x": [1, "text", None],
        }
    )
    days = (dt.date(2026, 1, 2), dt.date(2026, 1, 3))

    assert tags_of(frame) == ["a", "b"]
    assert apply(frame, Choice(tags=["a"], days=days)).index.tolist() == [2]
    assert apply(frame, Choice(groups=["(none)"])).index.tolist() == [1]
    assert options(frame, "config.x") == ["(none)", "1", "text"]
    assert apply(frame, Choice(params={"config.x": ["text"]})).index.tolist() == [1]
    assert len(apply(frame, Choice(sort="config.x", descending=False))) == 3
    assert len(apply(frame, Choice(sort="no such column"))) == 3


@pytest.mark.process
def test_the_server_ends_with_the_command(root: Path) -> None:
    """Ending `eventide dashboard` ends what it started: nothing listens any more."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = "from eventide.cli.main import run; run()"
    arguments = ["dashboard", str(root), "--headless", "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stderr=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        while b"URL" not in (line := process.stdout.readline()):
            assert line, "it ended before it listened"
        process.terminate()
        assert process.wait(30) == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
