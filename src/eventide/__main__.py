"""`python -m eventide`: the command line, where the program `eventide` is not on the path."""

from __future__ import annotations

from eventide.cli.main import run

if __name__ == "__main__":
    run()
