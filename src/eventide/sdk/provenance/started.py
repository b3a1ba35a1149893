"""How the process stands when a run begins: looked at then, written down later.

Invariant: loads nothing and costs microseconds, for it is part of `init`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple


class Started(NamedTuple):
    """What a script may change later on."""

    argv: tuple[str, ...]
    cwd: str
    """Empty where the folder is gone."""

    @classmethod
    def now(cls) -> Started:
        """Return how this process stands."""
        try:
            cwd = os.getcwd()  # noqa: PTH109 - start-up cost
        except OSError:
            cwd = ""
        return cls(tuple(map(str, getattr(sys, "argv", ()))), cwd)


def user_of(environ: Mapping[str, str]) -> str:
    """Return who the environment says the user is; empty where it does not."""
    return next((environ[name] for name in ("USER", "LOGNAME", "USERNAME") if environ.get(name)), "")
