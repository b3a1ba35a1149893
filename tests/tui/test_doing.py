"""What people do with the program beside pressing letters: the mouse, files that are written, coming back, servers, old folders."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual import events

from eventide.errors import NotAStore
from eventide.keymap import actions
from eventide.model import RunQuery
from eventide.server.app import make_app
from eventide.server.serving import Server, bind
from eventide.shim import tmt_tui
from eventide.store.local import LocalSource
from eventide.table.store import open_source
from eventide.tui.chart import BrailleChart
from eventide.tui.charts import Charts
from eventide.tui.grid import Grid
from eventide.tui.keys import textual_key
from eventide.tui.screens.plot import PlotScreen
from eventide.tui.screens.run import RunScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tui.conftest import Hand

    Visit = Callable[..., str]
    Drive = Callable[..., str]

WRITER = """
import sys, eventide
run = eventide.init(dir=sys.argv[1], project="live", name=sys.argv[2], capture="none", system_interval_s=0)
run.log({"loss": 1.0})
run.flush()
print("ready", flush=True)
sys.stdin.readline()
run.finish()
"""


def _writer(root: Path, name: str) -> subprocess.Popen[str]:
    """Return a process with a run that goes on until a line is sent to it."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


# ── every key ───────────────────────────────────────────────────────────────────────────────────────────────────────────

PLACES: dict[str, tuple[str, ...]] = {
    "runs": (),
    "nothing": ("slash", "=nosuchrun", "enter"),
    "run": ("enter",),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_key_may_be_pressed_everywhere(
    visit: Visit, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key of the table, pressed on any screen, ends the program."""
    keys = [textual_key(each.keys[0]) for each in actions("tui") if each.keys and each.id != "app.quit"]

    async def act(hand: Hand) -> None:
        await hand.press(*PLACES[place])
        wanted = hand.app.screen
        for key in keys:
            if hand.app.screen is not wanted:
                while len(hand.app.screen_stack) > 2:
                    hand.app.pop_screen()
                await hand.pilot.pause()
                if hand.app.screen is not wanted:
                    hand.runs.grid.focus()
                    await hand.press(*PLACES[place])
                    wanted = hand.app.screen
            await hand.pilot.press(key, "escape")
            assert hand.app.is_running
        await hand.settled()

    monkeypatch.chdir(tmp_path)
    visit(act, size=(80, 24))


# ── the mouse ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_click_goes_to_a_row_and_two_open_it(visit: Visit) -> None:
    """A row is reached by one click and opened by two."""

    async def act(hand: Hand) -> None:
        runs = hand.runs
        wanted = runs.grid.rows[3]
        await hand.pilot.click(Grid, offset=(10, 4))
        assert wanted == runs.grid.row
        await hand.pilot.click(Grid, offset=(10, 4), times=2)
        await hand.settled()
        assert isinstance(hand.app.screen, RunScreen)
        assert hand.app.screen.run_id == wanted

    visit(act)


def test_a_click_on_a_title_sorts_and_another_turns_it_round(visit: Visit) -> None:
    """The title of a column sorts by it, the best first; once more the other way round."""

    async def act(hand: Hand) -> None:
        runs = hand.runs
        title = hand.seen.splitlines()[2].index("val/acc")
        await hand.pilot.click(Grid, offset=(title, 0))
        await hand.settled()
        assert runs.wanted.sort == "-best(val/acc)"
        await hand.pilot.click(Grid, offset=(title, 0))
        await hand.settled()
        assert runs.wanted.sort == "best(val/acc)"

    visit(act)


def test_the_mouse_moves_the_crosshair_and_opens_a_chart(visit: Visit) -> None:
    """Over a chart the mouse moves the crosshair of all; a click chooses the chart, the next one shows it alone."""

    async def act(hand: Hand) -> None:
        charts = hand.app.screen.query_one(Charts)
        second = list(charts.query(BrailleChart))[1]
        await hand.pilot.hover(second, offset=(30, 5))
        assert charts.cursor is not None
        assert " at " in hand.seen
        await hand.pilot.click(second, offset=(30, 5))
        assert charts.current == 1
        await hand.pilot.click(second, offset=(30, 5))
        await hand.settled()
        assert isinstance(hand.app.screen, PlotScreen)

    visit(act)


def test_the_wheel_scrolls_with_the_cursor(visit: Visit) -> None:
    """The wheel moves through the rows."""

    async def act(hand: Hand) -> None:
        runs = hand.runs
        await hand.pilot._post_mouse_events([events.MouseScrollDown], Grid, offset=(10, 4))
        await hand.settled()
        assert runs.grid.cursor == 3

    visit(act)


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_chart_is_written_as_svg_and_as_csv(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`:write` makes a drawing with real text, or every logged point in full, by the name's ending."""
    monkeypatch.chdir(tmp_path)
    drawn, points = tmp_path / "chart.svg", tmp_path / "points.csv"
    drive("colon", "=write chart.svg", "enter", "colon", "=write points.csv", "enter")
    tree = ET.parse(drawn)  # noqa: S314 - written a line above
    texts = [element.text for element in tree.iter() if element.tag.endswith("text")]
    assert "val/acc" in texts
    assert drawn.stat().st_size < 200_000
    with points.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    first = [row for row in rows if row["name"] == "run-0"]
    assert len(first) == 50
    assert {"val/acc"} == {row["key"] for row in rows}
    assert [float(row["value"]) for row in first[:3]] == [0.0, 1 / 60, 2 / 60]


def test_a_chart_has_no_other_endings(visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that ends otherwise is refused with what would do, and nothing is written."""

    async def act(hand: Hand) -> None:
        await hand.press("colon", "=write chart.png", "enter")
        await hand.until("neither .svg nor .csv")

    monkeypatch.chdir(tmp_path)
    visit(act)
    assert not (tmp_path / "chart.png").exists()


def test_the_table_is_written_as_csv(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`:export` writes the listed runs with full numbers; of selected ones these alone."""
    monkeypatch.chdir(tmp_path)
    every, some = tmp_path / "all.csv", tmp_path / "some.csv"
    drive("colon", "=export all.csv", "enter", "home", "space", "colon", "=export some.csv", "enter")
    with every.open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert len(rows) == 6
    assert rows["run-0"]["best(val/acc)"] == repr(49 / 60)
    assert "\x1b" not in every.read_text(encoding="utf-8")
    assert len(some.read_text(encoding="utf-8").splitlines()) == 2


# ── coming back ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_restore_brings_back_what_was_left(visit: Visit) -> None:
    """After quitting, `--restore` shows the same filter, order, selection, x axis and open run; without it all is as at first."""

    async def leave(hand: Hand) -> None:
        await hand.press("slash", "=seed=0", "enter", "colon", "=sort best(val/acc)", "enter", "home", "space")
        await hand.press("colon", "=x time", "enter", "enter", "Q")

    async def look(hand: Hand) -> None:
        await hand.settled()
        runs = hand.runs
        found.append(
            (runs.wanted.filter, runs.wanted.sort, len(runs.selected), runs.charts.shown.x, type(hand.app.screen))
        )

    found: list[tuple[Any, ...]] = []
    visit(leave)
    visit(look, restore=True)
    visit(look)
    assert found[0] == ("seed=0", "-best(val/acc)", 1, "time", RunScreen)
    assert found[1][:4] == ("", "-started", 0, "step")


# ── runs that end ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("end", "said"), [("finish", "finished"), ("kill", "crashed")])
def test_the_end_of_a_run_is_announced(root: Path, visit: Visit, end: str, said: str) -> None:
    """A run that finishes, and one whose process is killed, is announced by name."""
    process = _writer(root, "short-lived")

    async def act(hand: Hand) -> None:
        await hand.until("1 live")
        if end == "kill":
            process.send_signal(signal.SIGKILL)
            process.wait()
        else:
            process.communicate("\n")
        await hand.until(f"short-lived {said}")
        await hand.until("idle")

    try:
        visit(act)
    finally:
        process.kill()
        process.communicate()


def test_follow_goes_to_the_newest_run(root: Path, visit: Visit) -> None:
    """With `--follow` the cursor goes to a run as it starts."""
    started: list[subprocess.Popen[str]] = []

    async def act(hand: Hand) -> None:
        begin = threading.Thread(target=lambda: started.append(_writer(root, "brand-new")))
        begin.start()
        await hand.until("brand-new")
        begin.join()
        await hand.settled()
        runs = hand.runs
        current = runs.current_run()
        assert current is not None
        assert current.name == "brand-new"

    try:
        visit(act, follow=True)
    finally:
        for process in started:
            process.kill()
            process.communicate()


# ── a server ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_server_is_shown_like_a_folder(root: Path, visit: Visit, tmp_path: Path) -> None:
    """Over HTTP there are the same runs, charts and parts of a run, and a change arrives in the store."""
    behind = LocalSource(root, cache_dir=tmp_path / "server-cache")
    server = Server(make_app(behind), bind("127.0.0.1", 0))
    server.start()
    url = server.place.url

    async def act(hand: Hand) -> None:
        await hand.until("run-5")
        drawn = [chart.figure for chart in hand.app.screen.query(BrailleChart) if chart.figure is not None]
        assert any(figure.curves for figure in drawn)
        await hand.press("home", "colon", "=tag far", "enter")
        await hand.until("tags +far")
        await hand.press("enter", "tab")
        assert "metric" in hand.seen
        assert hand.app.link().startswith(f"{url}/r/")

    try:
        visit(act, source=open_source(url), place=url)
        assert behind.runs(RunQuery("tag:far")).total == 1
    finally:
        server.stop()
        behind.close()


# ── old folders ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_old_timeline_is_shown_and_left_alone(visit: Visit, tmp_path: Path) -> None:
    """Entries of an old `.tmt` folder appear as runs, those within an entry too, and no byte of the folder changes."""
    folder = tmp_path / "old" / ".tmt"
    folder.mkdir(parents=True)
    inner = _entry("2", "second stage", [{"entry_id": "2", "name": "acc", "value": 0.9}])
    entries = [_entry("1", "first stage", [{"entry_id": "1", "name": "acc", "value": 0.5}], other_runs=[inner])]
    file = folder / "tmt_db.json"
    file.write_text(json.dumps({"data": entries}), encoding="utf-8")
    before = file.read_bytes()
    root = tmt_tui.translated(folder.parent)

    async def act(hand: Hand) -> None:
        await hand.until("second stage")

    shown = visit(act, source=open_source(root), read_only=True)
    assert "first stage" in shown
    assert "0.9" in shown
    assert "read-only" in shown
    assert file.read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["tmt_db.json"]


def _entry(number: str, name: str, metrics: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "date_created": 1_700_000_000 + int(number),
        "metrics": metrics,
        "description": "kept",
        "local_snapshot_path": "snapshots/1",
        "local_results_path": "results/1",
        "args": "{'lr': 0.1}",
        **more,
    }


def test_a_folder_without_a_timeline_is_refused(tmp_path: Path) -> None:
    """Where there is neither a store nor an old timeline, that is said."""
    with pytest.raises(NotAStore):
        tmt_tui.translated(tmp_path)
