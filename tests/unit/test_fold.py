"""What of a terminal's text is kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eventide.cli.terminal import plain_console
from eventide.sdk.console.fold import BAR_S, MAX_LINE_CHARS, MAX_ROWS, PART_S, REST_S, Fold
from eventide.testing import FakeClock


def folded(*texts: str) -> str:
    """Return all that is kept of some writes."""
    fold = Fold()
    return "".join([*(fold.feed(text) for text in texts), fold.end()])


@given(st.lists(st.text(st.characters(exclude_characters="\r\x1b", codec="utf-8"), max_size=20)))
def test_plain_text_is_kept_as_it_is(texts: list[str]) -> None:
    """Without carriage returns and cursor movements what comes out is what went in, however it was cut."""
    assert folded(*texts) == "".join(texts)


@given(st.lists(st.text(st.sampled_from("ab\r\n"), max_size=12), max_size=6))
def test_a_line_that_is_redrawn_reads_as_on_the_terminal(texts: list[str]) -> None:
    """Folding shows the same last states as reading all that was written."""
    everything = "".join(texts)

    assert plain_console(folded(*texts)).rstrip("\n") == plain_console(everything.rstrip("\r")).rstrip("\n")


def test_a_whole_line_comes_out_at_once() -> None:
    """Nothing that ends with a newline waits."""
    fold = Fold()

    assert [fold.feed("loss"), fold.feed(" 0.1"), fold.feed("\n")] == ["", "", "loss 0.1\n"]
    assert fold.feed("a\nb\nc") == "a\nb\n"
    assert fold.end() == "c"


def test_a_progress_bar_is_one_line() -> None:
    """Of a thousand states the last one is kept."""
    assert folded(*(f"\r{number}%" for number in range(1000)), "\n", "done\n") == "999%\ndone\n"


def test_colours_stay() -> None:
    """Escape sequences that move nothing are kept."""
    assert folded("\x1b[31mred\x1b[0m\n") == "\x1b[31mred\x1b[0m\n"


def test_windows_line_ends_are_no_redrawing() -> None:
    """A carriage return before a newline erases nothing."""
    assert plain_console(folded("one\r\n", "two\r", "\n")) == "one\ntwo\n"


def test_several_bars_are_several_lines() -> None:
    """Bars below each other, drawn with a cursor that moves up, are kept once each."""
    drawn = [f"\n\r inner {number}\x1b[A\r outer {number}" for number in range(500)]

    text = folded(*drawn, "\n\n")

    assert text.count("\n") < 5
    assert " outer 499\n inner 499" in text


def test_lines_that_leave_the_screen_are_kept() -> None:
    """While a cursor moves about, lines that scroll away come out in order."""
    lines = [f"line {number}\n" for number in range(3 * MAX_ROWS)]

    text = folded("bar\n\x1b[A", *lines)

    assert [line for line in text.splitlines() if line.startswith("line")] == [line.strip() for line in lines]


def test_the_beginning_of_a_line_does_not_wait_for_ever() -> None:
    """After a second it is kept, and its end follows."""
    clock = FakeClock()
    fold = Fold(clock.monotonic)
    fold.feed("epoch 1 ")

    assert fold.tick() == ""
    clock.advance(PART_S)
    assert fold.tick() == "epoch 1 "
    assert fold.feed("done\n") == "done\n"


def test_a_bar_is_kept_now_and_then() -> None:
    """A state is kept every ten seconds, so that readers take it as overwritten by the next."""
    clock = FakeClock()
    fold = Fold(clock.monotonic)
    kept = []
    for second in range(25):
        kept.append(fold.feed(f"\r{second} s"))
        kept.append(fold.tick())
        clock.advance(1)
    kept.append(fold.feed("\n"))

    assert [text for text in kept if text] == [f"{BAR_S:.0f} s", "\r20 s", "\r24 s\n"]
    assert plain_console("".join(kept)) == "24 s\n"


def test_bars_that_rest_are_kept() -> None:
    """Lines held back because the cursor moved come out when it rests."""
    clock = FakeClock()
    fold = Fold(clock.monotonic)
    fold.feed("a\nb\n\x1b[2Aaa\n")
    clock.advance(REST_S)

    assert "aa\n" in fold.tick() + fold.end()


def test_an_endless_line_comes_out_in_pieces() -> None:
    """A line that never ends is not held in memory."""
    fold = Fold()

    text = "".join(fold.feed("." * 100) for _ in range(MAX_LINE_CHARS // 50)) + fold.end()

    assert text == "." * (MAX_LINE_CHARS * 2 // 100 * 100)
