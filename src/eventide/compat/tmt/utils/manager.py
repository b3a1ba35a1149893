"""`TmtManager` in the module where That Metric Timeline has it.

Invariant: it is the manager of the package, nothing else.
"""

from __future__ import annotations

from eventide.compat.tmt.manager import TmtManager

__all__ = ["TmtManager"]
