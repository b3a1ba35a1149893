"""The classes a script wraps its media in; each says what it takes and checks it when it is made.

Invariant: what cannot be encoded because the caller gave the wrong thing raises here, in the caller's line; what is left for later
can only fail by the environment.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self

from eventide.errors import InvalidValue
from eventide.sdk.values import type_name

Put = Callable[[bytes], str]
"""Stores bytes and returns their SHA-256."""


class Encoded(NamedTuple):
    """A medium as it is kept."""

    data: Any
    """The bytes, or a file opened for reading."""
    format: str
    mime: str
    fields: dict[str, Any]
    """What the record says beyond the common fields."""


class Media:
    """What all kinds of media have in common.

    Attributes:
        type: the kind, as records name it.
        caption: a line of text shown with it.
    """

    type: ClassVar[str] = ""
    caption: str

    def __init__(self, caption: str) -> None:
        if not isinstance(caption, str):
            raise InvalidValue(f"a caption is a text, not a {type_name(caption)}", hint=f"caption={str(caption)!r:.40}")
        self.caption = caption

    def held(self) -> Self:
        """Return a copy that the caller's later changes do not reach; called in the thread that logs."""
        return copy.copy(self)

    @property
    def held_bytes(self) -> int:
        """About how much memory it holds until it is encoded."""
        return 0

    def encode(self, put: Put) -> Encoded:
        """Return the bytes to keep; further objects it needs (masks) go through `put`."""
        raise NotImplementedError

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what would be kept to a file."""
        data = self.held().encode(lambda _: "").data
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(data if isinstance(data, bytes) else data.read())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({f'caption={self.caption!r}' if self.caption else ''})"


class Image(Media):
    """A picture, with boxes and masks if there are any.

    Args:
        data: an array H x W, H x W x 1, 3 or 4, or 1, 3 or 4 x H x W; a tensor of torch, jax or tensorflow; a Pillow image; encoded
            bytes; or a path, whose bytes are kept as they are.
        caption: shown with it.
        channels: `first` or `last`, for arrays that can be read both ways; default first for torch, last for all others.
        range: the values shown black and white. Default: floats within 0..1 as 0..1, within -1..1 as -1..1, within 0..255 as
            0..255, anything else from its smallest to its largest; NaN is shown black and counted.
        boxes: `{"x", "y", "w", "h", "label", "score"}` each, in pixels from the top left; label and score may be left out.
        masks: label → array H x W, or a list of `{"data": array, "label": text}`; integers, one per class, or booleans.
        format: `png`, `jpeg` or `webp`, for what is not encoded yet.

    Raises:
        InvalidValue: the data is no picture; the message says what it is.
    """

    type = "image"

    def __init__(
        self,
        data: Any,
        caption: str = "",
        *,
        channels: Literal["first", "last"] | None = None,
        range: tuple[float, float] | None = None,  # noqa: A002 - as numpy names it
        boxes: Iterable[Mapping[str, Any]] = (),
        masks: Mapping[str, Any] | Iterable[Mapping[str, Any]] = (),
        format: Literal["png", "jpeg", "webp"] = "png",  # noqa: A002
    ) -> None:
        from eventide.sdk.media import images  # noqa: PLC0415 - only when there is a picture

        super().__init__(caption)
        self.data = images.checked(data, channels)
        self.range = images.checked_range(range)
        self.boxes = images.checked_boxes(boxes)
        self.masks = images.checked_masks(masks)
        self.format = images.checked_format(format)
        self.keep_array = False

    def held(self) -> Self:
        """Return a copy with pixels of its own."""
        from eventide.sdk.media import images  # noqa: PLC0415

        other = copy.copy(self)
        other.data = images.held(self.data)
        other.masks = [{**mask, "data": images.held(mask["data"])} for mask in self.masks]
        return other

    @property
    def held_bytes(self) -> int:
        """About how much memory the pixels take."""
        from eventide.sdk.media import images  # noqa: PLC0415

        return images.size_of(self.data)

    def encode(self, put: Put) -> Encoded:
        """Return it as PNG, JPEG or WebP."""
        from eventide.sdk.media import images  # noqa: PLC0415

        return images.encode(self, put)


class Audio(Media):
    """Sound.

    Args:
        data: samples, N or N x channels, floats in -1..1 or integers of 16 or 32 bits; or a path or bytes, kept as they are.
        sample_rate_hz: needed for samples.
        caption: shown with it.

    Raises:
        InvalidValue: the data is no sound, or its rate is missing.
    """

    type = "audio"

    def __init__(self, data: Any, sample_rate_hz: int | None = None, caption: str = "") -> None:
        from eventide.sdk.media import sounds  # noqa: PLC0415

        super().__init__(caption)
        self.data, self.sample_rate_hz = sounds.checked(data, sample_rate_hz)

    def held(self) -> Self:
        """Return a copy with samples of its own."""
        from eventide.sdk.media import images  # noqa: PLC0415

        other = copy.copy(self)
        other.data = images.held(self.data)
        return other

    @property
    def held_bytes(self) -> int:
        """About how much memory the samples take."""
        from eventide.sdk.media import images  # noqa: PLC0415

        return images.size_of(self.data)

    def encode(self, put: Put) -> Encoded:  # noqa: ARG002 - the same for all kinds
        """Return it as WAV, or the file it came as."""
        from eventide.sdk.media import sounds  # noqa: PLC0415

        return sounds.encode(self)


class Video(Media):
    """A film.

    Args:
        data: frames T x H x W x 1 or 3, or T x 1 or 3 x H x W, 8-bit or float as for `Image`; a list of frames; or a path or bytes,
            kept as they are.
        fps: frames per second.
        caption: shown with it.
        format: `mp4` or `webm` (PyAV, extra `media`), or `gif`.

    Raises:
        InvalidValue: the data is no film.
        MissingExtra: PyAV is not installed, and the format needs it.
    """

    type = "video"

    def __init__(
        self,
        data: Any,
        fps: float = 8,
        caption: str = "",
        *,
        format: Literal["mp4", "webm", "gif"] = "mp4",  # noqa: A002
    ) -> None:
        from eventide.sdk.media import films  # noqa: PLC0415

        super().__init__(caption)
        self.format = films.checked_format(format)
        self.data, self.fps = films.checked(data, fps, self.format)

    def held(self) -> Self:
        """Return a copy with frames of its own."""
        from eventide.sdk.media import images  # noqa: PLC0415

        other = copy.copy(self)
        other.data = images.held(self.data)
        return other

    @property
    def held_bytes(self) -> int:
        """About how much memory the frames take."""
        from eventide.sdk.media import images  # noqa: PLC0415

        return images.size_of(self.data)

    def encode(self, put: Put) -> Encoded:  # noqa: ARG002
        """Return it as MP4, WebM or GIF, or the file it came as."""
        from eventide.sdk.media import films  # noqa: PLC0415

        return films.encode(self)


class Text(Media):
    """A text that is shown, and found by its key and step, rather than a value of a row.

    Args:
        text: of any length.
        caption: shown with it.
        markdown: show it as Markdown.
    """

    type = "text"

    def __init__(self, text: str, caption: str = "", *, markdown: bool = False) -> None:
        super().__init__(caption)
        if not isinstance(text, str):
            raise InvalidValue(f"a text is a str, not a {type_name(text)}", hint="eventide.Text(str(value))")
        self.text = text
        self.markdown = markdown

    @property
    def held_bytes(self) -> int:
        """About how much memory it takes."""
        return len(self.text)

    def encode(self, put: Put) -> Encoded:  # noqa: ARG002
        """Return it as UTF-8; what is half of a surrogate pair becomes a question mark."""
        data = self.text.encode("utf-8", "replace")
        form, mime = ("md", "text/markdown") if self.markdown else ("txt", "text/plain")
        return Encoded(data, form, mime, {"characters": len(self.text)})


class Html(Media):
    """A piece of HTML, shown in a frame that can do nothing to the page around it.

    Args:
        html: the text; or a path of a file.
        caption: shown with it.
    """

    type = "html"

    def __init__(self, html: str | os.PathLike[str], caption: str = "") -> None:
        from eventide.sdk.media import files  # noqa: PLC0415

        super().__init__(caption)
        if isinstance(html, os.PathLike):
            html = files.read_text(html)
        if not isinstance(html, str):
            raise InvalidValue(f"HTML is a text, not a {type_name(html)}", hint='eventide.Html("<b>bold</b>")')
        self.html = html

    @property
    def held_bytes(self) -> int:
        """About how much memory it takes."""
        return len(self.html)

    def encode(self, put: Put) -> Encoded:  # noqa: ARG002
        """Return it as UTF-8."""
        return Encoded(self.html.encode("utf-8", "replace"), "html", "text/html", {})


class Table(Media):
    """Rows and columns.

    Args:
        data: a DataFrame of pandas or polars, a list of rows, a list of dicts, or a dict of columns; None for an empty one.
        columns: their names, needed for a list of rows.
        caption: shown with it.

    Raises:
        InvalidValue: the rows have different lengths, or are not rows.
    """

    type = "table"

    def __init__(self, data: Any = None, columns: Sequence[str] | None = None, caption: str = "") -> None:
        from eventide.sdk.media import tables  # noqa: PLC0415

        super().__init__(caption)
        self.data, self.columns = tables.checked(data, columns)

    def add(self, *row: Any) -> None:
        """Append one row, a value per column."""
        if isinstance(self.data, list) and len(row) == len(self.columns):
            self.data.append(list(row))
            return
        raise InvalidValue(f"{len(row)} values for {len(self.columns)} columns", hint=f"columns: {self.columns!s:.200}")

    def held(self) -> Self:
        """Return a copy with rows of its own."""
        from eventide.sdk.media import tables  # noqa: PLC0415

        other = copy.copy(self)
        other.data = tables.held(self.data)
        return other

    @property
    def held_bytes(self) -> int:
        """About how much memory it takes."""
        return 64 * len(self.columns) * len(self.data)

    def encode(self, put: Put) -> Encoded:
        """Return it as JSON: `{"columns": [...], "rows": [[...]]}`."""
        from eventide.sdk.media import tables  # noqa: PLC0415

        return tables.encode(self, put)


class Histogram(Media):
    """How values are spread.

    Args:
        values: any array or list of numbers; NaN and infinities are left out and counted.
        bins: how many, 1 to 4,096.
        caption: shown with it.
        edges, counts: a histogram that exists already, instead of `values`: one more edge than counts.

    Raises:
        InvalidValue: there are no numbers, or edges and counts do not fit.
    """

    type = "histogram"

    def __init__(
        self, values: Any = None, bins: int = 64, caption: str = "", *, edges: Any = None, counts: Any = None
    ) -> None:
        from eventide.sdk.media import tables  # noqa: PLC0415

        super().__init__(caption)
        self.bins = bins
        self.data, self.edges, self.counts = tables.checked_histogram(values, bins, edges, counts)

    def held(self) -> Self:
        """Return a copy with values of its own."""
        from eventide.sdk.media import images  # noqa: PLC0415

        other = copy.copy(self)
        other.data = images.held(self.data)
        return other

    @property
    def held_bytes(self) -> int:
        """About how much memory it takes."""
        from eventide.sdk.media import images  # noqa: PLC0415

        return images.size_of(self.data)

    def encode(self, put: Put) -> Encoded:  # noqa: ARG002
        """Return it as JSON: `{"edges": [...], "counts": [...]}`."""
        from eventide.sdk.media import tables  # noqa: PLC0415

        return tables.encode_histogram(self)


class Figure(Media):
    """A figure of Matplotlib (drawn when it is logged) or Plotly (kept as data).

    Args:
        figure: a figure, an axes of Matplotlib, or the `matplotlib.pyplot` module for its current figure.
        caption: shown with it.
        format: `png` or `svg`, for Matplotlib.
    """

    type = "figure"

    def __init__(self, figure: Any, caption: str = "", *, format: Literal["png", "svg"] = "png") -> None:  # noqa: A002
        from eventide.sdk.media import figures  # noqa: PLC0415

        super().__init__(caption)
        self.format = format
        self.data = figures.checked(figure, format)

    def held(self) -> Self:
        """Return a drawn copy: a figure belongs to one thread and is changed by the next plot."""
        from eventide.sdk.media import figures  # noqa: PLC0415

        other = copy.copy(self)
        other.data = figures.drawn(self.data, self.format)
        return other

    def encode(self, put: Put) -> Encoded:  # noqa: ARG002
        """Return it as PNG, SVG or Plotly's JSON."""
        return Encoded(*self.data)


class Graph(Media):
    """Nodes and edges: a model, a NetworkX graph, Graphviz text, or lists. Kept as data and shown as a drawing.

    Args:
        data: a `torch.nn.Module`; a NetworkX graph; text in Graphviz's DOT language; `{"nodes": [...], "edges": [...]}`; or a list of
            edges: pairs, triples with a label, or dicts with `source`, `target` and `label`.
        caption: shown with it.
        directed: whether edges have a direction; default what the data says, else True.

    Raises:
        InvalidValue: the data is no graph.
    """

    type = "graph"

    def __init__(self, data: Any, caption: str = "", *, directed: bool | None = None) -> None:
        from eventide.sdk.media import graphs  # noqa: PLC0415

        super().__init__(caption)
        self.data = graphs.as_data(data, directed)

    @property
    def held_bytes(self) -> int:
        """About how much memory it takes."""
        return 256 * (len(self.data["nodes"]) + len(self.data["edges"]))

    def encode(self, put: Put) -> Encoded:  # noqa: ARG002
        """Return it as JSON: `{"nodes": [...], "edges": [...], "directed": bool}`."""
        from eventide.sdk.media import graphs  # noqa: PLC0415

        return graphs.encode(self.data)


class File(Media):
    """Any file, kept as it is.

    Args:
        data: a path, or bytes.
        caption: shown with it.
        name: of the file, where it has none; its ending says the format.

    Raises:
        InvalidValue: there is no such file, or it is a folder.
    """

    type = "file"
    formats: ClassVar[tuple[str, ...]] = ()
    """The endings it may have; empty: any."""

    def __init__(self, data: str | os.PathLike[str] | bytes, caption: str = "", *, name: str = "") -> None:
        from eventide.sdk.media import files  # noqa: PLC0415

        super().__init__(caption)
        self.data = files.checked(data, name)
        self.file_name, self.format = files.named(self.data, name, self.formats, self.type)

    def held(self) -> Self:
        """Return a copy that holds the bytes, or a large file open."""
        from eventide.sdk.media import files  # noqa: PLC0415

        other = copy.copy(self)
        other.data = files.held(self.data)
        return other

    @property
    def held_bytes(self) -> int:
        """About how much memory it takes."""
        return len(self.data) if isinstance(self.data, bytes) else 0

    def encode(self, put: Put) -> Encoded:  # noqa: ARG002
        """Return it as it is."""
        from eventide.sdk.media import files  # noqa: PLC0415

        return Encoded(self.data, self.format, files.mime_of(self.format), {"file": self.file_name})


class Molecule(File):
    """A molecule as a file: `pdb`, `cif`, `mol`, `mol2`, `sdf`, `xyz`, `pqr`, `mmcif`, `gro` or `smi`."""

    type = "molecule"
    formats = ("pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol", "mol2", "xyz", "smi", "mmtf", "bcif")


class Object3D(File):
    """A body in three dimensions as a file: `glb`, `gltf`, `obj`, `stl`, `ply`, `usdz`, `babylon` or `pcd`."""

    type = "object3d"
    formats = ("glb", "gltf", "obj", "stl", "ply", "usdz", "babylon", "pcd", "off", "xyz", "las", "laz")
