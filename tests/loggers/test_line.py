"""The line to a vendor at the end of a script that forgot to end its logger."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest

from eventide.errors import EventideWarning
from eventide.loggers.line import Line

FORGOTTEN = """
import atexit
from eventide.loggers.line import Line

atexit.register(print, "the SDK ends")
line = Line("vendor")
for number in range(3):
    line.put("metrics", lambda number=number: print(number))
"""


def test_a_forgotten_finish_loses_nothing() -> None:
    """What waits goes to the SDK at exit, before the SDK's own end."""
    done = subprocess.run([sys.executable, "-c", FORGOTTEN], check=True, capture_output=True, text=True)
    assert done.stdout.split("\n") == ["0", "1", "2", "the SDK ends", ""]


def test_a_failing_end_is_told_at_once() -> None:
    """An SDK that raises when it ends does not make the script wait, and its failure is in the last word."""
    line = Line("vendor")

    def last() -> None:
        raise OSError("no network")

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        line.close(last, timeout_s=30)
    assert line.failures == {"finish": 1}
    assert [str(one.message).startswith("vendor: ") for one in said] == [True, True]
    with pytest.warns(EventideWarning, match="finished"):
        line.put("metrics", lambda: None)
