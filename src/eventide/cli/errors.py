"""Errors as the terminal shows them: what, why, the next command; at most four lines on stderr.

Invariant: no traceback without `--debug`, no control character of a message reaches the terminal, and every error has one of the
exit codes 1 failed, 2 usage, 3 empty, 4 damaged or newer, 5 partly, 130 interrupted.
"""

from __future__ import annotations

import sys

from eventide.cli import terminal
from eventide.errors import EventideError, InvalidFilter, RunAmbiguous
from eventide.table.values import printable

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130
MAX_CANDIDATES = 4
MAX_LINE = 300


def report(error: BaseException, *, debug: bool, color: str = "auto") -> int:
    """Write an error to stderr and return the exit code."""
    if debug:
        import traceback  # noqa: PLC0415 - only here

        traceback.print_exception(error)
    paints = terminal.wants_color(color if color in ("always", "never") else "auto", sys.stderr)
    first, *rest = lines_of(error)
    sys.stderr.write(terminal.paint("error:", "red", color=paints) + f" {first}\n")
    for line in rest[:3]:
        sys.stderr.write(f"{line}\n")
    return exit_code_of(error)


def exit_code_of(error: BaseException) -> int:
    """Return the exit code of an error."""
    return error.exit_code if isinstance(error, EventideError) else EXIT_FAILED


def lines_of(error: BaseException) -> list[str]:
    """Return what is said about an error, the first line without its `error:`."""
    if not isinstance(error, EventideError):
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return [_line(f"this is a fault of eventide itself: {what}"), "hint: the same command with --debug shows where"]
    lines = [_line(" ".join(error.message.split("\n")))]
    if isinstance(error, InvalidFilter) and error.text:
        lines += _pointer(error.text, error.position)
    if isinstance(error, RunAmbiguous) and error.candidates:
        more = len(error.candidates) - MAX_CANDIDATES
        shown = "  ".join(error.candidates[:MAX_CANDIDATES])
        lines.append(_line(f"  {shown}{f'  and {more} more' if more > 0 else ''}"))
    if error.hint:
        lines.append(_line(f"hint: {error.hint}"))
    return lines


def _pointer(text: str, position: int) -> list[str]:
    """Return the filter and a mark below the place where it cannot be read."""
    start = max(0, position - 60)
    shown = printable(text[start : start + 100])
    return [f"  {shown}", f"  {' ' * len(printable(text[start:position]))}^"]


def _line(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= MAX_LINE else shown[: MAX_LINE - 1] + "…"
