"""The other end of RemoteSource: put a question that came over the wire to a Source, and return the answer's bytes.

Invariant: only the methods of the Source protocol can be called, with their own arguments and no other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide.client import wire
from eventide.errors import InvalidValue, NotFound
from eventide.model import Edit, FileQuery, RunQuery, SeriesQuery, SqlLimits

if TYPE_CHECKING:
    from eventide.source import Source


class Answer(NamedTuple):
    """What goes back."""

    media_type: str
    body: bytes


class _Method(NamedTuple):
    """How one method of the protocol is asked."""

    positional: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    writes: bool = False
    form: str = wire.JSON_TYPE
    dump: Callable[[Any], bytes] = wire.dump_answer


METHODS: dict[str, _Method] = {
    "info": _Method(),
    "projects": _Method(),
    "runs": _Method(("query",)),
    "run": _Method(("run_id",)),
    "resolve": _Method(("selector",), ("project",)),
    "keys": _Method((), ("project", "run_ids", "table")),
    "facets": _Method(("field", "query"), ("limit",)),
    "series": _Method(("query",), form=wire.CURVES_TYPE, dump=wire.dump_curves),
    "rows": _Method(("run_ids",), ("keys", "attempts"), form=wire.ARROW_TYPE, dump=wire.dump_table),
    "console": _Method(("run_id",), ("after", "limit")),
    "console_count": _Method(("run_id",)),
    "sql": _Method(("query", "params"), ("limits",), form=wire.ARROW_TYPE, dump=wire.dump_table),
    "changes": _Method(("cursor",)),
    "files": _Method(("query",)),
    "object_size": _Method(("sha256",)),
    "open_object": _Method(("sha256",), ("start", "stop"), form=wire.BYTES_TYPE, dump=bytes),
    "edit": _Method(("run_ids", "edit"), writes=True),
}
"""Every method of Source but `close`: a client cannot close the server's."""

_KINDS: dict[tuple[str, str], type[Any]] = {
    ("runs", "query"): RunQuery,
    ("facets", "query"): RunQuery,
    ("series", "query"): SeriesQuery,
    ("files", "query"): FileQuery,
    ("sql", "limits"): SqlLimits,
    ("edit", "edit"): Edit,
}


def writes(method: str) -> bool:
    """Tell whether a method changes something; raises NotFound when there is no such method."""
    return _method(method).writes


def _method(name: str) -> _Method:
    found = METHODS.get(name)
    if found is None:
        raise NotFound(f"`{name:.40}` is no question a source answers", hint=f"one of {', '.join(METHODS)}")
    return found


def answer(source: Source, method: str, question: bytes) -> Answer:
    """Return the answer of a source to a question as it came over the wire.

    Raises:
        NotFound: there is no such method.
        InvalidValue: the question is not what the method takes.
        EventideError: whatever the source raises.
    """
    how = _method(method)
    given = wire.load_question(question)
    unknown = given.keys() - {*how.positional, *how.named}
    missing = [name for name in how.positional if name not in given]
    if unknown or missing:
        what = f"does not take {', '.join(sorted(unknown))}" if unknown else f"needs {', '.join(missing)}"
        raise InvalidValue(f"the question `{method}` {what}")
    for name, value in given.items():
        kind = _KINDS.get((method, name))
        if kind is not None and value is not None:
            given[name] = wire.made(kind, value)
    first = [given.pop(name) for name in how.positional]
    try:
        said = getattr(source, method)(*first, **given)
    except (TypeError, AttributeError) as error:
        raise InvalidValue(f"the question `{method}` cannot be answered with these arguments: {error}") from error
    return Answer(how.form, how.dump(said))
