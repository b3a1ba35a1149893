"""Annotations: a few words at a step of a run, such as "learning rate halved".

Each is a `_file` record of kind `annotation` without an object: `{"kind": "annotation", "name": <id>, "step": 500, "text": "..."}`. A later
record with the same id replaces it; one without text takes it away. Invariant: an id is made once, and belongs to one run.
"""

from __future__ import annotations

import os
from typing import Any

from eventide.errors import InvalidValue

KIND = "annotation"
MAX_CHARS = 500


def annotation(text: str, step: int, id: str | None = None) -> dict[str, Any]:  # noqa: A002 - the name of what it is
    """Return the record of an annotation, with a new id unless one is given; an empty text takes that one away.

    Raises:
        InvalidValue: the text is empty or too long, or the step is no integer of 0 or more.
    """
    words = str(text).strip()
    if not words and id is None:
        raise InvalidValue("an annotation has a text", hint='run.annotate("learning rate halved")')
    if len(words) > MAX_CHARS:
        raise InvalidValue(f"an annotation has at most {MAX_CHARS} characters, this one has {len(words)}")
    if type(step) is not int or step < 0:
        raise InvalidValue(f"`{step!r:.40}` is no step to annotate: an integer of 0 or more")
    return {"kind": KIND, "name": id or os.urandom(4).hex(), "step": step, "text": words}
