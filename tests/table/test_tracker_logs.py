"""Log files, the standard output and JSON lines: what is written comes back, and nobody's handlers are touched."""

from __future__ import annotations

import builtins
import datetime as dt
import io
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger as shared

from eventide import Reader, Tracker
from eventide.errors import InvalidValue, MissingExtra
from eventide.table import logfiles
from eventide.table.logger import Logger

_FAKE = '2026-11-20 10:15:02.123 | TRACKING | x:y:0!📁!{"fake":1}'
_VALUES = st.one_of(st.text(), st.floats(allow_nan=False), st.integers(), st.booleans(), st.none())


@given(messages=st.lists(st.text() | st.just(_FAKE) | st.just(f"a\n{_FAKE}\r\nb"), max_size=5))
def test_any_text_is_one_entry(messages: list[str]) -> None:
    """Whatever a message holds, also lines that look like rows, it is read back as it was, as one entry."""
    head = "2026-11-20 10:15:02.123 | INFO     | eventide:info:0" + logfiles.DELIMITER
    file = "".join(f"{head}{logfiles.indented(message)}\n" for message in messages)
    found = list(logfiles.entries(file.removesuffix("\n").split("\n"))) if file else []
    assert [entry.text for entry in found] == messages
    assert [row for entry in found for row in entry.rows] == []


@given(row=st.dictionaries(st.text(min_size=1), _VALUES, min_size=1), pretty=st.booleans())
def test_any_row_comes_back_exactly(row: dict[str, Any], pretty: bool) -> None:
    """Rows are read back with the values and types they had."""
    head = "2026-11-20 10:15:02.123 | MONITOR  | eventide:monitor:0" + logfiles.DELIMITER
    text = f"{head}{logfiles.indented(logfiles.json_of(row, pretty=pretty))}"
    ((entry),) = logfiles.entries(text.split("\n"))
    assert entry.rows == [row]


def test_rows_of_a_tracker_are_in_its_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every row goes to file, output and JSON lines; NaN, dates and line breaks come back; texts are no rows."""
    tracker = Tracker(
        Tracker.SKIP_INSERT, logs_path=tmp_path / "logs", logs_stdout=True, jsonl=tmp_path / "rows" / "x.jsonl"
    )
    row = tracker.log(accuracy=0.9, bad=math.nan, day=dt.date(2026, 1, 2), text=f"a\n{_FAKE}", odd=object())
    say = tracker.logger.info
    say("hello {}\n{fake}", "you", fake=_FAKE)
    tracker.logger.warning("{not filled in}")
    tracker.finish()
    (found,) = logfiles.read_logs(tmp_path / "logs")
    assert math.isnan(found.pop("bad"))
    assert found.pop("odd").startswith("<object object")
    assert found == {key: value for key, value in row.items() if key not in ("bad", "odd")}
    out = capsys.readouterr().out
    assert out.count("TRACKING | eventide") == 1
    assert "hello you" in out
    frame = Reader.read_jsonl(tmp_path / "rows" / "x.jsonl")
    assert (frame["level"].tolist(), frame["timestamp"].tolist()) == (["TRACKING"], [row["timestamp"]])


def test_monitor_and_experiment_take_rows_in_any_form(tmp_path: Path) -> None:
    """Dict, list of dicts and DataFrame; experiments over several lines; the misspelt name works; other things are refused."""
    logger = Logger(logs_path=tmp_path)
    logger.monitor({"a": 1})
    logger.monitor([{"a": 2}, {"b": (1, 2)}])
    logger.monitor(pd.DataFrame({"m": [1, 2]}))
    logger.experiemnt({"e": {"deep": [1]}})
    with pytest.raises(InvalidValue):
        logger.monitor("text")
    assert logger.read_logs() == [{"a": 1}, {"a": 2}, {"b": (1, 2)}, {"m": 1}, {"m": 2}, {"e": {"deep": [1]}}]
    logger.close()
    logger.close()


def test_handlers_of_others_stay_and_stay_silent(tmp_path: Path) -> None:
    """Two trackers write to their own folders only; the user's handler neither goes nor hears of rows."""
    heard = io.StringIO()
    handler = shared.add(heard, format="{message}")
    try:
        first, second = (Tracker(Tracker.SKIP_INSERT, logs_path=tmp_path / name) for name in ("a", "b"))
        first.log(x=1)
        second.log(x=2)
        shared.info("mine")
        first.finish()
        second.log(x=3)
        assert heard.getvalue() == "mine\n"
    finally:
        shared.remove(handler)
    assert [[row["x"] for row in logfiles.read_logs(tmp_path / name)] for name in ("a", "b")] == [[1], [2, 3]]


def test_the_newest_files_are_read_and_rows_make_a_frame(tmp_path: Path) -> None:
    """Files are read in the order of their names; `limit` takes the newest; the file's name may be chosen."""
    for day in (1, 2, 3):
        tracker = Tracker(Tracker.SKIP_INSERT, logs_path=tmp_path, logs_file_format=f"2026-01-0{day}.log")
        tracker.log(day=day)
        tracker.finish()
    assert Reader.read_logs(tmp_path)["day"].tolist() == [1, 2, 3]
    assert Reader.read_logs(tmp_path, limit=2)["day"].tolist() == [2, 3]
    assert len(Reader.read_logs(tmp_path / "none")) == 0


def test_without_loguru_only_json_lines_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where loguru is missing, logs say what to install, and JSON lines need nothing."""
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setitem(__import__("sys").modules, "loguru", None)
    with pytest.raises(MissingExtra, match="loguru"):
        Tracker(Tracker.SKIP_INSERT, logs_path=tmp_path)
    tracker = Tracker(Tracker.SKIP_INSERT, jsonl=tmp_path / "x.jsonl")
    tracker.log(a=1)
    assert Reader.read_jsonl(tmp_path / "x.jsonl")["a"].tolist() == [1]
