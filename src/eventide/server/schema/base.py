"""What all models share: limits, and how strict they are."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Num = float | Literal["NaN", "Infinity", "-Infinity"]
Direction = Literal["max", "min"]
Status = Literal["running", "finished", "failed", "killed", "crashed"]
Table = Literal["events", "system"]
Value = Any
"""Whatever was logged, as JSON."""

MAX_RUNS = 5_000
"""Most runs one question may name."""
MAX_KEYS = 1_000
MAX_TEXT = 65_536
MAX_WIDTH = 8_192


class Model(BaseModel):
    """What all answers share: nothing."""


class Body(BaseModel):
    """What all questions share: a name that is not known is a mistake, not something to pass over."""

    model_config = ConfigDict(extra="forbid")
