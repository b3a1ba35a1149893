"""Take whatever people log: the codec's extension for types it does not know itself.

Scalars and arrays of numpy, torch, jax and tensorflow are known by how they behave, never by importing their packages; subclasses of plain
types become the plain type; what is large or fits nowhere else becomes an object and a reference to it.
Invariant: the bytes of an object are in the store before a row that refers to them is written. Unpickling never happens here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from eventide.errors import InvalidValue
from eventide.journal.codec import Encoded, float_text
from eventide.sdk.config import named_parts

if TYPE_CHECKING:
    from eventide.objects.base import Objects

MAX_INLINE_ITEMS = 1000
"""Arrays of up to this many elements are kept in the row itself."""
MAX_REPR_CHARS = 200

_SCALARS: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    complex: complex.__complex__,
    str: str.__str__,
    bytes: bytes.__bytes__,
}
_CONTAINERS: dict[type, Callable[[Any], Any]] = {
    list: list,
    tuple: tuple,
    bytearray: bytearray,
    frozenset: frozenset,
    set: set,
    AbstractSet: set,
}

Failure = Callable[[str, BaseException, int], None]


class Extender:
    """Turns values into ones the codec knows, keeping objects in `objects`. Safe for threads."""

    def __init__(self, objects: Callable[[], Objects], on_failure: Failure) -> None:
        self._objects = objects
        self._on_failure = on_failure

    def __call__(self, value: Any) -> Any:
        """Return what stands for `value` in a row.

        Raises:
            InvalidValue: it can neither be written as JSON nor be pickled; nothing has been stored then.
        """
        kind = type(value)
        media = sys.modules.get("eventide.sdk.media.kinds")
        if media is not None and isinstance(value, media.Media):
            raise InvalidValue(
                f"media have keys of their own, and a {kind.__name__} is inside another value, or among many rows",
                hint='run.log({"val/image": eventide.Image(array)})',
            )
        if kind is str:
            return self._object(value.encode("utf-8", "surrogatepass"), "text", value, f"{len(value)} characters")
        if kind is bytes or kind is bytearray:
            return self._object(bytes(value), "bytes", value, f"{len(value)} bytes")
        known = _plain(value)
        if known is not value:
            return known
        if hasattr(value, "dtype") or hasattr(value, "__array__"):
            array = as_array(value)
            if array is not None:
                return self._array(value, array)
        return self._pickled(value)

    def _array(self, value: Any, array: Any) -> Any:
        if array.size <= MAX_INLINE_ITEMS:
            inline = _inline(value, array)
            if inline is not None:
                return inline
        if array.dtype.hasobject:
            return self._pickled(value)
        import io  # noqa: PLC0415 - only for large arrays; numpy is there already

        file = io.BytesIO()
        sys.modules["numpy"].lib.format.write_array(file, array, allow_pickle=False)
        return self._object(file.getvalue(), "npy", value, f"{array.dtype}{list(array.shape)}")

    def _pickled(self, value: Any) -> Any:
        import cloudpickle  # noqa: PLC0415 - only for objects that fit nowhere else

        try:
            data = cloudpickle.dumps(value)
        except Exception as error:
            raise InvalidValue(
                f"a {type_name(value)} can be written neither as JSON nor as a pickle: {error!s:.200}",
                hint="log what you want to keep of it: str(value), value.name, list(value)",
            ) from error
        return self._object(data, "pickle", value, short_repr(value))

    def _object(self, data: bytes, form: str, value: Any, text: str) -> Encoded:
        try:
            sha256 = self._objects().put_bytes(data)
        except OSError as error:  # the disk is full: the row says what was meant, and training goes on
            self._on_failure("object", error, 1)
            from hashlib import sha256 as digest  # noqa: PLC0415 - 5 ms of start-up

            sha256 = digest(data).hexdigest()
        reference = {"sha256": sha256, "size_bytes": len(data), "format": form, "type": type_name(value), "repr": text}
        return Encoded({"_object": reference})


def _plain(value: Any) -> Any:  # noqa: PLR0911 - one question per kind reads best
    """Return `value` as a plain Python value when it is a scalar, a subclass of a plain type or has named parts; else itself."""
    kind = type(value)
    if hasattr(value, "dtype") and not isinstance(value, (str, bytes)) and getattr(value, "shape", None) == ():
        return _scalar(value)
    if hasattr(kind, "__members__") and hasattr(value, "value") and hasattr(value, "name"):
        return value.value  # an enum's member
    if kind.__module__.partition(".")[0] == "pandas":
        return _pandas_scalar(value)
    plain = _as_base(value, _SCALARS)
    if plain is not value:
        return plain
    parts = named_parts(value)
    if parts is not None:
        return parts
    if isinstance(value, Mapping):
        return dict(value.items())
    plain = _as_base(value, _CONTAINERS)
    if plain is not value:
        return plain
    if hasattr(value, "__fspath__"):
        return str(value)
    return _subclass_of_time(value)


def _as_base(value: Any, makers: dict[type, Callable[[Any], Any]]) -> Any:
    """Return an instance of a subclass as the plain type it derives from; anything else as it is."""
    for base, make in makers.items():
        if isinstance(value, base):
            return make(value)
    return value


def _subclass_of_time(value: Any) -> Any:
    """Return a subclass of datetime and its kin as the plain type; anything else as it is."""
    import datetime as dt  # noqa: PLC0415 - not needed by most scripts

    if isinstance(value, dt.datetime):
        return dt.datetime.fromisoformat(value.isoformat())
    if isinstance(value, dt.date):
        return dt.date(value.year, value.month, value.day)
    if isinstance(value, dt.timedelta):
        return dt.timedelta(value.days, value.seconds, value.microseconds)
    return value


def _pandas_scalar(value: Any) -> Any:
    """Return a pandas Timestamp, Timedelta or missing value as the plain type; what would lose nanoseconds stays as it is."""
    name = type(value).__name__
    if name in ("NaTType", "NAType"):
        return None
    if name == "Timestamp" and not value.nanosecond:
        return value.to_pydatetime()
    return value.to_pytimedelta() if name == "Timedelta" and not value.nanoseconds else value


def _scalar(value: Any) -> Any:
    """Return a 0-d scalar, array or tensor as a Python scalar; itself when Python has none for it."""
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "kind", "") in ("m", "M", "V", "O") or not hasattr(value, "item"):
        return value
    detached = value.detach() if hasattr(value, "detach") else value
    try:
        item = detached.item() if hasattr(detached, "item") else detached.numpy().item()
    except (TypeError, ValueError, RuntimeError):
        return value
    return value if type(item) is type(value) else item


def as_array(value: Any) -> Any:
    """Return an array or tensor as a numpy array; None when it cannot be one, or numpy is not there."""
    numpy = sys.modules.get("numpy")
    if numpy is None or isinstance(value, type):
        return None
    if hasattr(value, "iloc"):
        return None  # frames and columns have labels, which an array would lose
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            if "bfloat16" in str(value.dtype) or "float8" in str(value.dtype):
                value = value.float()
            value = value.resolve_conj().resolve_neg().numpy() if hasattr(value, "resolve_conj") else value.numpy()
        elif hasattr(value, "numpy") and not isinstance(value, numpy.ndarray):
            value = value.numpy()
        array = numpy.asarray(value)
    except Exception:  # noqa: BLE001 - foreign code; it is pickled instead
        return None
    return array if isinstance(array, numpy.ndarray) else None


def _inline(value: Any, array: Any) -> Any:
    """Return a small array as JSON that gives it back exactly; None for types that JSON cannot give back."""
    kind = array.dtype.kind
    if kind in "mM":
        data: list[Any] = array.view("int64").ravel().tolist()
    elif kind == "c" and array.dtype.itemsize <= 16:
        data = [float_text(x) for number in array.ravel().tolist() for x in (number.real, number.imag)]
    elif kind == "f" and array.dtype.itemsize <= 8:
        data = [float_text(x) for x in array.ravel().tolist()]
    elif kind in "biuU":
        data = array.ravel().tolist()
    else:
        return None
    try:
        if kind == "U":
            "".join(data).encode()
    except UnicodeEncodeError:
        return None
    content = {"dtype": array.dtype.str, "shape": list(array.shape), "data": data}
    if type(value).__module__.partition(".")[0] != "numpy":
        content["type"] = type_name(value)
    return Encoded({"_array": content})


def type_name(value: Any) -> str:
    """Return the full name of a value's type, such as `torch.nn.modules.linear.Linear`; plain names for builtins."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def short_repr(value: Any) -> str:
    """Return repr(value) in at most 200 characters of valid text; never raises."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - foreign code
        text = f"<{type_name(value)} whose repr raises {type(error).__name__}>"
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_REPR_CHARS else text[: MAX_REPR_CHARS - 1] + "…"
