"""`recorder`: the decorator under its name in That Metric Timeline's own module.

Invariant: it is `tmt_recorder`, nothing else.
"""

from __future__ import annotations

from eventide.compat.tmt.recorder import tmt_recorder as recorder

__all__ = ["recorder"]
