"""The loaders under the modules' names they had. Invariant: nothing but names."""

from __future__ import annotations

from eventide.compat.experiment_tracker.process import base_loader, file_loader

__all__ = ["base_loader", "file_loader"]
