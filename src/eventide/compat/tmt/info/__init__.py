"""The version whose names these are."""

from __future__ import annotations

from eventide.compat.tmt.storage.schema import VERSION

__version__ = VERSION
