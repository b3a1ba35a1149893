"""Pictures: what counts as one, which values are black and white, and their bytes.

Invariant: eight-bit pixels are kept exactly (PNG); of anything else the record says which values became black and white and how many
were not finite. What is encoded already is kept byte by byte.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from eventide.errors import InvalidValue
from eventide.sdk.media import files
from eventide.sdk.values import as_array, type_name

if TYPE_CHECKING:
    from eventide.sdk.media.kinds import Encoded, Image, Put

MAX_SIDE = 16_383
"""Longest side in pixels: what WebP takes and browsers show."""
FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_COLOURS = (1, 3, 4)
_PNG_LEVEL = 1
"""Three times as fast as the default for a tenth more bytes; encoding competes with training for the processor."""


class Pixels:
    """An array with its axes in order: H x W or H x W x colours."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array


# ── what the caller gives ───────────────────────────────────────────────────────────────────────────────────────────


def checked(data: Any, channels: str | None = None) -> Any:
    """Return the picture as `Pixels`, a Pillow image, bytes or a path; raises InvalidValue."""
    if isinstance(data, (str, os.PathLike)):
        return files.existing(data)
    if isinstance(data, (bytes, bytearray, memoryview)):
        if not len(data):
            raise InvalidValue("the picture is empty: 0 bytes")
        return bytes(data)
    if is_pillow(data):
        if 0 in data.size:
            raise InvalidValue(f"the picture is empty: {data.size[0]} x {data.size[1]} pixels")
        return data
    array = array_of(data, "a picture")
    return Pixels(_in_order(array, channels or ("first" if _is_torch(data) else None)))


def array_of(data: Any, what: str) -> Any:
    """Return numbers of any library, or lists of them, as a NumPy array; raises InvalidValue for what is none."""
    numpy = import_module("numpy")
    try:
        array = as_array(data)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InvalidValue(f"a {type_name(data)} cannot be {what}: {error!s:.120}") from error
    if array is None or array.dtype.kind not in "biuf":
        kind = type_name(data) if array is None or array.ndim == 0 else f"an array of {array.dtype}"
        raise InvalidValue(f"{kind} cannot be {what}", hint="an array of numbers, or a path, will do")
    if array.size == 0:
        raise InvalidValue(f"an array of shape {array.shape} is empty, and cannot be {what}")
    return array.astype(numpy.float32) if array.dtype == numpy.float16 else array


def _in_order(array: Any, channels: str | None) -> Any:
    """Return the array as H x W or H x W x colours, reading the axes as they can be read."""
    shape = array.shape
    if channels not in (None, "first", "last"):
        raise InvalidValue(f"channels is `{channels!r:.20}`; it can be `first` or `last`")
    if len(shape) == 3:
        first, last = shape[0] in _COLOURS, shape[2] in _COLOURS
        if channels == "last":
            first = False
        elif channels == "first" and first:
            last = False
        if last:
            ordered = array[:, :, 0] if shape[2] == 1 else array
        elif first:
            ordered = array[0] if shape[0] == 1 else import_module("numpy").moveaxis(array, 0, 2)
        else:
            ordered = None
    else:
        ordered = array if len(shape) == 2 else None
    if ordered is None:
        hint = "log a list of pictures: [eventide.Image(one) for one in batch]" if len(shape) == 4 else _SHAPES
        raise InvalidValue(f"an array of shape {shape} is no picture", hint=hint)
    if max(ordered.shape[:2]) > MAX_SIDE:
        raise InvalidValue(
            f"a picture of {ordered.shape[1]} x {ordered.shape[0]} pixels is too large: {MAX_SIDE} a side at most",
            hint="run.save(array, name) keeps it as numbers",
        )
    return ordered


_SHAPES = "pictures are H x W, H x W x 3 (or 1 or 4), or, of torch, 3 x H x W"


def checked_range(limits: Any) -> tuple[float, float] | None:
    """Return which values are black and white; raises InvalidValue."""
    if limits is None:
        return None
    try:
        low, high = (float(value) for value in limits)
    except (TypeError, ValueError):
        low = high = 0.0
    if not low < high or low - low != 0.0 or high - high != 0.0:
        raise InvalidValue(
            f"range is `{limits!r:.60}`; it needs two finite numbers, black and white", hint="range=(0, 1)"
        )
    return low, high


def checked_format(form: str) -> str:
    """Return the format, or raise InvalidValue."""
    if form == "jpg":
        return "jpeg"
    if form not in FORMATS:
        raise InvalidValue(f"pictures are not encoded as `{form!r:.20}`", hint=f"format= one of {', '.join(FORMATS)}")
    return form


def checked_boxes(boxes: Any) -> list[dict[str, Any]]:
    """Return boxes as plain numbers and texts; raises InvalidValue."""
    found = []
    for box in boxes:
        if not isinstance(box, Mapping):
            raise InvalidValue(f"a box is a dict, not a {type_name(box)}", hint=_BOX)
        try:
            plain: dict[str, Any] = {side: float(box[side]) for side in ("x", "y", "w", "h")}
        except KeyError as error:
            raise InvalidValue(f"a box has no {error}", hint=_BOX) from None
        except (TypeError, ValueError):
            raise InvalidValue(f"the sides of a box are numbers: {box!s:.80}", hint=_BOX) from None
        if any(side - side != 0.0 for side in plain.values()) or plain["w"] < 0 or plain["h"] < 0:
            raise InvalidValue(f"a box needs finite sides, none negative: {box!s:.80}", hint=_BOX)
        if box.get("label") is not None:
            plain["label"] = str(box["label"])
        if box.get("score") is not None:
            plain["score"] = float(box["score"])
        found.append(plain)
    return found


_BOX = 'boxes=[{"x": 10, "y": 20, "w": 64, "h": 32, "label": "cat", "score": 0.9}], in pixels'


def checked_masks(masks: Any) -> list[dict[str, Any]]:
    """Return masks as label and array H x W of integers; raises InvalidValue."""
    if isinstance(masks, Mapping):
        masks = [{"label": label, "data": data} for label, data in masks.items()]
    found = []
    for mask in masks:
        if not isinstance(mask, Mapping) or "data" not in mask:
            raise InvalidValue("a mask is a dict with `data`", hint='masks={"road": array}')
        array = array_of(mask["data"], "a mask")
        array = array[0] if array.ndim == 3 and array.shape[0] == 1 else array
        if array.ndim != 2 or array.dtype.kind not in "biu":
            raise InvalidValue(
                f"a mask is H x W integers or booleans, not {array.dtype} of shape {array.shape}",
                hint="mask > 0.5, or mask.argmax(0)",
            )
        if array.dtype.kind != "b" and (array.min() < 0 or array.max() > 65535):
            raise InvalidValue("a mask holds numbers of classes, from 0 to 65,535")
        classes = {str(number): str(name) for number, name in dict(mask.get("classes") or {}).items()}
        found.append({"label": str(mask.get("label", "")), "data": Pixels(array), "classes": classes})
    return found


def is_pillow(value: Any) -> bool:
    """Tell whether a value is an image of Pillow, without loading Pillow."""
    pillow = sys.modules.get("PIL.Image")
    # While another thread imports it, the module is there and empty.
    kind = getattr(pillow, "Image", None)
    return kind is not None and isinstance(value, kind)


def _is_torch(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "torch" or hasattr(value, "detach")


# ── what waits to be encoded ────────────────────────────────────────────────────────────────────────────────────────


def held(data: Any) -> Any:
    """Return data that the caller's later changes do not reach."""
    if isinstance(data, Pixels):
        return Pixels(data.array.copy())
    if hasattr(data, "dtype"):
        return data.copy()
    if isinstance(data, list):
        return [held(each) for each in data]
    if is_pillow(data):
        return data.copy()
    return files.held(data)


def size_of(data: Any) -> int:
    """Return about how many bytes of memory data takes."""
    if isinstance(data, Pixels):
        return int(data.array.nbytes)
    if hasattr(data, "dtype"):
        return int(data.nbytes)
    if isinstance(data, bytes):
        return len(data)
    if isinstance(data, list):
        return sum(size_of(each) for each in data)
    return int(data.size[0] * data.size[1] * 4) if is_pillow(data) else 0


# ── bytes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def encode(image: Image, put: Put) -> Encoded:
    """Return a picture's bytes and facts; its masks are put beside it."""
    from eventide.sdk.media.kinds import Encoded  # noqa: PLC0415 - the classes load this module when they need it

    fields: dict[str, Any] = {"boxes": image.boxes} if image.boxes else {}
    if image.masks:
        fields["masks"] = [_mask(mask, put) for mask in image.masks]
    data = image.data
    if isinstance(data, Pixels):
        pixels, facts = to_bytes(data.array, image.range)
        if image.keep_array and data.array.dtype.kind == "f":
            facts["array"] = _numbers(data.array, put)
        picture = import_module("PIL.Image").fromarray(pixels)
        return Encoded(
            written(picture, image.format), image.format, FORMATS[image.format], {**facts, **_size(picture), **fields}
        )
    if is_pillow(data):
        return Encoded(written(data, image.format), image.format, FORMATS[image.format], {**_size(data), **fields})
    form, facts = _inspect(data)
    return Encoded(data, form, files.mime_of(form), {**facts, **fields})


def to_bytes(array: Any, limits: tuple[float, float] | None = None) -> tuple[Any, dict[str, Any]]:
    """Return pixels of 8 bits, and which values became black and white where that is not plain from the type."""
    numpy = import_module("numpy")
    if limits is None and array.dtype == numpy.uint8:
        return numpy.ascontiguousarray(array), {}
    if array.dtype == bool:
        return array.astype(numpy.uint8) * 255, {}
    values = array.astype(numpy.float32 if array.dtype.itemsize <= 4 and array.dtype.kind == "f" else numpy.float64)
    finite = numpy.isfinite(values)
    bad = int(values.size - numpy.count_nonzero(finite))
    low, high = limits or _limits(array.dtype, values[finite] if bad else values)
    if bad:
        values = numpy.nan_to_num(values, nan=low, posinf=high, neginf=low)
    scaled = (values - low) * (255.0 / (high - low))
    pixels = numpy.clip(numpy.rint(scaled), 0, 255).astype(numpy.uint8)
    facts: dict[str, Any] = {"range": [low, high]}
    return pixels, {**facts, "nonfinite": bad} if bad else facts


def _limits(dtype: Any, values: Any) -> tuple[float, float]:
    """Return which values are black and white, as people mean them."""
    if values.size == 0:  # nothing but NaN
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    known: tuple[tuple[float, float], ...]
    if dtype.kind == "f":
        known = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
    else:
        known = ((0.0, 255.0), (0.0, 65535.0) if dtype.itemsize == 2 else (0.0, 255.0))
    for black, white in known:
        if black <= low and high <= white:
            return black, white
    return (low, high) if low < high else (low, low + 1.0)


def written(picture: Any, form: str) -> bytes:
    """Return a Pillow image's bytes in a format; modes that the format lacks are converted."""
    allowed = {"png": ("1", "L", "LA", "I;16", "P", "RGB", "RGBA"), "jpeg": ("L", "RGB"), "webp": ("RGB", "RGBA")}[form]
    if picture.mode not in allowed:
        has_alpha = picture.mode in ("RGBa", "LA", "La", "PA") or "transparency" in picture.info
        picture = picture.convert("RGBA" if has_alpha and "RGBA" in allowed else "RGB")
    file = io.BytesIO()
    options: dict[str, Any] = {"compress_level": _PNG_LEVEL} if form == "png" else {"quality": 90}
    picture.save(file, form.upper(), **options)
    return file.getvalue()


def _size(picture: Any) -> dict[str, int]:
    return {"width": picture.size[0], "height": picture.size[1]}


def _mask(mask: Mapping[str, Any], put: Put) -> dict[str, Any]:
    numpy = import_module("numpy")
    array = mask["data"].array
    array = array.astype(numpy.uint8 if array.dtype.kind == "b" or array.max() <= 255 else numpy.uint16)
    picture = import_module("PIL.Image").fromarray(array)
    data = written(picture, "png")
    found = {"sha256": put(data), "size_bytes": len(data), "format": "png", "label": mask["label"], **_size(picture)}
    return {**found, "classes": mask["classes"]} if mask["classes"] else found


def _numbers(array: Any, put: Put) -> dict[str, Any]:
    """Keep the numbers that a picture of 8 bits cannot give back."""
    numpy = import_module("numpy")
    file = io.BytesIO()
    numpy.lib.format.write_array(file, numpy.ascontiguousarray(array), allow_pickle=False)
    data = file.getvalue()
    return {"sha256": put(data), "size_bytes": len(data), "format": "npy", "dtype": str(array.dtype)}


def _inspect(data: Any) -> tuple[str, dict[str, Any]]:
    """Return format and size of a picture that is encoded already; what cannot be read is kept and said to be unreadable."""
    module = import_module("PIL.Image")
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    name = getattr(data, "name", "") if not isinstance(data, bytes) else ""
    ending = files.ending_of(str(name))
    if ending == "svg" or (isinstance(data, bytes) and data.lstrip()[:5].lower() in (b"<svg ", b"<svg>")):
        return "svg", {}
    try:
        with module.open(source) as picture:
            picture.verify()
            return str(picture.format).lower(), _size(picture)
    except Exception:  # noqa: BLE001 - foreign code on foreign bytes
        return ending or "bin", {"unreadable": True}
    finally:
        source.seek(0)
