"""Trees of values that record every change: a run's config, and its flat cousins summary and tags.

Invariant: what has been assigned through these objects is in the journal under its full path before the assignment returns, and reading
gives back what was assigned. Lists come back as they were given; changing one in place is not noticed, assigning it again is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping, MutableSet
from typing import Any

from eventide.errors import InvalidValue

Path = tuple[str, ...]
Recorder = Callable[[Path, Any], None]
"""Called with the full path and the new value, or GONE, before the tree changes."""


class _Gone:
    """Marks a deleted value; there is one, `GONE`."""

    def __repr__(self) -> str:
        return "GONE"


GONE = _Gone()


class Config(MutableMapping[str, Any]):
    """A tree of values with attribute and item access; nested dicts are Configs too.

    `config.optim.lr = 0.1`, `config["optim"]["lr"]` and `config["optim.lr"]` mean the same leaf, unless a key with that dot exists.
    """

    __slots__ = ("_data", "_path", "_record")

    def __init__(self, record: Recorder, path: Path = (), data: dict[str, Any] | None = None) -> None:
        object.__setattr__(self, "_record", record)
        object.__setattr__(self, "_path", path)
        object.__setattr__(self, "_data", {} if data is None else data)

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def __getitem__(self, key: str) -> Any:
        data = self._data
        if key in data:
            return self._wrap(key, data[key])
        if "." in key:
            head, _, rest = key.partition(".")
            if isinstance(data.get(head), dict):
                return self._wrap(head, data[head])[rest]
        raise KeyError(key)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the config has no `{'.'.join((*self._path, name))}`") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __contains__(self, key: object) -> bool:
        try:
            self[key]  # type: ignore[index]
        except (KeyError, TypeError):
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return bool(self._data == (other._data if isinstance(other, Config) else other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Config({self._data!r})"

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(key for key in self._data if key.isidentifier())]

    def to_dict(self) -> dict[str, Any]:
        """Return a copy of the tree as plain dicts."""
        return {key: _copy(value) for key, value in self._data.items()}

    def _wrap(self, key: str, value: Any) -> Any:
        return Config(self._record, (*self._path, key), value) if type(value) is dict and _is_tree(value) else value

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, str) or not key:
            raise InvalidValue(f"the config key `{key!r:.60}` is not a non-empty text")
        plain = plain_tree(value)
        if key not in self._data and "." in key:
            head, _, rest = key.partition(".")
            if head and rest and isinstance(self._data.get(head), dict):
                self[head][rest] = plain
                return
        self._record((*self._path, key), plain)
        self._data[key] = plain

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delitem__(self, key: str) -> None:
        if key not in self._data and "." in key:
            head, _, rest = key.partition(".")
            if isinstance(self._data.get(head), dict):
                del self[head][rest]
                return
        if key not in self._data:
            raise KeyError(key)
        self._record((*self._path, key), GONE)
        del self._data[key]

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(f"the config has no `{name}`") from None

    def update(self, other: Any = (), /, **more: Any) -> None:
        """Take over a dict, Namespace, dataclass, pydantic model, OmegaConf tree or pairs; nested trees are merged, leaves replaced."""
        tree = as_tree(other) if not isinstance(other, (list, tuple)) else plain_tree(dict(other))
        tree = {**tree, **{key: plain_tree(value) for key, value in more.items()}}
        if not self._data and _is_tree(tree):  # the common case, init(config=...): one record instead of one per leaf
            if tree:
                self._record(self._path, tree)
                self._data.update(tree)
            return
        for key, value in tree.items():
            mine = self._data.get(key)
            if type(mine) is dict and type(value) is dict and value and _is_tree(value) and _is_tree(mine):
                self[key].update(value)
            else:
                self[key] = value


class Summary(MutableMapping[str, Any]):
    """Flat values with attribute and item access, each recorded as it is assigned."""

    __slots__ = ("_data", "_record")

    def __init__(self, record: Callable[[str, Any], None]) -> None:
        object.__setattr__(self, "_record", record)
        object.__setattr__(self, "_data", {})

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._data[name]
        except KeyError:
            raise AttributeError(f"the summary has no `{name}`; it holds what was assigned here") from None

    def __setitem__(self, key: str, value: Any) -> None:
        self._record(key, value)
        self._data[key] = value

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delitem__(self, key: str) -> None:
        if key not in self._data:
            raise KeyError(key)
        self._record(key, GONE)
        del self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"Summary({self._data!r})"


class Tags(MutableSet[str]):
    """The tags of a run: a set whose changes are recorded. Sorted when listed."""

    __slots__ = ("_record", "_tags")

    def __init__(self, record: Callable[[str, bool], None], tags: tuple[str, ...] = ()) -> None:
        self._record = record
        self._tags = set(tags)

    def add(self, value: str) -> None:
        """Add a tag."""
        if value not in self._tags:
            self._record(value, True)
            self._tags.add(value)

    def discard(self, value: str) -> None:
        """Take a tag away; nothing happens when it is not there."""
        self._record(value, False)
        self._tags.discard(value)

    def __contains__(self, value: object) -> bool:
        return value in self._tags

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._tags))

    def __len__(self) -> int:
        return len(self._tags)

    def __repr__(self) -> str:
        return f"Tags({sorted(self._tags)!r})"


def as_tree(value: Any) -> dict[str, Any]:
    """Return a config given as dict, Namespace, dataclass, pydantic model, OmegaConf tree or plain object, as plain dicts.

    Raises:
        InvalidValue: it has no named parts, or a key is not a non-empty text.
    """
    plain = plain_tree(value)
    if not isinstance(plain, dict) and hasattr(value, "__dict__") and not isinstance(value, type):
        plain = plain_tree(vars(value))
    if not isinstance(plain, dict):
        raise InvalidValue(
            f"a config cannot be made of a {type(value).__name__}",
            hint="config={'lr': 0.1}, or a Namespace, dataclass or mapping",
        )
    for key in plain:
        if not isinstance(key, str) or not key:
            raise InvalidValue(
                f"the config key `{key!r:.60}` is not a non-empty text", hint="config={str(key): value, ...}"
            )
    return plain


def plain_tree(value: Any, depth: int = 0) -> Any:
    """Return `value` with every mapping-like thing in it as a plain dict, and lists and tuples copied; leaves stay as they are."""
    kind = type(value)
    if kind in (str, int, float, bool, type(None)):
        return value
    if depth > 64:
        raise InvalidValue("a config is nested deeper than 64 levels, or contains itself")
    if kind.__module__.partition(".")[0] == "omegaconf":
        value = sys.modules["omegaconf"].OmegaConf.to_container(value, resolve=True)
        kind = type(value)
    if kind is Config:
        return value.to_dict()
    if isinstance(value, Mapping):
        return {_key(key): plain_tree(item, depth + 1) for key, item in value.items()}
    if kind is list:
        return [plain_tree(item, depth + 1) for item in value]
    if kind is tuple:
        return tuple(plain_tree(item, depth + 1) for item in value)
    parts = named_parts(value)
    return value if parts is None else plain_tree(parts, depth)


def named_parts(value: Any) -> dict[str, Any] | None:
    """Return the fields of a dataclass, pydantic model, named tuple or argparse Namespace; None for anything else."""
    kind = type(value)
    if kind is type:
        return None
    if hasattr(kind, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in kind.__dataclass_fields__ if hasattr(value, name)}
    if hasattr(kind, "model_fields") and hasattr(kind, "model_dump"):
        return {name: getattr(value, name) for name in kind.model_fields}
    if hasattr(kind, "_fields") and hasattr(kind, "_asdict"):
        return dict(value._asdict())
    if hasattr(kind, "_get_kwargs") and kind.__module__ == "argparse":
        return dict(vars(value))
    return None


def _key(key: Any) -> Any:
    return str(key) if type(key) is not str and isinstance(key, str) else key


def _is_tree(value: dict[Any, Any]) -> bool:
    """Tell whether a dict can be a branch; one with other keys than texts is a leaf that keeps them."""
    return all(type(key) is str and key for key in value)


def _copy(value: Any) -> Any:
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    return list(value) if type(value) is list else value
