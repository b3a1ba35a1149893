"""Sound: samples to WAV, and files as they are.

Invariant: samples of 16 bits are kept exactly; floats are rounded to 16 bits, what is beyond -1..1 is cut off and counted.
"""

from __future__ import annotations

import io
import os
import wave
from importlib import import_module
from typing import TYPE_CHECKING, Any

from eventide.errors import InvalidValue
from eventide.sdk.media import files, images

if TYPE_CHECKING:
    from eventide.sdk.media.kinds import Audio, Encoded


def checked(data: Any, rate: Any) -> tuple[Any, int | None]:
    """Return samples (N x channels) with their rate, or a path or bytes; raises InvalidValue."""
    if rate is not None and (isinstance(rate, bool) or not hasattr(rate, "__index__") or not 1 <= int(rate) < 2**31):
        raise InvalidValue(f"the sample rate is `{rate!r:.20}`; it is a whole number of samples a second", hint="44100")
    rate = None if rate is None else int(rate)
    if isinstance(data, (str, os.PathLike)):
        return files.existing(data), rate
    if isinstance(data, (bytes, bytearray, memoryview)):
        return files.checked(data, "sound"), rate
    array = images.array_of(data, "sound")
    if array.ndim not in (1, 2) or array.dtype.kind == "b":
        raise InvalidValue(
            f"samples of shape {array.shape} and type {array.dtype} are no sound", hint="N, or N x channels"
        )
    if rate is None:
        raise InvalidValue("samples need their rate", hint="eventide.Audio(samples, sample_rate_hz=16000)")
    if array.ndim == 2 and array.shape[1] > array.shape[0]:
        array = array.T  # channels first, as torchaudio has them
    if array.ndim == 2 and array.shape[1] > 32:
        raise InvalidValue(f"{array.shape[1]} channels are no sound", hint="samples are N, or N x channels")
    return array, rate


def encode(audio: Audio) -> Encoded:
    """Return the bytes of a sound, and how long it is."""
    from eventide.sdk.media.kinds import Encoded  # noqa: PLC0415 - the classes load this module when they need it

    data = audio.data
    if not hasattr(data, "dtype"):
        form, facts = _inspect(data)
        return Encoded(data, form, files.mime_of(form), facts)
    samples, facts = _samples(data)
    rate = audio.sample_rate_hz or 1
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(samples.dtype.itemsize)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    facts = {"sample_rate_hz": rate, "channels": channels, "duration_s": round(samples.shape[0] / rate, 6), **facts}
    return Encoded(file.getvalue(), "wav", "audio/wav", facts)


def _samples(array: Any) -> tuple[Any, dict[str, Any]]:
    """Return samples as little-endian integers, and what could not be kept of them."""
    numpy = import_module("numpy")
    if array.dtype.kind == "f":
        finite = numpy.isfinite(array)
        bad = int(array.size - numpy.count_nonzero(finite))
        values = numpy.nan_to_num(array, nan=0.0, posinf=1.0, neginf=-1.0)
        beyond = int(numpy.count_nonzero(numpy.abs(values) > 1.0))
        samples = numpy.rint(numpy.clip(values, -1.0, 1.0) * 32767).astype("<i2")
        counts = {"nonfinite": bad, "clipped": beyond}
        return samples, {name: count for name, count in counts.items() if count}
    if array.dtype == numpy.uint8 or array.dtype.itemsize == 2:
        return array.astype(array.dtype.newbyteorder("<")) if array.dtype.kind == "i" else _unsigned(array), {}
    return numpy.clip(array, -(2**31), 2**31 - 1).astype("<i4"), {}


def _unsigned(array: Any) -> Any:
    numpy = import_module("numpy")
    return array if array.dtype == numpy.uint8 else (array.astype("i4") - 32768).astype("<i2")


def _inspect(data: Any) -> tuple[str, dict[str, Any]]:
    """Return format and length of an encoded sound, by `wave` or by soundfile where it is installed."""
    form = files.ending_of(str(getattr(data, "name", ""))) or _format_of(data)
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    try:
        if form == "wav":
            with wave.open(source, "rb") as sound:
                rate, frames = sound.getframerate(), sound.getnframes()
                channels = sound.getnchannels()
        else:
            facts = import_module("soundfile").info(source)
            rate, frames, channels = facts.samplerate, facts.frames, facts.channels
    except ImportError:
        return form, {}
    except Exception:  # noqa: BLE001 - foreign code on foreign bytes
        return form, {"unreadable": True}
    finally:
        source.seek(0)
    return form, {"sample_rate_hz": rate, "channels": channels, "duration_s": round(frames / max(rate, 1), 6)}


def _format_of(data: Any) -> str:
    head = data[:12] if isinstance(data, bytes) else b""
    known = {b"RIFF": "wav", b"fLaC": "flac", b"OggS": "ogg", b"ID3\x03": "mp3", b"ID3\x04": "mp3"}
    return known.get(head[:4], "mp3" if head[:2] in (b"\xff\xfb", b"\xff\xf3") else "bin")
