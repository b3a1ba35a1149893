"""The figures, under the module's name they had. Invariant: nothing but names."""

from __future__ import annotations

from eventide.compat.experiment_tracker.gui import plots

__all__ = ["plots"]
