"""Keep results of a run: any object, under a name, at any time, from any thread.

Known kinds get a format that can be loaded without running code (npy, parquet, torch weights, JSON, bytes); the rest is pickled.
Invariant: the bytes are in the store before the record that names them; a name saved again is a further version, nothing is overwritten.
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide.errors import InvalidName, InvalidValue
from eventide.names import check_label
from eventide.sdk import session
from eventide.sdk.values import type_name

if TYPE_CHECKING:
    from eventide.sdk.run import Run

KIND = "result"
Saver = Callable[[Any, Path], Any]
"""Writes an object to a path; may return another path that it wrote instead."""

_EXTENSION = re.compile(r"\.[A-Za-z0-9][A-Za-z0-9._-]{0,15}", re.ASCII)
_EXTENSIONS = {"npy": ".npy", "parquet": ".parquet", "torch": ".pt", "json": ".json", "bytes": ".bin", "pickle": ".pkl"}
_INT64 = 2**63
_lock = threading.Lock()
_versions: dict[tuple[str, str], int] = {}


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a saved object."""

    name: str
    version: int
    """1 for the first of this name by this process; readers count over all processes of the run."""
    sha256: str
    size_bytes: int
    format: str
    """`npy`, `parquet`, `torch`, `json`, `bytes`, `pickle`, or `custom`."""
    type: str
    """Full name of the object's type."""
    extension: str


def save(
    obj: Any, name: str, *, run: Run | None = None, extension: str | None = None, saver: Saver | None = None
) -> Saved:
    """Keep an object as a result of the current run, and return what was kept.

    Args:
        obj: anything that can be pickled, or that `saver` can write.
        name: 1 to 128 characters without slashes; the same name again is a new version.
        run: default the run of the recorded function that calls, else the current run.
        extension: of the file, such as `.txt`; default one that fits the format.
        saver: `saver(obj, path)` writes the file itself; it may return another path.

    Raises:
        InvalidName: the name or the extension cannot be used.
        InvalidValue: the object cannot be pickled; nothing is stored then.
        Misuse: there is no run.
        RunFinished: the run is over.
    """
    check_label(name, "result")
    if extension is not None and not _EXTENSION.fullmatch(extension):
        raise InvalidName(f"`{extension!r:.40}` cannot be an extension", hint="extension='.txt'")
    target = run or session.current()
    if target is None:
        raise session.no_run("save")
    form, data = ("custom", _written(obj, saver, extension or "")) if saver is not None else _bytes_of(obj)
    sha256 = _put(target, data)
    with _lock:
        version = _versions[target.id, name] = _versions.get((target.id, name), 0) + 1
    saved = Saved(name, version, sha256, len(data), form, type_name(obj), extension or _EXTENSIONS.get(form, ""))
    target._writer.file({"kind": KIND, **asdict(saved)})  # noqa: SLF001 - results belong to the run
    target._watch()  # noqa: SLF001
    return saved


def _put(run: Run, data: bytes) -> str:
    from hashlib import sha256  # noqa: PLC0415 - 5 ms of start-up

    if run._layout is not None:  # noqa: SLF001
        from eventide.objects.choice import open_objects  # noqa: PLC0415 - only when something is kept

        try:
            return open_objects(run._layout, is_writer=True).put_bytes(data)  # noqa: SLF001
        except OSError as error:  # the disk is full: said, counted, and training goes on
            run._guard("object", error, 1)  # noqa: SLF001
    return sha256(data).hexdigest()


def _written(obj: Any, saver: Saver, extension: str) -> bytes:
    """Return the bytes that a saver writes."""
    with tempfile.TemporaryDirectory(prefix="eventide-") as folder:
        path = Path(folder) / f"result{extension}"
        other = saver(obj, path)
        if isinstance(other, (str, Path)):
            path = Path(other)
        try:
            return path.read_bytes()
        except OSError as error:
            raise InvalidValue(
                f"the saver left no file at `{path.name}`: {error.strerror or error}",
                hint="saver=lambda obj, path: path.write_text(str(obj))",
            ) from error


def _bytes_of(obj: Any) -> tuple[str, bytes]:
    """Return the format an object is kept in, and its bytes; the safe formats that give back the same come first."""
    kind = type(obj)
    if kind is bytes:
        return "bytes", obj
    package = kind.__module__.partition(".")[0]
    maker = _MAKERS.get(package)
    made = maker(obj) if maker is not None else None
    if made is None and kind in (dict, list) and "torch" in sys.modules:
        made = _torch(obj)
    if made is None and kind.__module__ == "collections" and "torch" in sys.modules:  # a state_dict
        made = _torch(obj)
    if made is not None:
        return made
    if is_json(obj):
        import orjson  # noqa: PLC0415

        return "json", orjson.dumps(obj)
    return "pickle", _pickled(obj)


def _numpy(obj: Any) -> tuple[str, bytes] | None:
    numpy = sys.modules["numpy"]
    if type(obj) is not numpy.ndarray or obj.dtype.hasobject:
        return None
    import io  # noqa: PLC0415

    file = io.BytesIO()
    numpy.lib.format.write_array(file, obj, allow_pickle=False)
    return "npy", file.getvalue()


def _pandas(obj: Any) -> tuple[str, bytes] | None:
    if type(obj).__name__ != "DataFrame" or obj.attrs:
        return None
    try:
        data: bytes = obj.to_parquet()
        back = sys.modules["pandas"].read_parquet(_file(data))
        return ("parquet", data) if back.equals(obj) and list(back.dtypes) == list(obj.dtypes) else None
    except Exception:  # noqa: BLE001 - columns of mixed types, no engine: it is pickled then
        return None


def _polars(obj: Any) -> tuple[str, bytes] | None:
    if type(obj).__name__ != "DataFrame":
        return None
    file = _file(b"")
    try:
        obj.write_parquet(file)
    except Exception:  # noqa: BLE001 - a column of Python objects: it is pickled then
        return None
    return "parquet", file.getvalue()


def _torch(obj: Any) -> tuple[str, bytes] | None:
    """Return tensors, and dicts or lists that hold nothing but tensors and plain values, as torch's weights."""
    torch = sys.modules["torch"]
    if not _is_weights(obj, torch.Tensor):
        return None
    if type(obj) is torch.Tensor and obj.layout == torch.strided and obj.untyped_storage().nbytes() > obj.nbytes:
        obj = obj.detach().clone().requires_grad_(obj.requires_grad)  # a view, without all that it is a view of
    file = _file(b"")
    torch.save(obj, file)
    return "torch", file.getvalue()


def _is_weights(obj: Any, tensor: type) -> bool:
    """Tell whether an object holds a tensor, and nothing that only a pickle can bring back."""
    found = False
    waiting = [obj]
    while waiting:
        value = waiting.pop()
        if isinstance(value, tensor):
            found = True
            if type(value).__module__.partition(".")[0] != "torch":  # somebody's own kind, which is code
                return False
        elif type(value) is dict or (type(value).__name__ == "OrderedDict" and isinstance(value, dict)):
            waiting += [*value.values(), *value]
        elif type(value) in (list, tuple):
            waiting += value
        elif type(value) not in (int, float, str, bool, type(None)):
            return False
    return found


def _file(data: bytes) -> Any:
    import io  # noqa: PLC0415

    return io.BytesIO(data)


_MAKERS: dict[str, Callable[[Any], tuple[str, bytes] | None]] = {
    "numpy": _numpy,
    "pandas": _pandas,
    "polars": _polars,
    "torch": _torch,
}


def is_json(obj: Any, depth: int = 0) -> bool:  # noqa: PLR0911 - one return per kind reads best
    """Tell whether JSON gives back exactly this object: the same types, finite numbers, texts as keys."""
    kind: type[Any] = type(obj)
    if kind is str:
        return obj.isascii() or not any("\ud800" <= c <= "\udfff" for c in obj)
    if kind is float:
        return bool(obj - obj == 0.0)
    if kind is int:
        return bool(-_INT64 <= obj < _INT64)
    if obj is None or kind is bool:
        return True
    if depth > 100:
        return False
    if kind is list:
        return all(is_json(item, depth + 1) for item in obj)
    return kind is dict and all(
        type(key) is str and is_json(key) and is_json(item, depth + 1) for key, item in obj.items()
    )


def _pickled(obj: Any) -> bytes:
    import cloudpickle  # noqa: PLC0415 - only for objects that fit nowhere else

    try:
        data: bytes = cloudpickle.dumps(obj)
    except Exception as error:
        raise InvalidValue(
            f"a {type_name(obj)} cannot be pickled: {error!s:.200}",
            hint="save(obj, name, saver=lambda obj, path: path.write_text(str(obj)))",
        ) from error
    return data
