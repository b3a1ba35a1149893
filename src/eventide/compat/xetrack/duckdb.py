"""xetrack.duckdb: the engine called `duckdb`, which is the same as the other one here.

Invariant: no behaviour of its own.
"""

from __future__ import annotations

from eventide.compat.xetrack.engine import Engine

__all__ = ["DuckDBEngine"]


class DuckDBEngine(Engine):
    """The engine called `duckdb`."""
