"""Files that are kept as they are: looking at them, holding them until they are stored, and what their endings mean.

Invariant: what is stored are the bytes at the time of the call for files up to `HELD_BYTES`, and of the very file that was there for
larger ones, even if its name is gone by then.
"""

from __future__ import annotations

import mimetypes
import os
from typing import Any

from eventide.errors import InvalidValue
from eventide.sdk.values import type_name

HELD_BYTES = 4 * 1024 * 1024
"""Files up to this size are read when they are logged; larger ones are held open and read later."""

KINDS = {
    "image": ("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "svg", "ico", "avif"),
    "audio": ("wav", "mp3", "flac", "ogg", "oga", "opus", "m4a", "aac", "aiff", "aif"),
    "video": ("mp4", "webm", "mov", "mkv", "avi", "m4v"),
    "html": ("html", "htm"),
    "molecule": ("pdb", "cif", "mmcif", "sdf", "mol", "mol2", "xyz", "pqr"),
    "object3d": ("glb", "gltf", "obj", "stl", "ply", "usdz"),
}
"""Endings by which a path is known to be a medium of some kind."""

_MIMES = {
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "avif": "image/avif",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "obj": "model/obj",
    "stl": "model/stl",
    "pdb": "chemical/x-pdb",
    "cif": "chemical/x-cif",
    "xyz": "chemical/x-xyz",
    "mol": "chemical/x-mdl-molfile",
    "sdf": "chemical/x-mdl-sdfile",
    "json": "application/json",
    "md": "text/markdown",
}


def ending_of(name: str) -> str:
    """Return the ending of a file's name in lower case, without the dot; empty where there is none that is short and plain."""
    ending = os.path.splitext(name)[1][1:].lower()  # noqa: PTH122 - a text, not always a path
    return ending if len(ending) <= 16 and ending.isalnum() and ending.isascii() else ""


def kind_of(name: str) -> str | None:
    """Return the kind of medium that a file's ending names, or None."""
    ending = ending_of(name)
    return next((kind for kind, endings in KINDS.items() if ending in endings), None)


def mime_of(form: str) -> str:
    """Return the media type of a format."""
    return _MIMES.get(form) or mimetypes.guess_type(f"x.{form}")[0] or "application/octet-stream"


def existing(path: str | os.PathLike[str]) -> str:
    """Return an absolute path of a file that is there and not empty; raises InvalidValue."""
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))  # noqa: PTH100, PTH111 - texts throughout
    try:
        if "\0" in place or len(place) > 32_767:
            raise FileNotFoundError
        found = os.stat(place)  # noqa: PTH116
    except OSError as error:
        why = getattr(error, "strerror", None) or "there is no such file"
        hint = "a text that is no path is logged as it is, or with eventide.Text"
        raise InvalidValue(f"`{path!s:.120}` cannot be read: {why}", hint=hint) from None
    if os.path.isdir(place):  # noqa: PTH112
        raise InvalidValue(f"`{path!s:.120}` is a folder", hint="run.log_artifact(path) keeps folders")
    if not found.st_size:
        raise InvalidValue(f"`{path!s:.120}` is empty: 0 bytes")
    return place


def checked(data: Any, name: str) -> Any:
    """Return a path as a text, or bytes; raises InvalidValue."""
    if isinstance(data, (str, os.PathLike)):
        return existing(data)
    if isinstance(data, (bytes, bytearray, memoryview)):
        if not len(data):
            raise InvalidValue("the file is empty: 0 bytes")
        if not name:
            raise InvalidValue("bytes need a name with an ending", hint='eventide.File(data, name="notes.pdf")')
        return bytes(data)
    raise InvalidValue(f"a {type_name(data)} is neither a path nor bytes", hint="run.save(obj, name) keeps any object")


def named(data: Any, name: str, formats: tuple[str, ...], kind: str) -> tuple[str, str]:
    """Return the file's name and its format; raises InvalidValue where the kind has no such format."""
    file_name = os.path.basename(name or data)  # noqa: PTH119
    form = ending_of(file_name)
    if formats and form not in formats:
        raise InvalidValue(f"`{file_name:.80}` has no ending of a {kind}", hint=f"one of {', '.join(formats)}")
    return file_name, form or "bin"


def held(data: Any) -> Any:
    """Return a path's bytes, or the file opened where it is large; anything else as it is.

    Raises:
        InvalidValue: the file is gone, or may not be read.
    """
    if not isinstance(data, str):
        return data
    try:
        file = open(data, "rb")  # noqa: PTH123, SIM115 - whoever stores it closes it
    except OSError as error:
        raise InvalidValue(f"`{data:.120}` cannot be read: {error.strerror or error}") from None
    if os.fstat(file.fileno()).st_size > HELD_BYTES:
        return file
    with file:
        return file.read()


def read_text(path: str | os.PathLike[str]) -> str:
    """Return a file's text; raises InvalidValue."""
    with open(existing(path), encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        return file.read()
