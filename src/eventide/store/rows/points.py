"""Points of metrics as numpy arrays, put together from their stretches in sealed files and live tails; no SQL engine involved.

Invariant: a run's points come in logging order, whatever files they lie in; with attempts "last", a step that a later attempt repeated
counts once, with the later value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from eventide.store.rows.stretches import MixedError, Stretch, merged

if TYPE_CHECKING:
    from eventide.model import Floats, Ints

_NO_TIMES = np.empty(0)


@dataclass(frozen=True, slots=True)
class Points:
    """The points of one metric of one run, in logging order."""

    step: Ints
    ts: Floats
    """Empty where nobody asked for times."""
    y: Floats


def joined(parts: Sequence[Stretch], cutoffs: Mapping[int, int]) -> Points:
    """Return the points of one curve.

    Args:
        parts: its stretches, in any order; all read with the same need, at least one.
        cutoffs: attempt → step from which a later attempt repeated it; of a run of one writer none.

    Raises:
        MixedError: what was read does not tell the order.
    """
    if parts[0].writer is not None:
        return _of_writers(parts, cutoffs)
    (whole,) = merged(in_order(parts))
    return Points(whole.steps(), _NO_TIMES if whole.ts is None else whole.ts, whole.y)


def in_order(parts: Sequence[Stretch]) -> list[Stretch]:
    """Return stretches of one writer as they follow each other; raises MixedError where they do not."""
    ordered = sorted(parts, key=lambda part: int(part.seq[0]))
    if any(before.seq[1] >= after.seq[0] for before, after in pairwise(ordered)):
        raise MixedError
    return ordered


def _together(pieces: Sequence[Any]) -> Any:
    return np.concatenate(pieces) if len(pieces) > 1 else pieces[0]


def _of_writers(parts: Sequence[Stretch], cutoffs: Mapping[int, int]) -> Points:
    columns = [(part.steps(), part.ts, part.attempt, part.writer, part.seq, part.y) for part in parts]
    step, ts, attempt, writer, seq, y = (_together(column) for column in zip(*columns, strict=True))
    keep = not_repeated(step, attempt, cutoffs)
    if keep is not None:
        step, ts, attempt, writer, seq, y = (column[keep] for column in (step, ts, attempt, writer, seq, y))
    order = logging_order(ts, attempt, writer, seq)
    return Points(step, ts, y) if order is None else Points(step[order], ts[order], y[order])


def not_repeated(step: Ints, attempt: Ints, cutoffs: Mapping[int, int]) -> Any:
    """Return the mask of rows no later attempt repeated, or None when that is all of them."""
    if not cutoffs:
        return None
    keep = np.ones(len(step), bool)
    for number, from_step in cutoffs.items():
        keep &= (attempt != number) | (step < from_step)
    return None if keep.all() else keep


def logging_order(ts: Floats, attempt: Ints, writer: Ints, seq: Ints) -> Any:
    """Return the order in which points were logged, or None when they are in it already."""
    if len(seq) < 2:
        return None
    one_writer = writer[0] == writer[-1] and not np.any(writer != writer[0])
    if one_writer:
        return None if np.all(seq[1:] > seq[:-1]) else np.argsort(seq, kind="stable")
    by_writer = np.lexsort((seq, writer))
    held = ts[by_writer].copy()
    starts = np.flatnonzero(np.diff(writer[by_writer], prepend=writer[by_writer][0] - 1))
    for start, stop in zip(starts, [*starts[1:], len(held)], strict=True):
        np.maximum.accumulate(held[start:stop], out=held[start:stop])  # a clock that went back is held
    return by_writer[np.lexsort((seq[by_writer], held, attempt[by_writer]))]
