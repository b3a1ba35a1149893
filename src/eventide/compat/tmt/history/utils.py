"""`save`: keeping an object, under its name in That Metric Timeline's own module.

Invariant: it is `tmt_save`, nothing else.
"""

from __future__ import annotations

from eventide.compat.tmt.recorder import tmt_save as save

__all__ = ["save"]
