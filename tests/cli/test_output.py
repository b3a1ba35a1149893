"""One rule for the output of every verb: formats, JSON, colour, and nothing that steers a terminal."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.cli import terminal
from eventide.cli.options import Options
from eventide.cli.output import Column, Listing, Output, json_row, json_text

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
FORMATS = ("table", "tsv", "json", "jsonl", "csv", "md")
HOSTILE = "a\tb\nc\x1b[31mred\x1b[0m\x07\x9b1m <b>&|\u202eevil"
DIFFICULT = Listing(
    "things",
    (
        Column("id"),
        Column("name", wide=True),
        Column("number", "number", goal="max"),
        Column("started", "time"),
        Column("duration_s", "duration", "duration"),
        Column("size_bytes", "size"),
        Column("status", "status"),
        Column("tags"),
        Column("tree", "tree"),
        Column("loss/train", "number"),
    ),
    [
        ["1", "plain", 0.9412, 1.7e9, 12.5, 1234, "finished", ["a", "b"], {"x": {"y": 1}}, 1],
        ["2", HOSTILE, 3.9e-4, 1.7e9 + 0.123456, 4000.0, 5_400_000, "failed", [], {}, 2**60],
        ["3", "", math.nan, None, None, None, "crashed", None, {"x": math.inf}, -math.inf],
        ["4", "ünïcode 漢字 🌊", 64, 0.0, 0.05, 0, "running", ["漢"], {"a": [math.nan, None, True]}, None],
        ["5", "x" * 90, 123456.7, 1.7e9, 200_000.0, 10**13, "killed", ["t" * 30], None, True],
    ],
)


def render(listing: Listing, name: str, capsys: pytest.CaptureFixture[str], **options: Any) -> str:
    """Return what a listing looks like in a format, at a fixed time."""
    output = Output(Options(format=name, **options))
    output.now = 1.7e9 + 3 * 86400
    output.emit(listing)
    return capsys.readouterr().out


@pytest.mark.parametrize("name", FORMATS)
def test_golden(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A row of every difficult kind looks in each format exactly as it did when the format was agreed on."""
    text = render(DIFFICULT, name, capsys)
    golden = GOLDEN / f"difficult.{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("color", ["never", "always"])
def test_no_format_lets_logged_text_steer_the_terminal(
    name: str, color: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No escape sequence, bell, C1 control or bidirectional mark of a logged string reaches stdout in any format."""
    monkeypatch.setenv("COLUMNS", "400")
    text = render(DIFFICULT, name, capsys, color=color)
    own = re.sub("\x1b\\[[0-9;]*m", "", text) if (name, color) == ("table", "always") else text
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", own) == []
    assert "31mred" in own  # it is there, made harmless


@given(st.text())
def test_json_text_holds_no_control_character(text: str) -> None:
    """Any text comes back equal from JSON output, which itself holds no control character but its newline."""
    written = json_text({"x": text})
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f]", written) == []
    assert json.loads(written) == {"x": text}


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.floats(), max_size=5))
def test_json_keeps_every_float(values: dict[str, float]) -> None:
    """Finite floats come back equal, others are null and named under `nonfinite` by their path."""
    values.pop("nonfinite", None)
    document = json.loads(json_text(json_row([Column(key) for key in values], list(values.values()))))
    nonfinite = document.pop("nonfinite", {})
    back = {key: float(nonfinite[key]) if value is None else value for key, value in document.items()}
    assert repr(back) == repr(values)


def test_json_is_explicit_and_versioned(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON document carries the version of its schema, the total, and keys exactly as they were logged."""
    document = json.loads(render(DIFFICULT, "json", capsys))
    assert document["schema_version"] == 1
    assert document["total"] == 5
    assert list(document["things"][0]) == [column.name for column in DIFFICULT.columns]
    assert document["things"][2]["nonfinite"] == {"number": "NaN", "tree.x": "Infinity", "loss/train": "-Infinity"}


def test_csv_is_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    """CSV has a header and one record per row, whatever the texts hold."""
    rows = list(csv.reader(io.StringIO(render(DIFFICULT, "csv", capsys))))
    assert [len(row) for row in rows] == [10] * 6
    assert rows[0] == [column.name for column in DIFFICULT.columns]


def test_tsv_has_one_line_per_row_and_no_header(capsys: pytest.CaptureFixture[str]) -> None:
    """TSV has a line per row, the same number of fields in each, uncut."""
    lines = render(DIFFICULT, "tsv", capsys).splitlines()
    assert [line.count("\t") for line in lines] == [9] * 5
    assert "x" * 90 in lines[4]


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_a_table_is_never_wider_than_the_terminal(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line of a table is wider than the terminal, also with characters of double width."""
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", str(columns))
    lines = render(DIFFICULT, "table", capsys).splitlines()
    assert len(lines) == 6
    assert [line for line in lines if cell_len(line) > columns] == []


class Stream(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.is_terminal = terminal

    def isatty(self) -> bool:
        """Return what it was told."""
        return self.is_terminal


@pytest.mark.parametrize(
    ("choice", "is_terminal", "environment", "expected"),
    [
        ("auto", True, {"TERM": "xterm"}, True),
        ("auto", False, {"TERM": "xterm"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", True, {"FORCE_COLOR": "0"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_rule(choice: str, is_terminal: bool, environment: dict[str, str], expected: bool) -> None:
    """The option wins, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal that can show colours."""
    assert terminal.wants_color(choice, Stream(terminal=is_terminal), environment) is expected


def test_format_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, eventide: Callable[..., Any]) -> None:
    """EVENTIDE_FORMAT chooses the format of every verb, and --format wins over it."""
    monkeypatch.setenv("EVENTIDE_FORMAT", "csv")
    assert eventide("keys").out.splitlines()[0] == "key,types,runs,project"
    assert eventide("keys", "--format", "tsv").out.splitlines()[0].split("\t")[0] == "big"


@given(st.text())
def test_console_text_is_plain(text: str) -> None:
    """Console text shown by `tail` holds newlines and tabs, and no other control character."""
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f]", terminal.plain_console(text)) == []


def test_console_text_loses_colours_and_overwritten_progress() -> None:
    """Colours vanish, and of a progress line that was overwritten its last state stays."""
    assert terminal.plain_console("\x1b[32mok\x1b[0m 10%\rok 90%\r\ndone \x1b]0;title\x07!") == "ok 90%\ndone !"
