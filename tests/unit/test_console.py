"""What a run keeps of what Python prints, and that printing stays what it was."""

from __future__ import annotations

import contextlib
import io
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest

import eventide
from eventide.errors import InvalidSetting
from eventide.sdk.console.keep import BURST, RATE, TAIL, RunConsole
from eventide.testing import FakeClock


class Stream(io.StringIO):
    """A stream that remembers what it is told, and can fail."""

    error: Exception | None = None

    def write(self, text: str, /) -> int:
        """Write, or fail."""
        if self.error is not None:
            raise self.error
        return super().write(text)

    def isatty(self) -> bool:
        """Say that this is a terminal."""
        return True


@pytest.fixture
def out() -> Stream:
    """Return what takes the place of stdout."""
    return Stream()


def kept(run: eventide.Run) -> list[tuple[str, str]]:
    """Return the console records of a run: (stream, text)."""
    assert run.dir is not None
    lines = [line for part in sorted(run.dir.glob("*.jsonl")) for line in part.read_bytes().splitlines()]
    records = [orjson.loads(line) for line in lines]
    return [(record["stream"], record["_out"]) for record in records if "_out" in record]


def test_printed_lines_are_kept_at_once(store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """When print returns, its line is in the journal; the user has seen it before."""
    monkeypatch.setattr(sys, "stdout", out)
    with eventide.init(dir=store_dir) as run:
        print("epoch", 1)
        assert kept(run) == [("stdout", "epoch 1\n")]
        print("no end yet", end="")
        assert len(kept(run)) == 1
    assert kept(run)[1:] == [("stdout", "no end yet")]
    assert out.getvalue() == "epoch 1\nno end yet"


def test_stderr_and_logging_are_marked(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What handlers that were made earlier write to stderr is kept as such."""
    monkeypatch.setattr(sys, "stderr", Stream())
    handler = logging.StreamHandler()
    logger = logging.getLogger("test-console")
    logger.addHandler(handler)
    with eventide.init(dir=store_dir) as run:
        logger.warning("careful")
    logger.removeHandler(handler)

    assert kept(run) == [("stderr", "careful\n")]


def test_streams_are_as_they_were_after_the_run(store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """The object is the same all along, a terminal remains one, and nothing of ours stays on it."""
    monkeypatch.setattr(sys, "stdout", out)
    with eventide.init(dir=store_dir):
        assert sys.stdout is out
        assert sys.stdout.isatty()
    assert "write" not in vars(out)
    print("after")
    assert out.getvalue() == "after\n"


def test_somebody_elses_method_on_top_stays(store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wraps the stream after us is neither removed nor broken when the run ends."""
    monkeypatch.setattr(sys, "stdout", out)
    run = eventide.init(dir=store_dir)
    ours = out.write

    def theirs(text: str, /) -> int:
        return ours(text.upper())

    monkey: Any = out
    monkey.write = theirs
    run.finish()
    print("after")

    assert out.getvalue() == "AFTER\n"
    assert kept(run) == []


@pytest.mark.parametrize(
    "error", [BrokenPipeError(32, "gone"), ValueError("closed"), UnicodeEncodeError("a", "b", 0, 1, "c")]
)
def test_an_error_of_the_stream_is_the_printers(
    store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A closed stream, a broken pipe and what cannot be encoded raise as ever, and nobody has seen the text."""
    monkeypatch.setattr(sys, "stdout", out)
    with eventide.init(dir=store_dir) as run:
        out.error = error
        with pytest.raises(type(error)):
            print("x")
        out.error = None
    assert kept(run) == []


def test_a_failing_journal_does_not_reach_print(store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the text cannot be kept, printing goes on."""
    monkeypatch.setattr(sys, "stdout", out)
    with eventide.init(dir=store_dir) as run:
        monkeypatch.setattr(run._writer, "console", lambda *_: 1 / 0)
        print("still seen")
    assert out.getvalue() == "still seen\n"


def test_text_that_is_no_unicode_is_kept_readable(
    store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a surrogate pair becomes a question mark in the journal."""
    monkeypatch.setattr(sys, "stdout", out)
    with eventide.init(dir=store_dir) as run:
        print("a\udc80b")
    assert kept(run) == [("stdout", "a?b\n")]


def test_text_goes_to_the_run_that_is_current(store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run within a run has the lines printed meanwhile."""
    monkeypatch.setattr(sys, "stdout", out)
    with eventide.init(dir=store_dir) as outer:
        print("outer")
        with eventide.init(dir=store_dir) as inner:
            print("inner")
        print("outer again")
    assert kept(inner) == [("stdout", "inner\n")]
    assert kept(outer) == [("stdout", "outer\n"), ("stdout", "outer again\n")]


def test_recorded_functions_have_their_own_text(store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a recorded function prints belongs to its run."""
    monkeypatch.setattr(sys, "stdout", out)

    @eventide.record(dir=store_dir)
    def train() -> None:
        print("in train")

    train()
    store = eventide.open(store_dir)
    assert store.run("train").console() == "in train\n"


def test_redirected_text_is_not_kept(store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the user does not see is not kept."""
    monkeypatch.setattr(sys, "stdout", out)
    with eventide.init(dir=store_dir) as run, contextlib.redirect_stdout(io.StringIO()) as hidden:
        print("hidden")
    assert hidden.getvalue() == "hidden\n"
    assert kept(run) == []


def test_console_off_leaves_the_streams_alone(store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """With console="off" nothing is replaced and nothing kept."""
    monkeypatch.setattr(sys, "stdout", out)
    with eventide.init(dir=store_dir, console="off") as run:
        assert "write" not in vars(out)
        print("x")
    assert kept(run) == []


def test_a_wrong_console_setting_is_refused(store_dir: Path) -> None:
    """The message names what can be chosen."""
    with pytest.raises(InvalidSetting, match="`python`, `fd` or `off`"):
        eventide.init(dir=store_dir, console="tee")  # type: ignore[arg-type]


def test_threads_lose_no_line(store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines written in one piece by many threads all arrive whole."""
    monkeypatch.setattr(sys, "stdout", out)
    with eventide.init(dir=store_dir) as run:

        def chat(name: int) -> None:
            for number in range(50):
                sys.stdout.write(f"{name}-{number}\n")

        threads = [threading.Thread(target=chat, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = "".join(text for _, text in kept(run)).splitlines()
    assert sorted(lines) == sorted(f"{name}-{number}" for name in range(4) for number in range(50))


def test_printing_while_printing_is_kept(store_dir: Path, out: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal handler that prints in the middle of a print neither deadlocks nor loses its line."""
    monkeypatch.setattr(sys, "stdout", out)
    with eventide.init(dir=store_dir) as run:
        before = signal.signal(signal.SIGUSR1, lambda *_: print("handled"))
        original = run._writer.console

        def interrupted(text: str, stream: str = "stdout") -> None:
            if text == "line\n":
                signal.raise_signal(signal.SIGUSR1)
            original(text, stream)

        run._writer.console = interrupted  # type: ignore[method-assign]
        print("line")
        signal.signal(signal.SIGUSR1, before)
    assert sorted(text for _, text in kept(run)) == ["handled\n", "line\n"]


class Journal:
    """Where a console writes to."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def console(self, text: str, stream: str = "stdout") -> None:
        """Remember text."""
        self.pieces.append(text)

    @property
    def text(self) -> str:
        """Return all of it."""
        return "".join(self.pieces)


def test_a_flood_keeps_its_beginning_and_its_end() -> None:
    """Of text that comes faster than the rate for long, what is between is left out and counted."""
    clock, journal = FakeClock(), Journal()
    console = RunConsole(journal, clock.monotonic)
    line = "x" * 99 + "\n"
    count = 2 * BURST // len(line)
    for _ in range(count):
        console.feed("stdout", line)
    console.feed("stdout", "last\n")
    console.close()

    assert len(journal.text) < BURST + 2 * TAIL
    assert journal.text.endswith(line + "last\n")
    note = next(text for text in journal.text.splitlines() if "left out" in text)
    left_out = int(note.split()[1])
    assert left_out + journal.text.count(line) == count


def test_after_a_flood_text_is_kept_again() -> None:
    """When the rate is kept to again, so is all of the text, the end of the flood first."""
    clock, journal = FakeClock(), Journal()
    console = RunConsole(journal, clock.monotonic)
    console.feed("stdout", "y" * BURST + "\n")
    console.feed("stdout", "end of the flood\n")
    clock.advance(2 * TAIL / RATE)
    console.tick()
    console.feed("stdout", "calm\n")

    assert journal.text.endswith("end of the flood\ncalm\n")
