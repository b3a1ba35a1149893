"""xetrack's AssetsManager: objects by hash, with the keys they go by and how often they are used.

Invariant: an object is stored once per store; counting is done by the store's rows, of which `insert` adds one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from eventide.compat.xetrack.keys import HASH_CHARS, is_hash
from eventide.table.assets import Assets
from eventide.table.location import find_place
from eventide.table.reading import OpenStore
from eventide.table.tracker import Tracker

TABLE = "assets"


class AssetsManager:
    """The objects of a database."""

    ASSETS_TABLE_NAME = TABLE
    KEYS_TABLE_NAME = "keys"
    COUNTS_TABLE_NAME = "counts"

    def __init__(self, path: str | os.PathLike[str], autocommit: bool = True, compress: bool = False) -> None:
        """Open the objects of a database; `autocommit` and `compress` make no difference."""
        del autocommit, compress
        place = find_place(path)
        self._tracker: Tracker | None = Tracker(path, table=TABLE)
        self._store = OpenStore(place.root or Path(self._tracker.db))

    @classmethod
    def of(cls, store: OpenStore) -> Self:
        """Return the objects of a store that is open."""
        made = cls.__new__(cls)
        made._tracker, made._store = None, store  # noqa: SLF001 - its own class
        return made

    def insert(self, key: str, asset: Any) -> str:
        """Store an object under a key and return its hash."""
        tracker = self._tracker
        if tracker is None:
            tracker = self._tracker = Tracker(self._store.root, table=TABLE)
        import cloudpickle  # noqa: PLC0415 - as the store does it

        from eventide.journal.codec import Encoded  # noqa: PLC0415
        from eventide.objects.local import LocalObjects  # noqa: PLC0415
        from eventide.sdk.values import short_repr, type_name  # noqa: PLC0415

        data = cloudpickle.dumps(asset)
        sha256 = LocalObjects(self._store.source().layout).put_bytes(data)
        ref = {"sha256": sha256, "size_bytes": len(data), "format": "pickle", "type": type_name(asset)}
        tracker.log({key: Encoded({"_object": {**ref, "repr": short_repr(asset)}})})
        return sha256[:HASH_CHARS]

    def get(self, key: Any, default: Any = None) -> Any:
        """Return an object by hash or key."""
        return self._assets.get(key, default)

    get_from_hash = get_from_key = get

    def remove(self, key: str) -> bool:
        """Remove the object of a key or hash; return whether there was one."""
        return self._assets.remove(key)

    def remove_hash(self, asset_hash: str, remove_keys: bool = True) -> bool:
        """Remove an object by hash."""
        del remove_keys
        return self._assets.remove(asset_hash)

    def pop(self, key: str, default: Any = None) -> Any:
        """Remove an object and return it."""
        found = self.get(key, default)
        self.remove(key)
        return found

    def commit(self) -> None:
        """Do nothing: objects are stored when `insert` returns."""

    @property
    def assets(self) -> dict[str, bytes]:
        """Hash → pickle, read now."""
        return {asset.ref.sha256[:HASH_CHARS]: self._assets.read(asset.ref) for asset in self._assets.list()}

    @property
    def keys(self) -> dict[str, str]:
        """Key → hash of its newest object."""
        return {key: asset.ref.sha256[:HASH_CHARS] for asset in self._assets.list() for key in asset.keys}

    @property
    def counts(self) -> dict[str, int]:
        """Hash → how many cells refer to it."""
        return {asset.ref.sha256[:HASH_CHARS]: asset.count for asset in self._assets.list()}

    @staticmethod
    def hash_bytes(b: bytes) -> str:
        """Return the hash of bytes: 16 hexadecimal digits."""
        return hashlib.sha256(b).hexdigest()[:HASH_CHARS]

    @staticmethod
    def is_hash_candidate(value: Any) -> bool:
        """Tell whether a value looks like a hash."""
        return is_hash(value)

    @property
    def _assets(self) -> Assets:
        return Assets(self._store.source)

    def __contains__(self, key: object) -> bool:
        return key in self._assets

    def __iter__(self) -> Iterator[str]:
        return iter(self.counts)

    def __len__(self) -> int:
        return len(self._assets)
