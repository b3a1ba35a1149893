"""The objects that logged rows refer to: models, arrays, anything that is no plain value.

The bytes of an object are kept once, however often it is logged; how many cells refer to it is counted when it is asked for.
Invariant: nothing here removes bytes that a row still refers to; the store's own `gc` removes those that nothing names any more.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from eventide.clock import SYSTEM_CLOCK
from eventide.errors import ObjectNotFound
from eventide.model import ObjectRef, RunQuery
from eventide.table.edits import correction, write_edits
from eventide.table.rowset import OWN, read_rows

if TYPE_CHECKING:
    from eventide.source import Source

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Asset:
    """An object, and where rows refer to it."""

    ref: ObjectRef
    count: int
    """Cells that refer to it."""
    keys: tuple[str, ...]
    """Keys it was logged under, sorted."""
    track_ids: tuple[str, ...]
    """Runs whose rows refer to it."""


class Assets:
    """The objects of a store by SHA-256; a mapping that is read anew each time."""

    def __init__(self, source: Callable[[], Source]) -> None:
        self._source = source

    def list(self) -> list[Asset]:
        """Return every object that a row refers to, in the order of first use."""
        source = self._source()
        runs = source.runs(RunQuery(sort="started", limit=None, archived=True, keys=(), details=False)).runs
        with_objects = {key.key for key in source.keys(project=None) if "j" in key.tags}
        if not with_objects:
            return []
        found: dict[str, tuple[ObjectRef, list[tuple[str, str]]]] = {}
        for row in read_rows(source, [run.id for run in runs], keys=sorted(with_objects)).dicts():
            for key, value in row.items():
                if key in OWN:
                    continue
                for ref in refs_in(value):
                    found.setdefault(ref.sha256, (ref, []))[1].append((key, row["track_id"]))
        return [
            Asset(
                ref, len(cells), tuple(sorted({key for key, _ in cells})), tuple(dict.fromkeys(run for _, run in cells))
            )
            for ref, cells in found.values()
        ]

    def find(self, key: Any) -> ObjectRef | None:
        """Return the object that a reference, a SHA-256 or its beginning, or a key (its newest object) means; None for none."""
        if isinstance(key, ObjectRef):
            return key
        text = str(key)
        assets = self.list()
        by_hash = [asset.ref for asset in assets if len(text) >= 8 and asset.ref.sha256.startswith(text)]
        by_key = [asset.ref for asset in assets if text in asset.keys]
        return next(iter(by_hash or by_key[::-1]), None)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the object itself; `default` when there is none. Unpickling runs code of whoever logged it."""
        ref = self.find(key)
        if ref is None:
            return default
        try:
            data = self._source().open_object(ref.sha256)
        except ObjectNotFound:
            return default
        return load(data, ref.format)

    def read(self, key: Any) -> bytes:
        """Return the stored bytes of an object; raises ObjectNotFound."""
        ref = self.find(key)
        if ref is None:
            raise ObjectNotFound(f"no row refers to an object `{key!s:.80}`", hint="eventide assets")
        return self._source().open_object(ref.sha256)

    def count(self, key: Any) -> int:
        """Return how many cells refer to an object."""
        ref = self.find(key)
        return 0 if ref is None else next((asset.count for asset in self.list() if asset.ref.sha256 == ref.sha256), 0)

    def remove(self, key: Any, column: str | None = None) -> bool:
        """Empty the cells that refer to an object, of one column when given, and remove its bytes when no cell is left."""
        ref = self.find(key)
        asset = next((asset for asset in self.list() if ref is not None and asset.ref.sha256 == ref.sha256), None)
        if asset is None:
            return False
        source: Any = self._source()
        until = SYSTEM_CLOCK.time()
        keys = asset.keys if column is None else (column,)
        raw = {"_object": asdict(asset.ref)}
        for run_id in asset.track_ids:
            records = [correction(each, None, each, raw, until) for each in keys]
            write_edits(source.layout, source.run(run_id).project, run_id, records)
        if not any(left.ref.sha256 == asset.ref.sha256 for left in self.list()):
            source.layout.object(asset.ref.sha256).unlink(missing_ok=True)
        return True

    def __contains__(self, key: object) -> bool:
        return self.find(key) is not None

    def __getitem__(self, key: Any) -> Any:
        found = self.get(key, _MISSING)
        if found is _MISSING:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter([asset.ref.sha256 for asset in self.list()])

    def __len__(self) -> int:
        return len(self.list())


def refs_in(value: Any) -> Iterator[ObjectRef]:
    """Yield the references in a logged value, nested ones included."""
    if isinstance(value, ObjectRef):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from refs_in(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from refs_in(item)


def load(data: bytes, form: str) -> Any:
    """Return the value whose bytes are kept in a form of `ObjectRef.format`."""
    if form == "npy":
        import numpy as np  # noqa: PLC0415 - only for arrays

        return np.load(io.BytesIO(data), allow_pickle=False)
    if form == "text":
        return data.decode("utf-8", "surrogatepass")
    return pickle.loads(data) if form == "pickle" else data  # noqa: S301 - asked for by name
