"""Read the YAML that Hydra leaves, as plain data, within bounds.

The parser is libyaml's; values are what `yaml.safe_load` makes of them. Nothing is instantiated and nothing is resolved: `_target_`,
`${oc.env:HOME}` and `???` stay text, and a tag that names a Python object is dropped, with its plain content kept.
Invariant: time and memory are bounded by the limits below, whatever the file says; aliases count as what they stand for.
"""

from __future__ import annotations

import functools
from typing import Any

from eventide._optional import require
from eventide.errors import InvalidValue

MAX_BYTES = 4 * 1024 * 1024
"""Files larger than this are refused unread."""
MAX_NODES = 200_000
"""Values in one document, with every alias counted as all it stands for."""
MAX_DEPTH = 64
MAX_NUMBER_CHARS = 4096
"""A longer number or time is refused: making it can take time that grows with the square of its length."""
_MEMO_CHARS = 64
_MEMO_ENTRIES = 65_536
_STANDARD = "tag:yaml.org,2002:"
_ODD_COLLECTIONS = frozenset({f"{_STANDARD}{name}" for name in ("set", "omap", "pairs")})
_PLAIN_TAGS = frozenset({f"{_STANDARD}{name}" for name in ("map", "seq", "str")})


class _NeedsWholeTree(Exception):
    """The document uses what only PyYAML's own constructor gets right: merge keys, sets, binary values."""


def read_yaml(data: bytes) -> Any:
    """Return the one document in `data` as dicts, lists and scalars; None when there is none.

    Raises:
        InvalidValue: not UTF-8 or UTF-16, no YAML, several documents, or beyond a limit; the message says which and where.
    """
    if len(data) > MAX_BYTES:
        raise InvalidValue(f"{len(data)} bytes of YAML; at most {MAX_BYTES} are read")
    yaml = require("yaml", "hydra")
    try:
        return _Builder(_toolbox()).build(yaml, data)
    except _NeedsWholeTree:  # the events have been counted: it is within the bounds
        return _load_whole(yaml, data)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidValue(" ".join(str(error).split())[:300]) from error


def flatten(tree: dict[Any, Any], separator: str = "/") -> dict[str, Any]:
    """Return the leaves of nested dicts under their joined keys; lists and empty dicts are leaves."""
    flat: dict[str, Any] = {}
    _flatten(tree, "", separator, flat)
    return flat


def _flatten(tree: dict[Any, Any], prefix: str, separator: str, flat: dict[str, Any]) -> None:
    for key, value in tree.items():
        path = prefix + (key if type(key) is str else str(key))
        if type(value) is dict and value:
            _flatten(value, path + separator, separator, flat)
        else:
            flat[path] = value


class _Toolbox:
    """PyYAML's rules for scalars, made once."""

    def __init__(self) -> None:
        yaml = require("yaml", "hydra")
        self.parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a PyYAML without libyaml is slow, not wrong
        self._node = yaml.ScalarNode
        self._rules = yaml.SafeLoader("")
        self.memo: dict[str, Any] = {}

    def scalar(self, text: str) -> Any:
        """Return what an untagged plain scalar means; times are few, so the texts of a sweep are looked up."""
        tag = self._rules.resolve(self._node, text, (True, False))
        if tag == f"{_STANDARD}str":
            return text
        if tag in (f"{_STANDARD}merge", f"{_STANDARD}value"):
            raise _NeedsWholeTree
        return self._made(tag, text)

    def _made(self, tag: str, text: str) -> Any:
        if len(text) > MAX_NUMBER_CHARS:
            raise InvalidValue(f"a number of {len(text)} characters; at most {MAX_NUMBER_CHARS} are read")
        return self._rules.construct_object(self._node(tag, text))

    def tagged(self, tag: str, text: str) -> Any:
        """Return a scalar with a tag of YAML's own; any other tag leaves its text."""
        if tag == "!":
            return text
        if not tag.startswith(_STANDARD) or tag not in self._rules.yaml_constructors:
            return text
        if tag == f"{_STANDARD}binary":
            raise _NeedsWholeTree
        return self._made(tag, text)


@functools.cache
def _toolbox() -> _Toolbox:
    return _Toolbox()


class _Builder:
    """Makes plain data from parser events; every collection knows how many values it stands for."""

    def __init__(self, tools: _Toolbox) -> None:
        self._tools = tools
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open: list[_Open] = []
        self._nodes = self._documents = 0
        self._needs_whole = False
        self._document: Any = None

    def build(self, yaml: Any, data: bytes) -> Any:
        """Return the document; raises InvalidValue beyond a limit."""
        handlers = {
            yaml.ScalarEvent: self._on_scalar,
            yaml.AliasEvent: self._on_alias,
            yaml.MappingStartEvent: self._on_start,
            yaml.SequenceStartEvent: self._on_start,
            yaml.MappingEndEvent: self._on_end,
            yaml.SequenceEndEvent: self._on_end,
            yaml.DocumentStartEvent: self._on_document,
        }
        for event in yaml.parse(data, Loader=self._tools.parser):
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
        if self._needs_whole:
            raise _NeedsWholeTree
        return self._document

    def _on_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise InvalidValue(f"a second document begins in line {event.start_mark.line + 1}; there must be one")

    def _on_scalar(self, event: Any) -> None:
        self._count(1, event)
        try:
            value = self._scalar(event)
        except _NeedsWholeTree:
            self._needs_whole, value = True, event.value
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._add(value, 1, event)

    def _on_alias(self, event: Any) -> None:
        try:
            value, size = self._anchors[event.anchor]
        except KeyError:
            raise InvalidValue(
                f"the alias `{event.anchor:.60}` stands for nothing, or for what it is inside of,"
                f" line {event.start_mark.line + 1}"
            ) from None
        self._count(size, event)
        self._add(value, size, event)

    def _on_start(self, event: Any) -> None:
        self._count(1, event)
        self._needs_whole = self._needs_whole or event.tag in _ODD_COLLECTIONS
        self._open.append(_Open(is_map=type(event).__name__ == "MappingStartEvent", anchor=event.anchor, tag=event.tag))
        if len(self._open) > MAX_DEPTH:
            raise InvalidValue(f"nested deeper than {MAX_DEPTH} levels, line {event.start_mark.line + 1}")

    def _on_end(self, event: Any) -> None:
        done = self._open.pop()
        value = done.finish()
        if done.anchor:
            self._anchors[done.anchor] = (value, done.size)
        self._add(value, done.size, event)

    def _add(self, value: Any, size: int, event: Any) -> None:
        if self._open:
            self._open[-1].add(value, size, event)
        else:
            self._document = value

    def _count(self, size: int, event: Any) -> None:
        self._nodes += size
        if self._nodes > MAX_NODES:
            raise InvalidValue(
                f"more than {MAX_NODES} values, aliases counted in full, line {event.start_mark.line + 1}"
            )

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if not event.implicit[0] or event.tag is not None:
            return text if event.tag is None or event.tag in _PLAIN_TAGS else self._tools.tagged(event.tag, text)
        memo = self._tools.memo
        try:
            return memo[text]
        except KeyError:
            value = self._tools.scalar(text)
            if len(text) <= _MEMO_CHARS and len(memo) < _MEMO_ENTRIES:
                memo[text] = value
            return value


class _Open:
    """A collection whose end has not come yet."""

    __slots__ = ("_is_key", "_key", "_values", "anchor", "is_map", "size", "tag")

    def __init__(self, *, is_map: bool, anchor: str | None, tag: str | None) -> None:
        self.is_map = is_map
        self.anchor = anchor
        self.tag = tag
        self.size = 1
        self._values: Any = {} if is_map else []
        self._is_key = True
        self._key: Any = None

    def add(self, value: Any, size: int, event: Any) -> None:
        """Take the next value in; keys and values of a mapping come in turns."""
        self.size += size
        if not self.is_map:
            self._values.append(value)
        elif self._is_key:
            try:
                hash(value)
            except TypeError:
                raise InvalidValue(
                    f"a {type(value).__name__} cannot be a key, line {event.start_mark.line + 1}"
                ) from None
            self._key, self._is_key = value, False
        else:
            self._values[self._key] = value
            self._is_key = True

    def finish(self) -> Any:
        """Return the collection; a pickled path, which OmegaConf writes so, as its text."""
        if not self.is_map and self.tag and self.tag.startswith(f"{_STANDARD}python/object/apply:pathlib."):
            parts = [str(part) for part in self._values]
            return "/".join(part.rstrip("/") if place < len(parts) - 1 else part for place, part in enumerate(parts))
        return self._values


def _load_whole(yaml: Any, data: bytes) -> Any:
    """Return the document as PyYAML's safe constructor makes it, tags it does not know dropped."""
    toolbox = _toolbox()

    class Loader(toolbox.parser):  # type: ignore[name-defined,misc]
        pass

    def untagged(loader: Any, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return node.value

    Loader.add_constructor(None, untagged)
    try:
        return yaml.load(data, Loader=Loader)  # a subclass of the safe loader that constructs nothing more
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidValue(" ".join(str(error).split())[:300]) from error
