"""Which plain values of a row are media: decided by their type, their dtype and their shape, never by their content.

    eventide.Image, Table, ...                            what they say
    image of Pillow; figure of Matplotlib or Plotly       image; figure
    DataFrame of pandas or polars                         table
    pathlib.Path of a file whose ending is known          image, audio, video, html, molecule, 3D object
    array of more than 1,000 elements, 8 to 16,383 a side
      H x W of uint8 or bool                              image
      H x W of floats                                     image, with the numbers kept beside it
      H x W x 3 or 4 of uint8 or floats                   image, floats with the numbers kept beside it
      1, 3 or 4 x H x W of uint8 or floats, of torch      the same
    list of any of these                                  several of them

Everything else stays what it was: a text is a text even if it looks like a path, small arrays stay in the row, other arrays stay
objects of exact numbers. Invariant: no number is lost by being shown: pixels of eight bits are exact in their PNG, and the others are
kept beside theirs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

from eventide.errors import InvalidValue
from eventide.sdk.media import figures, files, images, kinds, tables
from eventide.sdk.values import MAX_INLINE_ITEMS, type_name

MIN_SIDE = 8
PLAIN = frozenset({int, float, str, bool, type(None), dict, bytes})
"""Types that are never media."""

_FILES: dict[str, Callable[[Any], kinds.Media]] = {
    "image": kinds.Image,
    "audio": kinds.Audio,
    "video": kinds.Video,
    "html": kinds.Html,
    "molecule": kinds.Molecule,
    "object3d": kinds.Object3D,
}
_never: set[type] = set()
"""Types that were found to be no media, whatever their values."""

Found = list[tuple[str, list[kinds.Media]]]


def sift(data: Mapping[str, Any]) -> tuple[Mapping[str, Any], Found]:
    """Return a row without its media, and the media by key; the very same row when there are none.

    Raises:
        InvalidValue: a medium that cannot be one, or a list of media with something else in it.
    """
    found: Found = []
    for key, value in data.items():
        kind = type(value)
        if kind in PLAIN or kind in _never:
            continue
        media = _several(key, value) if kind is list or kind is tuple else _one(value)
        if media:
            found.append((key, media))
    if not found:
        return data, found
    aside = {key for key, _ in found}
    return {key: value for key, value in data.items() if key not in aside}, found


def wrapped(value: Any, caption: str = "") -> Any:
    """Return any value that can be a medium as one, or a list of them; texts become texts, numbers histograms are not guessed.

    Raises:
        InvalidValue: it cannot be one.
    """
    if isinstance(value, (list, tuple)) and value and all(_one(each) or isinstance(each, str) for each in value):
        return [wrapped(each, caption) for each in value]
    media = _one(value)
    if media:
        made = media[0]
    elif isinstance(value, str):
        made = kinds.Text(value)
    elif hasattr(value, "dtype"):
        made = kinds.Image(value)
    elif isinstance(value, os.PathLike):
        made = kinds.File(value)
    else:
        raise InvalidValue(
            f"a {type_name(value)} is no medium", hint="wrap it: eventide.Image, Table, Text, Graph, ..."
        )
    if caption:
        made.caption = caption
    return made


def _several(key: str, values: Any) -> list[kinds.Media]:
    """Return the media of a list that holds nothing else; none when it holds none."""
    if not values or (type(values[0]) in PLAIN and not any(isinstance(value, kinds.Media) for value in values)):
        return []
    found = [_one(value) for value in values]
    if all(found):
        return [media for each in found for media in each]
    if any(isinstance(value, kinds.Media) for value in values):
        other = next(value for value, media in zip(values, found, strict=True) if not media)
        raise InvalidValue(
            f"`{key:.60}` mixes media with a {type_name(other)}", hint="log them under keys of their own"
        )
    return []


def _one(value: Any) -> list[kinds.Media]:  # noqa: PLR0911 - one return per kind reads best
    """Return the medium that a value is, in a list; an empty one when it is none."""
    if isinstance(value, kinds.Media):
        return [value]
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        if type(value).__module__ == "numpy" and not hasattr(value, "__setitem__"):  # a scalar, not an array
            _never.add(type(value))
            return []
        return _array(value)
    if isinstance(value, PurePath):
        return _path(value)
    if tables.is_frame(value):
        return [kinds.Table(value)]
    if images.is_pillow(value):
        return [kinds.Image(value)] if 0 not in value.size else []
    if figures.is_matplotlib(value) or figures.is_plotly(value):
        return [kinds.Figure(value)]
    if not isinstance(value, (list, tuple)):
        _never.add(type(value))
    return []


def _array(value: Any) -> list[kinds.Media]:
    shape = value.shape
    if not is_picture(tuple(shape), str(value.dtype), is_torch=hasattr(value, "detach")):
        return []
    image = kinds.Image(value)
    image.keep_array = True
    return [image]


def is_picture(shape: tuple[int, ...], dtype: str, *, is_torch: bool) -> bool:
    """Tell whether an array of this shape and type is a picture when it is logged as it is."""
    if len(shape) not in (2, 3):
        return False
    sides, size = shape, 1
    for side in shape:
        size *= side
    if len(shape) == 3:
        if is_torch and shape[0] in (1, 3, 4):
            sides = shape[1:]
        elif not is_torch and shape[2] in (3, 4):
            sides = shape[:2]
        else:
            return False
    if size <= MAX_INLINE_ITEMS or min(sides) < MIN_SIDE or max(sides) > images.MAX_SIDE:
        return False
    name = dtype.rpartition(".")[2]
    return name == "uint8" or name.startswith(("float", "bfloat")) or (name == "bool" and len(shape) == 2)


def _path(value: PurePath) -> list[kinds.Media]:
    """Return the medium in a file; none when there is no such file, or its ending says nothing."""
    kind = files.kind_of(str(value))
    if kind is None or not os.path.isfile(value) or not os.path.getsize(value):  # noqa: PTH113, PTH202
        return []
    return [_FILES[kind](value)]
