"""Media, read back: what a run has shown, by key and step, as bytes, arrays, frames or in a notebook.

Invariant: bytes are handed out only when their hash is right; HTML that a run logged is shown in a frame that can do nothing to the page.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from eventide.errors import EventideError, InvalidSetting, StoreDamaged
from eventide.model import FileQuery
from eventide.objects.manifest import Entry
from eventide.table import transfer

if TYPE_CHECKING:
    import os

    from eventide.model import FileInfo
    from eventide.source import Source

_SHOWN_BYTES = 16 * 1024 * 1024
"""Larger media are named in a notebook, not shown."""
_SHOWN_ROWS = 50


@dataclass(frozen=True)
class Medium:
    """One medium of a run."""

    source: Source = field(repr=False, compare=False)
    run_id: str
    key: str
    step: int | None
    index: int
    """Counts the media of one key at one step."""
    type: str
    """`image`, `audio`, `video`, `text`, `table`, `histogram`, `figure`, `html`, `graph`, `molecule`, `object3d` or `file`."""
    format: str
    mime: str
    caption: str
    size_bytes: int
    sha256: str
    logged: datetime
    """When, UTC."""
    record: dict[str, Any] = field(default_factory=dict, repr=False)
    """All that was recorded: width, height, boxes, masks, sample_rate_hz, rows, ..."""

    @property
    def file_name(self) -> str:
        """A name for a file of its own: key, step and number, with the format's ending."""
        stem = "".join(char if char.isalnum() or char in "-_." else "_" for char in self.key).strip(".") or "media"
        step = "" if self.step is None else f"-{self.step}"
        return f"{stem[:100]}{step}{f'-{self.index}' if self.index else ''}.{self.format}"

    def read(self) -> bytes:
        """Return its bytes; raises ObjectNotFound, or StoreDamaged when they are not those that were logged."""
        return _read(self.source, self.sha256, self.key)

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write it to a file, or into a folder under a name of its own (default: here), and return the path."""
        target = Path(path) if path is not None else Path(self.file_name)
        if target.is_dir():
            target /= self.file_name
        transfer.fetch(self.source, Entry(self.sha256, self.size_bytes), target.name, target.parent, lambda _: None)
        return target

    def array(self) -> Any:
        """Return a picture as a NumPy array: the numbers that were logged where they were kept, else the pixels."""
        import numpy as np  # noqa: PLC0415

        numbers = self.record.get("array")
        if isinstance(numbers, dict):
            return np.load(io.BytesIO(_read(self.source, str(numbers["sha256"]), self.key)), allow_pickle=False)
        if self.type not in ("image", "figure") or self.format in ("svg", "plotly.json"):
            raise InvalidSetting(f"`{self.key:.60}` is a {self.type} ({self.format}), not a picture of pixels")
        return np.asarray(self.image())

    def image(self) -> Any:
        """Return a picture as an image of Pillow."""
        from PIL import Image  # noqa: PLC0415 - only for pictures

        try:
            return Image.open(io.BytesIO(self.read()))
        except OSError as error:
            raise EventideError(f"`{self.key:.60}` cannot be read as a picture: {error!s:.120}") from error

    def frame(self) -> Any:
        """Return a table, all of its rows, as a frame of pandas."""
        import pandas as pd  # noqa: PLC0415

        whole = self.record.get("whole")
        data = _read(self.source, str(whole["sha256"]), self.key) if isinstance(whole, dict) else self.read()
        content = orjson.loads(data)
        return pd.DataFrame(content["rows"], columns=content["columns"])

    def data(self) -> Any:
        """Return a table, histogram, graph or Plotly figure as plain data, and a text as a str; anything else as bytes."""
        if self.mime.endswith("json"):
            return orjson.loads(self.read())
        return self.read().decode("utf-8", "replace") if self.mime.startswith("text/") else self.read()

    def to_html(self) -> str:
        """Return it as a piece of HTML that needs nothing else."""
        title = html.escape(f"{self.key} · step {self.step}" + (f" · {self.caption}" if self.caption else ""))
        return f"<figure><figcaption>{title}</figcaption>{self._body()}</figure>"

    def _body(self) -> str:  # noqa: PLR0911 - one return per kind reads best
        if self.size_bytes > _SHOWN_BYTES:
            return f"<p>{html.escape(self.file_name)}, {self.size_bytes} bytes</p>"
        if self.mime.startswith("image/"):
            return f'<img style="max-width:100%" src="{self._inline()}">'
        if self.type in ("audio", "video"):
            return f'<{self.type} controls src="{self._inline()}"></{self.type}>'
        if self.type == "html":
            return f'<iframe sandbox="" style="width:100%;height:24em" srcdoc="{html.escape(self.data())}"></iframe>'
        if self.type == "graph":
            from eventide.table.drawing import svg_of_graph  # noqa: PLC0415

            return svg_of_graph(self.data())
        if self.type == "table":
            return str(self.frame().head(_SHOWN_ROWS).to_html(index=False))
        if self.type == "text":
            return f"<pre>{html.escape(self.data())}</pre>"
        if self.type == "histogram":
            from eventide.table.drawing import svg_of_histogram  # noqa: PLC0415

            content = self.data()
            return svg_of_histogram(content["edges"], content["counts"])
        return f"<p>{html.escape(self.file_name)}, {self.size_bytes} bytes</p>"

    def _inline(self) -> str:
        return f"data:{self.mime};base64,{base64.b64encode(self.read()).decode()}"

    def _repr_html_(self) -> str:
        return self.to_html()


def media_of(
    source: Source, *, run_ids: tuple[str, ...] | None = None, project: str | None = None, key: str | None = None
) -> list[Medium]:
    """Return the media of runs in the order of time."""
    query = FileQuery(run_ids=run_ids, project=project, kinds=("media",), name=key)
    return [_medium(source, info) for info in source.files(query)]


def _medium(source: Source, info: FileInfo) -> Medium:
    record = info.record
    return Medium(
        source=source,
        run_id=info.run_id,
        key=info.name,
        step=info.step,
        index=int(record.get("index") or 0),
        type=str(record.get("type") or "file"),
        format=info.format,
        mime=str(record.get("mime") or "application/octet-stream"),
        caption=str(record.get("caption") or ""),
        size_bytes=info.size_bytes,
        sha256=info.sha256,
        logged=datetime.fromtimestamp(info.ts, tz=UTC),
        record=record,
    )


def _read(source: Source, sha256: str, key: str) -> bytes:
    data = b"".join(transfer.blocks(source, sha256))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreDamaged(f"the bytes of `{key:.60}` have changed on the disk")
    return data
