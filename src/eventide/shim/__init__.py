"""Run old scripts as they are: other trackers' names resolve to Eventide's own modules.

    python -m eventide.shim train.py --lr 0.1                     import xetrack finds eventide.compat.xetrack
    python -m eventide.shim --as xetrack train.py                 that name only
    python -m eventide.shim xt head database.db                   xetrack's own command

    import eventide.shim; eventide.shim.install()                 the same, from inside a program

Invariant: without `install` nothing is changed; afterwards only the names it was given resolve differently, whatever is installed.
"""

from __future__ import annotations

from eventide.shim.names import Alias, available, install, installed, uninstall

__all__ = ["Alias", "available", "install", "installed", "uninstall"]
