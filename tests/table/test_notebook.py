"""Cards and tables in notebooks: escaped, small, self-contained."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.model import Buckets, MetricStats, RunInfo, RunStatus, Series
from eventide.table.frames import runs_frame
from eventide.table.magics import parse_track
from eventide.table.notebook import MAX_BYTES, cells_html, frame_html, run_html, runs_html
from eventide.table.spark import sparkline

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;\x00\x1b[31m\u202e"


class Tags(HTMLParser):
    """Collects the elements and attributes of a page, and whether it is balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element without content."""
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        assert self.open.pop() == tag


ALLOWED = {"div", "b", "span", "table", "thead", "tbody", "tr", "td", "th", "svg", "path"}
ALLOWED_ATTRIBUTES = {"style", "width", "height", "viewbox", "role", "d", "fill", "stroke", "stroke-width"}


def check(page: str) -> None:
    """Fail unless a page is balanced, small, and made of harmless elements only."""
    parser = Tags()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert parser.seen <= ALLOWED
    assert parser.attributes <= ALLOWED_ATTRIBUTES
    assert len(page.encode()) <= MAX_BYTES
    assert "url(" not in page
    assert "http" not in page


def run(name: str = "run", number: int = 0, **changes: Any) -> RunInfo:
    """Return a run whose every text is `name`."""
    metric = MetricStats(name, 3, 1, 1.0, math.nan, 2, 0.5, 1, 1.0, 0, 0.75, 0.3, "max")
    details: dict[str, Any] = {
        "params": {name: name, "seed": number},
        "tags": (name,),
        "notes": name,
        "error": f"Traceback\n{name}",
        "metrics": {name: metric},
    }
    details.update(changes)
    return RunInfo(f"id-{number}-{name}", name, name, RunStatus.FAILED, 1.7e9, 1.7e9 + 5, 1.7e9, **details)


def curve(key: str, values: list[float]) -> Series:
    """Return a curve."""
    y = np.array(values, dtype=np.float64)
    x = np.arange(len(y), dtype=np.float64)
    return Series("id", key, x, x.astype(np.int64), x, y)


@given(st.text(min_size=1).filter(str.strip) | st.just(HOSTILE))
def test_hostile_texts_stay_text(name: str) -> None:
    """Whatever runs, keys, values, tags and errors are called, the page holds only its own elements."""
    check(run_html(run(name), [curve(name, [1.0, math.nan, 2.0])]))
    check(runs_html([run(name, number) for number in range(3)], 3))
    check(frame_html(runs_frame([run(name, number) for number in range(3)])))
    check(cells_html([name], [[name]], 1))


def test_a_card_says_why_a_run_failed() -> None:
    """The card shows state, reason, goal metric, parameters and sparklines."""
    page = run_html(run("val/acc"), [curve("val/acc", [0.1, 0.9])])
    for part in ("✗ failed", "val/acc 1", "seed", "<svg", "#val/acc"):
        assert part in page


def test_many_runs_are_cut_and_counted() -> None:
    """Of many runs twenty are shown, the rest is counted, and the page stays small whatever they hold."""
    runs = [
        run("x" * 500, number, params={f"p{place}-{'y' * 80}": f"{number}" * 80 for place in range(200)})
        for number in range(342)
    ]
    page = runs_html(runs, 342)
    check(page)
    assert "322 more runs" in page
    assert page.count("<tr>") == 21
    framed = frame_html(runs_frame(runs))
    check(framed)
    assert "322 more runs" in framed
    assert "more columns" in framed


def test_texts_that_grow_when_escaped_are_cut_shorter() -> None:
    """Quotes and characters of four bytes in every cell still give a page within the limit."""
    for text in ('"' * 500, "\N{WATER WAVE}" * 500):
        runs = [
            run(text, number, params={f"{place}{text}": f"{number}{text}" for place in range(20)})
            for number in range(30)
        ]
        check(runs_html(runs, 30))
        check(frame_html(runs_frame(runs)))
        check(run_html(runs[0], []))


def test_no_runs() -> None:
    """Without runs the table says so."""
    check(runs_html([], 0))
    assert "no runs" in runs_html([], 0)


def test_the_frame_of_runs_shows_itself_and_is_plain_otherwise() -> None:
    """A runs frame shows the short table; what is derived from it is an ordinary frame."""
    import pandas as pd

    frame = runs_frame([run("a", number) for number in range(30)], total=100)
    assert "80 more runs" in frame._repr_html_()
    assert type(frame.head()) is pd.DataFrame
    check(runs_frame([run("a")], agg="all")._repr_html_())


@given(st.lists(st.floats(), max_size=300))
def test_sparklines_are_small_svg(values: list[float]) -> None:
    """Any curve gives a well-formed SVG of bounded size without NaN or infinity in it."""
    text = sparkline(curve("k", values))
    ET.fromstring(text)  # noqa: S314 - our own output
    assert len(text) < 4000
    assert "nan" not in text
    assert "inf" not in text


def test_sparklines_keep_spikes() -> None:
    """One spike among many points reaches the top of the drawing."""
    values = [0.0] * 10_000
    values[5000] = 1e4
    assert " 2.0" in sparkline(curve("k", values))


@pytest.mark.parametrize(("points", "strokes"), [(0, 1), (1, 2)])
def test_sparklines_of_buckets(points: int, strokes: int) -> None:
    """The line goes on over buckets without points, and breaks where points are NaN."""
    low, high = np.array([0.0, np.nan, 1.0]), np.array([2.0, np.nan, 1.0])
    counts = np.array([2, points, 1])
    buckets = Buckets("id", "k", np.arange(4.0), counts, counts * 0, low, high, low, high)
    assert sparkline(buckets).count("M") == strokes


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", (None, {})),
        ("base lr=0.1 n=3 model=cnn flag=true", ("base", {"lr": 0.1, "n": 3, "model": "cnn", "flag": True})),
        ("'two words' note='a b'", ("two words", {"note": "a b"})),
    ],
)
def test_track_line(line: str, expected: tuple[str | None, dict[str, Any]]) -> None:
    """The line of `%%track` is a name and key=value pairs, values as JSON where they are."""
    assert parse_track(line) == expected
