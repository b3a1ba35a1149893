"""Where a writer that joins or resumes a run stands among the writers before it.

Invariant: pure functions of what `journal.past` found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventide.journal.records import ROLE_RUN

if TYPE_CHECKING:
    from eventide.journal.past import Past


def next_attempt(earlier: list[Past], rank: int, now_s: float) -> int:
    """Return the attempt that a new writer of `rank` belongs to: the current one while somebody still writes it, else the next."""
    same = [past for past in earlier if past.header.role == ROLE_RUN and past.header.rank == rank]
    if not same:
        return max((past.header.attempt for past in earlier if past.header.role == ROLE_RUN), default=1)
    newest = max(past.header.attempt for past in same)
    return newest + all(past.is_over(now_s) for past in same)


def next_step(earlier: list[Past], rank: int) -> int:
    """Return the step after the row that was logged last by `rank`, in any process; 0 when there is none."""
    rows = [(past.ts, past.step) for past in earlier if past.header.rank == rank and past.step is not None]
    return max(rows)[1] + 1 if rows else 0
