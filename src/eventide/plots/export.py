"""Figures as files: one HTML page that needs no network, or a PNG or SVG.

Invariant: nothing is fetched. Pictures are drawn by a Chrome or Chromium of this machine (through kaleido); where there is none, the error
says so. A file is replaced whole or left as it was.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from eventide._optional import require
from eventide.errors import InvalidSetting, MissingExtra

FORMATS = (".html", ".png", ".svg")


def save(figure: Any, path: str | os.PathLike[str], *, width: int = 960, height: int = 540, scale: float = 2.0) -> Path:
    """Write a figure to `path` as its ending says: .html (self-contained), .png or .svg; return the path.

    Args:
        figure: a Plotly figure.
        path: where to.
        width: of a picture, in pixels.
        height: of a picture, in pixels.
        scale: pixels of a PNG per pixel of `width` and `height`.

    Raises:
        InvalidSetting: another ending.
        MissingExtra: kaleido, or a Chrome or Chromium for it, is not installed.
        OSError: the file cannot be written.
    """
    target = Path(path).expanduser()
    if target.suffix.lower() not in FORMATS:
        raise InvalidSetting(f"`{target.name}` is none of {', '.join(FORMATS)}", hint=f"{target.stem or 'figure'}.html")
    data = rendered(figure, target.suffix.lower()[1:], width=width, height=height, scale=scale)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target


def rendered(figure: Any, form: str, *, width: int = 960, height: int = 540, scale: float = 2.0) -> bytes:
    """Return a figure as the bytes of `html`, `png` or `svg`; raises MissingExtra."""
    if form == "html":
        text: str = figure.to_html(full_html=True, include_plotlyjs=True, config={"displaylogo": False})
        return text.encode()
    require("kaleido", "plots")
    try:
        picture: bytes = figure.to_image(format=form, width=width, height=height, scale=scale if form == "png" else 1)
    except RuntimeError as error:
        raise _no_browser(error) from error
    except Exception as error:
        if type(error).__module__.split(".")[0] in ("choreographer", "kaleido"):
            raise _no_browser(error) from error
        raise
    return picture


def _no_browser(error: Exception) -> MissingExtra:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return MissingExtra(
        f"a picture needs Chrome or Chromium on this machine: {reason}",
        hint="apt install chromium, or save it as .html",
    )
