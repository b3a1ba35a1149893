"""Films: frames to MP4 or WebM through PyAV, to GIF through Pillow, and files as they are.

Invariant: frames are encoded one at a time; a film as a file is never decoded to be kept.
"""

from __future__ import annotations

import io
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from eventide._optional import require
from eventide.errors import InvalidValue
from eventide.sdk.media import files, images

if TYPE_CHECKING:
    from eventide.sdk.media.kinds import Encoded, Video

FORMATS = {"mp4": ("h264", "yuv420p"), "webm": ("libvpx-vp9", "yuv420p"), "gif": ("", "")}


def checked_format(form: str) -> str:
    """Return the format, or raise InvalidValue."""
    if form not in FORMATS:
        raise InvalidValue(f"films are not encoded as `{form!r:.20}`", hint=f"format= one of {', '.join(FORMATS)}")
    return form


def checked(data: Any, fps: Any, form: str) -> tuple[Any, float]:
    """Return frames as one array T x H x W x colours, or a path or bytes; raises InvalidValue or MissingExtra."""
    if isinstance(fps, bool) or not isinstance(fps, (int, float)) or not 0 < fps <= 1000:
        raise InvalidValue(f"fps is `{fps!r:.20}`; it is the number of frames a second", hint="fps=8")
    if isinstance(data, (str, os.PathLike)):
        return files.existing(data), float(fps)
    if isinstance(data, (bytes, bytearray, memoryview)):
        return files.checked(data, "film"), float(fps)
    if form != "gif":
        require("av", "media")
    numpy = import_module("numpy")
    if isinstance(data, (list, tuple)) and data:
        frames = [images.checked(frame) for frame in data]
        pixels = [frame.array if isinstance(frame, images.Pixels) else numpy.asarray(frame) for frame in frames]
        if len({frame.shape for frame in pixels}) > 1 or not all(frame.ndim in (2, 3) for frame in pixels):
            raise InvalidValue("the frames of a film all have one shape", hint="eventide.Video(path) keeps a file")
        return numpy.stack(pixels), float(fps)
    array = images.array_of(data, "a film")
    return _in_order(array, is_torch=hasattr(data, "detach")), float(fps)


def _in_order(array: Any, *, is_torch: bool) -> Any:
    """Return frames with their colours last."""
    if array.ndim == 3:
        return array
    if array.ndim == 4 and not (is_torch and array.shape[1] in (1, 3)) and array.shape[3] in (1, 3, 4):
        return array
    if array.ndim == 4 and array.shape[1] in (1, 3):
        return import_module("numpy").moveaxis(array, 1, 3)
    raise InvalidValue(f"an array of shape {array.shape} is no film", hint="T x H x W x 3, or T x 3 x H x W")


def encode(video: Video) -> Encoded:
    """Return the bytes of a film, and how long it is."""
    from eventide.sdk.media.kinds import Encoded  # noqa: PLC0415 - the classes load this module when they need it

    data = video.data
    if not hasattr(data, "dtype"):
        form = files.ending_of(str(getattr(data, "name", ""))) or _format_of(data)
        return Encoded(data, form, files.mime_of(form), {})
    frames, facts = images.to_bytes(data)
    frames = frames[..., 0] if frames.ndim == 4 and frames.shape[3] == 1 else frames
    frames = frames[..., :3] if frames.ndim == 4 else import_module("numpy").stack([frames] * 3, axis=-1)
    facts = {"width": frames.shape[2], "height": frames.shape[1], **facts}
    facts = {**facts, "fps": video.fps, "frames": frames.shape[0], "duration_s": round(frames.shape[0] / video.fps, 6)}
    body = _gif(frames, video.fps) if video.format == "gif" else _encoded(frames, video.fps, video.format)
    return Encoded(body, video.format, files.mime_of(video.format), facts)


def _gif(frames: Any, fps: float) -> bytes:
    module = import_module("PIL.Image")
    pictures = [module.fromarray(frame) for frame in frames]
    file = io.BytesIO()
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], duration=1000 / fps, loop=0)
    return file.getvalue()


def _encoded(frames: Any, fps: float, form: str) -> bytes:
    """Return frames as a film; odd sides get one more row or column, for the codecs take even ones only."""
    from fractions import Fraction  # noqa: PLC0415

    av = require("av", "media")
    numpy = import_module("numpy")
    odd = (frames.shape[1] % 2, frames.shape[2] % 2)
    codec, pixel_format = FORMATS[form]
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1000))
        stream.height, stream.width = frames.shape[1] + odd[0], frames.shape[2] + odd[1]
        stream.pix_fmt = pixel_format
        for each in frames:
            frame = numpy.pad(each, ((0, odd[0]), (0, odd[1]), (0, 0)), mode="edge") if any(odd) else each
            picture = av.VideoFrame.from_ndarray(numpy.ascontiguousarray(frame), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return file.getvalue()


def _format_of(data: Any) -> str:
    head = data[:16] if isinstance(data, bytes) else b""
    if head[4:8] == b"ftyp":
        return "mp4"
    return "webm" if head[:4] == b"\x1aE\xdf\xa3" else "gif" if head[:3] == b"GIF" else "bin"
