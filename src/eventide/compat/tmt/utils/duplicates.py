"""What happens when an experiment's name is taken.

Invariant: names are compared whole; `some` and `some_experiment` are two names.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class DuplicatePolicy(Enum):
    """Refuse, put below the first one, or make an entry of its own."""

    DONT_ALLOW = auto()
    AS_SUB_ENTRY = auto()
    AS_NEW_ENTRY = auto()


@dataclass(frozen=True)
class DuplicateStrategy:
    """A policy, and for sub-entries the id of the parent; empty: the first entry of the name."""

    policy: DuplicatePolicy = DuplicatePolicy.DONT_ALLOW
    parent_id: str = ""
