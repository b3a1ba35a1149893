"""The experiment that is running, for code that is called inside of a recorded function.

Invariant: `context_manager.get()` is the innermost recorded call of this context, and None outside of all.
"""

from __future__ import annotations

from eventide.compat.tmt.recorder import Recording as ContextManager
from eventide.compat.tmt.recorder import context_manager

__all__ = ["ContextManager", "context_manager"]
