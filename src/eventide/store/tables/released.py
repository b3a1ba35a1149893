"""Which lists of files belong to deleted versions of artifacts, so that garbage collection need not keep what they name.

A version's own records (artifact, alias, use) go on naming its list of files after it was deleted; they do not count as references then.
Invariant: a list of files that any other record names, or that was logged again after the deletion, still counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from eventide.store.tables.delta import open_table
from eventide.store.tables.sealed import Snapshot

DELETED = "artifact-deleted"
_OWN = frozenset({"artifact", "alias", "use", DELETED})
Deletions = dict[str, float]
"""Digest of a list of files → when its version was deleted last, in seconds."""


def deletions(journals: Iterable[Path], tables: Iterable[Path]) -> Deletions:
    """Return what the records of a store say was deleted."""
    found: Deletions = {}
    for path in journals:
        try:
            data = path.read_bytes()
        except OSError:  # gone meanwhile; whoever reads for references says so
            continue
        if DELETED.encode() in data:
            _take(found, (line.decode("utf-8", "replace") for line in data.splitlines() if DELETED.encode() in line))
    for path in tables:
        if path.name == "runs":
            _take(found, _sealed(path))
    return found


def _take(found: Deletions, texts: Iterable[str]) -> None:
    for text in texts:
        body, ts = _record(text)
        if body.get("kind") == DELETED and isinstance(body.get("digest"), str):
            found[body["digest"]] = max(ts, found.get(body["digest"], 0.0))


def _sealed(path: Path) -> Iterator[str]:
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = open_table(path)
    if table is None:
        return
    for file in Snapshot(path, table).files():
        for batch in pq.ParquetFile(file.path).iter_batches(columns=["record"]):
            column = batch.column(0)
            yield from (text for text in column.filter(pc.match_substring(column, DELETED)).to_pylist() if text)


def counts(text: str, digest: str, gone: Deletions) -> bool:
    """Tell whether a record that names the list of files of a deleted version keeps it all the same."""
    body, ts = _record(text)
    if body.get("kind") not in _OWN or body.get("digest") != digest:
        return True
    return body["kind"] == "artifact" and ts > gone[digest]


def without(path: Path, names: set[str], gone: Deletions) -> set[str]:
    """Return the names found in a journal that count."""
    doubtful = names & gone.keys()
    if not doubtful:
        return names
    kept: set[str] = set()
    with path.open("rb") as file:
        for line in file:
            for digest in doubtful:
                if digest.encode() in line and counts(line.decode("utf-8", "replace"), digest, gone):
                    kept.add(digest)
    return (names - doubtful) | kept


def _record(text: str) -> tuple[dict[str, Any], float]:
    """Return the body of a `_file` record, and when it was written; an empty body for anything else."""
    try:
        whole = orjson.loads(text)
    except ValueError:
        return {}, 0.0
    body = whole.get("_file") if isinstance(whole, dict) else None
    ts = whole.get("ts") if isinstance(whole, dict) else None
    return (body if isinstance(body, dict) else {}), float(ts) if isinstance(ts, (int, float)) else 0.0
