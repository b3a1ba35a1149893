"""Entries of the JSON file: an experiment, its metrics and its results.

Invariant: `from_dict(to_dict(x)) == x`, and keys of a file that are not known here are passed over (older versions wrote more of them).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Self

VERSION = "0.1.8"
"""Version of the file's form."""


@dataclass
class BaseJsonDataclass:
    """A dataclass that comes from JSON and goes to it."""

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Return the object of a dict."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in content.items() if name in known})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the object of a JSON text."""
        return cls.from_dict(json.loads(text))

    def to_dict(self) -> dict[str, Any]:
        """Return the object as a dict of plain values."""
        return asdict(self)


@dataclass
class Metric(BaseJsonDataclass):
    """One metric; unpacks as `name, value`."""

    entry_id: str
    name: str
    value: Any

    def __iter__(self) -> Iterator[Any]:
        return iter((self.name, self.value))


@dataclass
class Result(BaseJsonDataclass):
    """One saved file; unpacks as `name, path`."""

    entry_id: str
    name: str
    path: str

    def __iter__(self) -> Iterator[Any]:
        return iter((self.name, self.path))


@dataclass
class Entry(BaseJsonDataclass):
    """One experiment. Dates are whole seconds since the epoch."""

    id: str
    name: str
    args: str = ""
    date_created: int = 0
    local_results_path: str = ""
    local_snapshot_path: str = ""
    description: str = ""
    date_saved: int | None = None
    metrics: list[Metric] = field(default_factory=list)
    other_runs: list[Entry] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    version: str = VERSION

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Return the entry of a dict, with everything in it."""
        entry = super().from_dict(content)
        entry.metrics = [Metric.from_dict(item) if isinstance(item, dict) else item for item in entry.metrics or ()]
        entry.results = [Result.from_dict(item) if isinstance(item, dict) else item for item in entry.results or ()]
        entry.other_runs = [
            Entry.from_dict(item) if isinstance(item, dict) else item for item in entry.other_runs or ()
        ]
        return entry

    @property
    def created(self) -> datetime:
        """When it began, in local time."""
        return datetime.fromtimestamp(self.date_created).astimezone()

    def with_sub_entries(self) -> Iterator[Entry]:
        """Yield this entry and those below it."""
        yield self
        for other in self.other_runs:
            yield from other.with_sub_entries()
