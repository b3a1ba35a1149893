"""Results of runs, read back: what was saved, and the objects themselves.

Versions count the saves of one name over all processes of the run, in the order of their time. Invariant: bytes are checked against their
SHA-256 before anything is made of them, and a pickle is opened only when the caller says so for that very object.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from eventide._optional import require
from eventide.errors import InvalidSetting, ObjectNotFound, StoreDamaged

if TYPE_CHECKING:
    import os

    from eventide.source import Source

Loader = Callable[[Path], Any]


@dataclass(frozen=True, slots=True)
class Result:
    """One saved version of one result."""

    run_id: str
    name: str
    version: int
    """From 1."""
    format: str
    """`npy`, `parquet`, `torch`, `json`, `bytes`, `pickle` or `custom`."""
    type: str
    """Full name of the object's type."""
    size_bytes: int
    sha256: str
    saved: datetime
    """When, UTC."""
    extension: str

    @property
    def file_name(self) -> str:
        """A name for the file: the result's with its extension."""
        return self.name if self.name.endswith(self.extension) else self.name + self.extension


def results_of(source: Source, run_id: str) -> list[Result]:
    """Return every version of every result of a run, in the order they were saved."""
    table = source.sql("SELECT record, epoch(ts) AS ts FROM db.artifacts WHERE run_id = ?", (run_id,))
    found: list[Result] = []
    counts: dict[str, int] = {}
    for row in table.to_pylist():
        body = orjson.loads(row["record"])
        if body.get("kind") != "result":
            continue
        name = body["name"]
        counts[name] = counts.get(name, 0) + 1
        found.append(
            Result(
                run_id,
                name,
                counts[name],
                body["format"],
                body["type"],
                body["size_bytes"],
                body["sha256"],
                datetime.fromtimestamp(row["ts"], tz=UTC),
                body.get("extension", ""),
            )
        )
    return found


def find(source: Source, run_id: str, name: str, version: int | None = None) -> Result:
    """Return one result, the newest version unless one is asked for; raises ObjectNotFound."""
    everything = results_of(source, run_id)
    versions = [result for result in everything if result.name == name]
    for result in reversed(versions):
        if version in (None, result.version):
            return result
    if versions:
        raise ObjectNotFound(f"the result `{name}` of `{run_id}` has {len(versions)} versions, no version {version}")
    names = ", ".join(dict.fromkeys(result.name for result in everything))
    raise ObjectNotFound(
        f"the run `{run_id}` has no result `{name:.80}`", hint=f"it has {names}" if names else "it has no results"
    )


def read(source: Source, result: Result) -> bytes:
    """Return the bytes of a result; raises ObjectNotFound, or StoreDamaged when they are not what was saved."""
    data = source.open_object(result.sha256)
    if hashlib.sha256(data).hexdigest() != result.sha256:
        raise StoreDamaged(f"the bytes of the result `{result.name}` of `{result.run_id}` have changed on the disk")
    return data


def load_result(
    source: Source, result: Result, *, allow_pickle: bool = False, unpickle: bool = False, loader: Loader | None = None
) -> Any:
    """Return the object of a result.

    Args:
        source: where the run is.
        result: which one.
        allow_pickle: open it even if it is a pickle, which may run any code.
        unpickle: the same, for those who know it by this name.
        loader: makes the object of the path of a file instead.

    Raises:
        InvalidSetting: it is a pickle, or was written by a saver, and the argument that opens it is missing.
        ObjectNotFound, StoreDamaged, MissingExtra: the bytes or the library are not there.
    """
    if result.format == "pickle" and loader is None and not (allow_pickle or unpickle):
        raise InvalidSetting(
            f"the result `{result.name}` ({result.type}) is a pickle; opening one runs whatever code it holds",
            hint=f"load({result.name!r}, allow_pickle=True) if you trust who saved it",
        )
    known = _READERS.get(result.format)
    if loader is None and known is None:
        raise InvalidSetting(
            f"the result `{result.name}` was written by a saver of its own",
            hint=f"load({result.name!r}, loader=lambda path: path.read_text())",
        )
    data = read(source, result)
    if loader is None and known is not None:
        return known(data, result)
    assert loader is not None  # noqa: S101 - for the type checker
    with tempfile.TemporaryDirectory(prefix="eventide-") as folder:
        path = Path(folder) / f"result{result.extension}"
        path.write_bytes(data)
        return loader(path)


def _npy(data: bytes, _result: Result) -> Any:
    import numpy as np  # noqa: PLC0415

    return np.load(io.BytesIO(data), allow_pickle=False)


def _parquet(data: bytes, result: Result) -> Any:
    if result.type.startswith("polars"):
        return require("polars", "polars").read_parquet(io.BytesIO(data))
    import pandas as pd  # noqa: PLC0415

    return pd.read_parquet(io.BytesIO(data))


def _torch(data: bytes, _result: Result) -> Any:
    return require("torch", "torch").load(io.BytesIO(data), weights_only=True)


_READERS: dict[str, Callable[[bytes, Result], Any]] = {
    "npy": _npy,
    "parquet": _parquet,
    "torch": _torch,
    "json": lambda data, _: orjson.loads(data),
    "bytes": lambda data, _: data,
    "pickle": lambda data, _: pickle.loads(data),  # noqa: S301 - the caller asked for this one
}


def load(
    run: Any,
    name: str,
    version: int | None = None,
    *,
    allow_pickle: bool = False,
    unpickle: bool = False,
    loader: Loader | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002 - as in `init`
) -> Any:
    """Return an object that a run saved, the newest version unless one is given.

    Args:
        run: an id, unique prefix, name or `@last`; or a run that was begun or opened.
        name: of the result.
        version: from 1; None is the newest.
        allow_pickle: open it even if it is a pickle, which may run any code.
        unpickle: the same as `allow_pickle`.
        loader: makes the object of a path; needed for what a saver of its own wrote.
        dir: the store; default the run's own, else as in `open`.

    Raises:
        RunNotFound, RunAmbiguous: see `Store.run`.
        ObjectNotFound: the run has no such result.
        InvalidSetting: it is a pickle and `allow_pickle` was not given.
    """
    from eventide.table.store import open as open_store  # noqa: PLC0415 - the store opens this module's runs

    layout = getattr(run, "_layout", None)
    root = dir if dir is not None or layout is None else layout.root
    if hasattr(run, "load"):
        return run.load(name, version, allow_pickle=allow_pickle, unpickle=unpickle, loader=loader)
    with open_store(root) as store:
        view = store.run(run if isinstance(run, str) else run.id)
        return view.load(name, version, allow_pickle=allow_pickle, unpickle=unpickle, loader=loader)
