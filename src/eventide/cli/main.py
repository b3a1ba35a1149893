"""The console script `eventide`: the answers that need no verb, then the program.

Invariant: help and completion are answered before the library that parses options is loaded, because people wait for them.
"""

from __future__ import annotations

import sys
from typing import NoReturn

COMPLETE = "__complete"
"""Hidden first argument by which completion scripts ask for candidates."""
_HELP: tuple[list[str], ...] = ([], ["--help"], ["-h"], ["help"])


def run() -> NoReturn:
    """Run the program with the arguments of the process and exit."""
    arguments = sys.argv[1:]
    if arguments in _HELP:
        from eventide.cli.verbs import root_help  # noqa: PLC0415

        sys.exit(_write(root_help()))
    if arguments[:1] == [COMPLETE]:
        from eventide.cli.completion import answer  # noqa: PLC0415

        sys.exit(answer(arguments[1:]))
    from eventide.cli import program, terminal  # noqa: PLC0415

    terminal.prepare_streams()
    program.app()
    sys.exit(0)


def _write(text: str) -> int:
    """Write text to stdout, silently when nobody reads it, and return the exit code."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
    return 0
