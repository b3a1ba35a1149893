"""The screens as people see them: text of whole screens, and what keys change in the store."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eventide.model import RunQuery
from eventide.table.store import open_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from eventide.tui.app import TerminalUI

    Drive = Callable[..., str]

SNAPSHOTS = Path(__file__).parent / "snapshots"
SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}
KEYS: dict[str, tuple[str, ...]] = {
    "runs": (),
    "run": ("end", "enter"),
    "metrics": ("end", "enter", "tab"),
    "plot": ("space", "space", "tab", "f", "right"),
    "compare": ("space", "space", "d"),
    "search": ("ctrl+f", "=run"),
    "help": ("question_mark",),
    "grouped": ("g", "=seed", "enter"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", KEYS)
def test_a_screen_looks_as_it_did(drive: Drive, name: str, size: str) -> None:
    """Every screen at 80, 120 and 200 columns is the text that is kept; SNAPSHOTS=write keeps a new one."""
    shown = drive(*KEYS[name], size=SIZES[size])
    path = SNAPSHOTS / f"{name}-{size}.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(shown, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown


def test_hostile_names_reach_no_cell(drive: Drive) -> None:
    """A name with escape sequences, a title and a reordering mark is shown without them, its brackets as they are."""
    shown = drive()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert "gpj.exe[bold]x[/bold]" in shown


def test_a_filter_is_tried_while_it_is_typed(drive: Drive) -> None:
    """Typing a filter narrows the table at once; enter keeps it."""
    shown = drive("slash", "=tag:paper", "enter")
    assert "run-1" in shown
    assert "run-0" not in shown


def test_a_mistake_in_a_filter_keeps_the_last_answer(drive: Drive) -> None:
    """What does not parse is said, and the table stays as it was."""
    shown = drive("slash", "=lr<")
    assert "cannot be read" in shown


def test_a_tag_is_added_and_undone(drive: Drive, root: Path) -> None:
    """`:tag` writes to the store, and `u` takes it back."""
    drive("home", "colon", "=tag good", "enter")
    with_tag = open_source(root)
    assert [run.name for run in with_tag.runs(RunQuery("tag:good")).runs] == ["run-5"]
    with_tag.close()
    drive("home", "colon", "=tag other", "enter", "u")
    after = open_source(root)
    assert after.runs(RunQuery("tag:other")).total == 0
    after.close()


def test_the_bin_gives_back(drive: Drive, root: Path) -> None:
    """A run goes into the bin by command, and out of it with enter."""
    shown = drive("home", "colon", "=bin", "enter", "B")
    assert "run-5" in shown
    drive("B", "enter")
    source = open_source(root)
    assert source.runs(RunQuery()).total == 6
    source.close()


def test_read_only_changes_nothing(drive: Drive, root: Path) -> None:
    """With --read-only no command writes."""
    drive("home", "colon", "=tag good", "enter", read_only=True)
    source = open_source(root)
    assert source.runs(RunQuery("tag:good")).total == 0
    source.close()


def test_sql_answers_in_a_grid(drive: Drive) -> None:
    """The editor's query runs with ctrl+r."""
    assert "6 rows in" in drive("ctrl+e", "ctrl+r")


def test_sorting_by_the_best_puts_the_best_first(drive: Drive) -> None:
    """`:sort best(val/acc)` means the highest first, since that is better."""

    def check(app: TerminalUI) -> None:
        runs = app.runs_screen
        assert runs is not None
        assert runs.wanted.sort == "-best(val/acc)"
        assert runs.listing is not None
        assert runs.listing.runs[-1].name == "run-3"

    drive("colon", "=sort best(val/acc)", "enter", check=check)


def test_keys_are_remapped_by_a_setting(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    """`tui_keys` gives an action another key."""
    monkeypatch.setenv("EVENTIDE_TUI_KEYS", "sql.open=ctrl+g")
    assert "sql" in drive("ctrl+g").splitlines()[0]
