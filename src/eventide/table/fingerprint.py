"""What a call is: a hash of a function's code and of the content of its arguments, the same in every process.

Code counts with everything it depends on in reach: constants, defaults, closures, functions and plain values of its module that it names.
Invariant: two calls with the same fingerprint do the same; when that cannot be promised, `Unfit` is raised.
"""

from __future__ import annotations

import functools
import hashlib
import types
from collections.abc import Callable
from typing import Any

from eventide.sdk.config import named_parts
from eventide.sdk.values import type_name

MAX_DEPTH = 64
_PLAIN = (str, int, float, complex, bool, bytes, type(None))


class UnfitError(Exception):
    """A value whose content cannot be told from its bytes; what it is part of cannot be cached. Never leaves this package."""


def call_key(func: Callable[..., Any], args: Any, kwargs: dict[str, Any], params: Any = None) -> str:
    """Return the fingerprint of a call, 64 hexadecimal digits; raises UnfitError."""
    digest = _Digest()
    digest.function(func)
    digest.value(_bound(func, args, kwargs))
    digest.value(params)
    return digest.hexdigest()


def _bound(func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Return the arguments by parameter, defaults included; as they were given where there is no signature."""
    import inspect  # noqa: PLC0415 - only calls that are cached

    try:
        bound = inspect.signature(func).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return tuple(args), kwargs
    bound.apply_defaults()
    return dict(bound.arguments)


class _Digest:
    """A running hash of values; what contains itself is met by the number it was first met with."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._met: dict[int, int] = {}
        self._kept: list[Any] = []
        self._depth = 0

    def hexdigest(self) -> str:
        return self._hash.hexdigest()

    def _add(self, kind: str, data: bytes | str = b"") -> None:
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        self._hash.update(f"{kind}:{len(raw)}:".encode())
        self._hash.update(raw)

    def value(self, value: Any) -> None:
        """Take in a value by its type and content."""
        kind = type(value)
        if kind in _PLAIN:
            self._add(kind.__name__, value if kind in (str, bytes) else repr(value))
            return
        if id(value) in self._met:
            self._add("again", str(self._met[id(value)]))
            return
        if self._depth > MAX_DEPTH:
            raise UnfitError
        self._met[id(value)] = len(self._met)
        self._kept.append(value)  # so that no other value gets its id meanwhile
        self._depth += 1
        try:
            self._compound(value, kind)
        finally:
            self._depth -= 1

    def _compound(self, value: Any, kind: type) -> None:
        if kind in (list, tuple):
            self._items(kind.__name__, value)
        elif kind is dict:
            self._items("dict", [part for pair in value.items() for part in pair])
        elif kind in (set, frozenset):
            self._add(kind.__name__, ",".join(sorted(self._alone(item) for item in value)))
        elif isinstance(value, types.FunctionType | types.MethodType | types.BuiltinFunctionType | functools.partial):
            self.function(value)
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, types.ModuleType):
            self._add("module", value.__name__)
        elif hasattr(value, "tobytes") and hasattr(value, "dtype") and not getattr(value.dtype, "hasobject", True):
            self._add("array", f"{type_name(value)} {value.dtype.str} {value.shape}")
            self._add("bytes", value.tobytes())
        elif (parts := named_parts(value)) is not None:
            self._add("object", type_name(value))
            self.value(parts)
        else:
            self._pickled(value)

    def _items(self, kind: str, items: Any) -> None:
        self._add(kind, str(len(items)))
        for item in items:
            self.value(item)

    @staticmethod
    def _alone(value: Any) -> str:
        digest = _Digest()
        digest.value(value)
        return digest.hexdigest()

    def _pickled(self, value: Any) -> None:
        import cloudpickle  # noqa: PLC0415 - only for objects that are nothing plainer

        if hasattr(value, "__next__") or hasattr(value, "send"):  # used up by reading
            raise UnfitError
        state = getattr(value, "__dict__", None)
        if state is not None and _is_plain(type(value)):
            self._add("object", type_name(value))
            self.value(dict(state))
            return
        try:
            self._add(f"pickle {type_name(value)}", cloudpickle.dumps(value, protocol=4))
        except Exception as error:
            raise UnfitError from error

    # ── code ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def function(self, func: Any) -> None:
        """Take in a function by its code, defaults, closure, and what it names in its module."""
        if isinstance(func, functools.partial):
            self._add("partial")
            self.function(func.func)
            self.value((func.args, func.keywords))
        elif isinstance(func, types.MethodType):
            self._add("method")
            self.function(func.__func__)
            self.value(func.__self__)
        elif isinstance(func, types.FunctionType):
            self._python(func)
        elif isinstance(func, types.BuiltinFunctionType):
            self._add("builtin", f"{func.__module__}.{func.__qualname__}")
            if func.__self__ is not None and not isinstance(func.__self__, types.ModuleType):
                self.value(func.__self__)
        elif isinstance(func, type):
            self._class(func)
        elif isinstance(vars(type(func)).get("__call__"), types.FunctionType):
            self._add("callable")
            self.function(vars(type(func))["__call__"])
            self.value(func)
        else:
            self._pickled(func)

    def _python(self, func: types.FunctionType) -> None:
        self._add("function", func.__qualname__)
        self._code(func.__code__)
        self.value(func.__defaults__)
        self.value(func.__kwdefaults__)
        for name, cell in zip(func.__code__.co_freevars, func.__closure__ or (), strict=True):
            self._add("free", name)
            try:
                self.value(cell.cell_contents)
            except ValueError:  # not assigned yet
                self._add("empty")
        for name in sorted(_names(func.__code__)):
            if name in func.__globals__:
                self._global(name, func.__globals__[name], func.__module__)

    def _global(self, name: str, value: Any, module: str) -> None:
        """Take in what a function names in its module: its own functions, classes and plain values by content, others by name."""
        self._add("global", name)
        if (
            isinstance(value, _PLAIN)
            or (isinstance(value, tuple | frozenset) and all(isinstance(v, _PLAIN) for v in value))
            or (isinstance(value, types.FunctionType | type) and value.__module__ == module)
        ):
            self.value(value)
        else:
            self._add("name", f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type_name(value))}")

    def _class(self, kind: type) -> None:
        self._add("class", f"{kind.__module__}.{kind.__qualname__}")
        for base in kind.__bases__:
            if base.__module__ == kind.__module__:
                self.value(base)
        for name, member in sorted(vars(kind).items()):
            if isinstance(member, _PLAIN) and not name.startswith("__"):
                self._add("member", name)
                self.value(member)
            member = getattr(member, "__func__", getattr(member, "fget", member))  # noqa: PLW2901 - what is behind it
            if isinstance(member, types.FunctionType) and member.__module__ == kind.__module__:
                self._add("member", name)
                self.value(member)

    def _code(self, code: types.CodeType) -> None:
        self._add("code", code.co_code)
        shape = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_argcount)
        self._add("names", repr((*shape, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)))
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self._code(constant)
            elif isinstance(constant, frozenset):
                self.value(constant)
            else:
                self._add("constant", f"{type(constant).__name__} {constant!r}")


def _is_plain(kind: Any) -> bool:
    """Tell whether objects of a class are nothing but their attributes."""
    plain = kind.__reduce_ex__ is object.__reduce_ex__ and kind.__reduce__ is object.__reduce__
    own_state = any("__getstate__" in vars(base) or "__slots__" in vars(base) for base in kind.__mro__[:-1])
    return bool(plain and not own_state)


def _names(code: types.CodeType) -> set[str]:
    """Return the global names that code and the code in it may use."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found
