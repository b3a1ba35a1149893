"""The names of uetai, of both its generations: old scripts run with one import changed, or unchanged through `eventide.shim`.

What is logged goes to the dashboard through `eventide.loggers`, and to Eventide. Invariant: importing writes nothing and asks nothing, and
no key is ever written to a file.
"""

from __future__ import annotations

from eventide._version import __version__

__all__ = ["__version__"]
