"""Garbage collection: remove objects that no record refers to.

What refers to what is found without knowing any record's form: every run of 64 hexadecimal digits in a journal, in a sealed record or
value, or in a referenced object that is JSON (a manifest) counts as a reference. So nothing that is named anywhere is ever removed.
Objects younger than `min_age_days` are left alone: their writer may not have come to the record yet. What only a deleted version of an
artifact names is not named (see `released`). In a bucket objects are removed only when this store alone uses it: what others name cannot
be known.

Invariant: an object is removed only when it was old before the first journal was read, and is still old when it goes.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.errors import ObjectNotFound, StoreDamaged
from eventide.layout import PART_SUFFIX, Layout
from eventide.model import Removal
from eventide.objects import young
from eventide.objects.choice import bucket_of, open_objects
from eventide.objects.local import LocalObjects
from eventide.store.tables.compact import table_paths
from eventide.store.tables.delta import arrow_schema, open_table
from eventide.store.tables.released import Deletions, counts, deletions, without
from eventide.store.tables.sealed import Snapshot

if TYPE_CHECKING:
    from eventide.objects.base import Objects
    from eventide.objects.s3 import S3Objects

MIN_AGE_DAYS = 7.0
_DAY_S = 86400.0
_BLOCK_BYTES = 4 * 1024 * 1024
_MANIFEST_BYTES = 64 * 1024 * 1024
"""Larger objects are data, not lists of other objects."""
_SHA256 = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SHA256_TEXT = _SHA256.pattern.decode()
_DIGITS = 64


@dataclass(frozen=True, slots=True)
class _Object:
    sha256: str
    path: Path | None
    """None: in the bucket."""
    size_bytes: int
    mtime_s: float


def collect_garbage(
    layout: Layout, *, clock: Clock = SYSTEM_CLOCK, min_age_days: float = MIN_AGE_DAYS, dry_run: bool = False
) -> Removal:
    """Remove objects that nothing refers to and that are older than `min_age_days`; return what was, or would be, removed.

    Raises:
        StoreDamaged: a journal or table cannot be read, so nobody knows what is referred to; nothing is removed then.
    """
    oldest_kept_s = clock.time() - min_age_days * _DAY_S
    bucket = _own_bucket(layout)
    found = [*objects_in(layout), *(_objects_of(bucket) if bucket is not None else ())]
    return _collect(layout, found, oldest_kept_s, {}, bucket, dry_run=dry_run)


def collect_some(
    layout: Layout, hashes: Iterable[str], *, put_before_s: float, released: Iterable[str] = (), dry_run: bool = False
) -> Removal:
    """Remove those of some objects that nothing refers to and that nobody has put again since `put_before_s`; say what was removed.

    `released` are lists of files to look at as if their versions were deleted already. Raises StoreDamaged as `collect_garbage` does.
    """
    bucket = _own_bucket(layout)
    some = [found for sha256 in dict.fromkeys(hashes) for found in _object(layout, bucket, sha256)]
    return _collect(layout, some, put_before_s, dict.fromkeys(released, math.inf), bucket, dry_run=dry_run)


def _collect(
    layout: Layout,
    objects: Iterable[_Object],
    oldest_kept_s: float,
    gone: Deletions,
    bucket: S3Objects | None,
    *,
    dry_run: bool,
) -> Removal:
    in_use_s = time.time() - 2 * young.MARK_AFTER_S  # whoever found it in the bucket since then may have left no mark
    candidates = [
        found
        for found in objects
        if found.mtime_s < (oldest_kept_s if found.path is not None else min(oldest_kept_s, in_use_s))
    ]
    referenced = _referenced(layout, {found.sha256 for found in candidates}, gone) if candidates else set()
    files = size_bytes = 0
    for found in candidates:
        if found.sha256 in referenced or not (dry_run or _remove_if_old(found, oldest_kept_s, bucket)):
            continue
        files += 1
        size_bytes += found.size_bytes
    return Removal((), files, size_bytes, dry_run)


def _own_bucket(layout: Layout) -> S3Objects | None:
    """Return the bucket of a store, when there is one that no other store uses; raises StoreDamaged when it does not answer."""
    bucket = bucket_of(layout)
    try:
        return bucket if bucket is not None and bucket.young.stores() == {layout.check()} else None
    except OSError as error:
        raise StoreDamaged(f"{error}", hint="try again when the bucket can be reached") from error


def _objects_of(bucket: S3Objects) -> Iterator[_Object]:
    try:
        yield from (
            _Object(sha256, None, size_bytes, mtime_s) for sha256, size_bytes, mtime_s in bucket.young.listing()
        )
    except OSError as error:
        raise StoreDamaged(f"{error}", hint="try again when the bucket can be reached") from error


def _object(layout: Layout, bucket: S3Objects | None, sha256: str) -> Iterator[_Object]:
    """Yield an object wherever it is: in the store, in its bucket, or in both."""
    path = layout.object(sha256)
    with contextlib.suppress(FileNotFoundError):
        stat = path.stat()
        yield _Object(sha256, path, stat.st_size, stat.st_mtime)
    if bucket is not None:
        with contextlib.suppress(ObjectNotFound):
            yield _Object(sha256, None, *bucket.found(sha256))


def objects_in(layout: Layout) -> Iterator[_Object]:
    """Yield the objects of a store, in no particular order."""
    for folder in sorted(layout.objects_dir.glob("[0-9a-f][0-9a-f]")):
        for entry in os.scandir(folder):
            if len(entry.name) == _DIGITS and entry.is_file(follow_symlinks=False):
                stat = entry.stat(follow_symlinks=False)
                yield _Object(entry.name, Path(entry.path), stat.st_size, stat.st_mtime)


def _remove_if_old(found: _Object, oldest_kept_s: float, bucket: S3Objects | None) -> bool:
    """Remove an object unless somebody put it again meanwhile."""
    if found.path is None:
        return bucket is not None and bucket.remove_if_old(found.sha256, oldest_kept_s)
    try:
        if found.path.stat().st_mtime >= oldest_kept_s:
            return False
        found.path.unlink()
    except FileNotFoundError:
        return False
    return True


def _referenced(layout: Layout, wanted: set[str], gone: Deletions) -> set[str]:
    """Return those of `wanted` that some record, or a manifest that some record refers to, names."""
    elsewhere = open_objects(layout)
    is_here = isinstance(elsewhere, LocalObjects)
    names = {name for name in _named(layout, gone) if name in wanted or not is_here or layout.object(name).exists()}
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            path = layout.object(name)
            inside = _in_manifest(path) if is_here or path.exists() else _in_remote_manifest(elsewhere, name)
            names |= inside - found
    return found


def _named(layout: Layout, gone: Deletions) -> set[str]:
    names: set[str] = set()
    gone = {**deletions(_journals(layout), table_paths(layout)), **gone}
    for path in _journals(layout):
        try:
            names.update(without(path, _in_file(path), gone))
        except FileNotFoundError:  # sealed and removed: the tables, read next, have it
            continue
        except OSError as error:
            raise StoreDamaged(f"`{path}` cannot be read: {error.strerror or error}") from error
    for path in table_paths(layout):
        names.update(_in_table(path, gone))
    return names


def _journals(layout: Layout) -> Iterator[Path]:
    yield from sorted(layout.runs_dir.glob(f"*/*{PART_SUFFIX}"))
    if layout.launches_dir.is_dir():
        yield from sorted(path for path in layout.launches_dir.iterdir() if path.is_file())


def _in_file(path: Path) -> set[str]:
    """Return the hashes named in a file, also where blocks meet."""
    names: set[str] = set()
    rest = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            text = rest + block
            names.update(match[0].decode() for match in _SHA256.finditer(text))
            rest = text[-2 * _DIGITS :]
    return names


def _in_manifest(path: Path) -> set[str]:
    try:
        with path.open("rb") as file:
            if file.read(1) not in (b"{", b"[") or os.fstat(file.fileno()).st_size > _MANIFEST_BYTES:
                return set()
    except FileNotFoundError:
        return set()
    return _in_file(path)


def _in_remote_manifest(objects: Objects, sha256: str) -> set[str]:
    """Return the hashes named in a manifest that is kept in a bucket; raises StoreDamaged when the bucket does not answer."""
    try:
        with objects.open(sha256) as file:
            if objects.size_bytes(sha256) > _MANIFEST_BYTES or file.read(1) not in (b"{", b"["):
                return set()
            return {match[0].decode() for match in _SHA256.finditer(file.read())}
    except ObjectNotFound:
        return set()
    except OSError as error:
        raise StoreDamaged(f"the object `{sha256}` cannot be read: {error}", hint="try again") from error


def _in_table(path: Path, gone: Deletions) -> set[str]:
    """Return the hashes named in the text columns of a table."""
    table = open_table(path)
    if table is None:
        return set()
    columns = [
        field.name for field in arrow_schema(table) if str(field.type) in ("string", "large_string", "string_view")
    ]
    columns = [name for name in columns if name not in ("run_id", "_writer", "stream", "kind")]
    names: set[str] = set()
    for file in Snapshot(path, table).files():
        names.update(_in_parquet(file.path, columns, gone))
    return names


def _in_parquet(file: str, columns: list[str], gone: Deletions) -> set[str]:
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    names: set[str] = set()
    try:
        opened = pq.ParquetFile(file)
        present = [name for name in columns if name in opened.schema_arrow.names]
        for batch in opened.iter_batches(columns=present) if present else ():
            for column in batch.columns:
                hits = column.filter(pc.match_substring_regex(column, "[0-9a-f]{64}"))
                for text in pc.unique(hits).to_pylist():
                    found = re.findall(_SHA256_TEXT, text)
                    names.update(name for name in found if name not in gone or counts(text, name, gone))
    except OSError as error:
        raise StoreDamaged(f"`{file}` cannot be read: {error}", hint="try again") from error
    return names
