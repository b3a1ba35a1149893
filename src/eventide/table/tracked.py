"""Calls as rows: a function's name, arguments, result, time, error, and what it used of the machine.

    function_name args kwargs error function_time      text, text, text, text, seconds
    function_result                                    the result; or the keys of the dict that was returned
    <parameter>_<field>                                fields of arguments that are dataclasses or Pydantic models
    cache                                              with a cache: "" when computed, else the run whose result it is
    cpu … bytes_recv                                   as asked for, see `sampler`

Invariant: the function's own result and error reach the caller unchanged; what cannot be stored is described, and never raises.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import reprlib
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from eventide.errors import EventideWarning, InvalidValue
from eventide.sdk.config import named_parts
from eventide.sdk.values import short_repr
from eventide.table.rowset import OWN

if TYPE_CHECKING:
    from eventide.table.cache import Cache
    from eventide.table.sampler import Usage

NAME, ARGS, KWARGS, ERROR, TIME, RESULT = (
    "function_name",
    "args",
    "kwargs",
    "error",
    "function_time",
    "function_result",
)
CACHE = "cache"
MAX_ARGUMENT_CHARS = 4000
MAX_FIELD_DEPTH = 10
_SMALL = (int, float, bool, type(None))

_repr = reprlib.Repr()
_repr.maxlist = _repr.maxtuple = _repr.maxdict = _repr.maxset = 100
_repr.maxstring = _repr.maxother = _repr.maxlong = 1000
_repr.maxlevel = 8

Log = Callable[[dict[str, Any]], Any]


class Calls:
    """Runs functions for a tracker, and logs each call with `log`."""

    def __init__(
        self,
        log: Log,
        track_id: str,
        *,
        measure: Callable[[], Usage] | None = None,
        cache: Cache | None = None,
        raise_on_error: bool = True,
    ) -> None:
        self._log = log
        self._track_id = track_id
        self._measure = measure
        self._cache = cache
        self._raises = raise_on_error

    def run(
        self,
        func: Callable[..., Any],
        args: Any,
        kwargs: dict[str, Any],
        params: Mapping[str, Any] | None,
        *,
        force: bool = False,
    ) -> Any:
        """Call a function, log the call, and return the result; a failure is logged, then raised or, if so wished, None.

        A coroutine function gives a coroutine, which is logged when it has been awaited.
        """
        if inspect.iscoroutinefunction(func):
            return self.run_async(func, args, kwargs, params)
        key = self._key(func, args, kwargs, params)
        if key is not None and not force and self._cache is not None and (hit := self._cache.find(key)) is not None:
            self._record(func, args, kwargs, params, 0.0, hit.result, extra={CACHE: hit.entry.track_id})
            return hit.result
        usage = None if self._measure is None else self._measure()
        begun = time.perf_counter()
        try:
            result = func(*args, **kwargs)
        except BaseException as error:
            self._failed(func, args, kwargs, params, time.perf_counter() - begun, error, usage)
            if self._raises or not isinstance(error, Exception):
                raise
            return None
        took = time.perf_counter() - begun
        extra: dict[str, Any] = {} if usage is None else dict(usage.stop())
        if self._cache is not None:
            extra[CACHE] = ""
            if key is not None:
                self._cache.keep(key, result, track_id=self._track_id, function=_name_of(func), args=(*args, kwargs))
        self._record(func, args, kwargs, params, took, result, extra=extra)
        return result

    async def run_async(
        self, func: Callable[..., Awaitable[Any]], args: Any, kwargs: dict[str, Any], params: Mapping[str, Any] | None
    ) -> Any:
        """Await a coroutine function and log the call like any other; results of coroutines are not cached."""
        usage = None if self._measure is None else self._measure()
        begun = time.perf_counter()
        try:
            result = await func(*args, **kwargs)
        except BaseException as error:
            self._failed(func, args, kwargs, params, time.perf_counter() - begun, error, usage)
            if self._raises or not isinstance(error, Exception):
                raise
            return None
        took = time.perf_counter() - begun
        self._record(func, args, kwargs, params, took, result, extra={} if usage is None else dict(usage.stop()))
        return result

    def _failed(  # noqa: PLR0917 - what is known of a call
        self,
        func: Any,
        args: Any,
        kwargs: dict[str, Any],
        params: Mapping[str, Any] | None,
        took: float,
        error: BaseException,
        usage: Usage | None,
    ) -> None:
        extra = {} if usage is None else usage.stop()
        self._record(func, args, kwargs, params, took, None, error=_text_of(error), extra=extra)

    def _record(  # noqa: PLR0917 - what is known of a call
        self,
        func: Any,
        args: Any,
        kwargs: dict[str, Any],
        params: Mapping[str, Any] | None,
        took: float,
        result: Any,
        *,
        error: str = "",
        extra: Mapping[str, Any],
    ) -> None:
        row = {
            NAME: _name_of(func),
            ARGS: _shown(args, "[]"),
            KWARGS: _shown(kwargs, "{}"),
            ERROR: error,
            TIME: took,
        }
        if any(_has_fields(value) for value in (*args, *kwargs.values())):
            row.update(_fields(func, args, kwargs))
        if type(result) is dict and result and all(type(key) is str and key and key not in OWN for key in result):
            row.update(result)
        else:
            row[RESULT] = result
        if extra:
            row.update(extra)
        if params:
            row.update(params)
        try:
            self._log(row)
        except InvalidValue:
            self._log(_described(row))

    def _key(self, func: Any, args: Any, kwargs: dict[str, Any], params: Mapping[str, Any] | None) -> str | None:
        """Return the fingerprint of a call; None without a cache, or for arguments whose content cannot be told."""
        if self._cache is None:
            return None
        from eventide.table.fingerprint import UnfitError, call_key  # noqa: PLC0415 - only with a cache

        try:
            return call_key(func, args, kwargs, None if params is None else dict(params))
        except UnfitError:
            return None

    def wrap(self, func: Any, params: Mapping[str, Any] | None) -> Any:
        """Return a function that does the same and logs every call; it may be a method, a coroutine function or a static one."""
        if isinstance(func, staticmethod | classmethod):
            return type(func)(self.wrap(func.__func__, params))
        if inspect.iscoroutinefunction(func):

            @functools.wraps(func)
            async def tracked_async(*args: Any, **kwargs: Any) -> Any:
                return await self.run_async(func, args, kwargs, params)

            return tracked_async

        @functools.wraps(func, updated=())
        def tracked(*args: Any, **kwargs: Any) -> Any:
            return self.run(func, args, kwargs, params)

        return tracked


def _name_of(func: Any) -> str:
    name = getattr(func, "__name__", None)
    if isinstance(name, str):
        return name
    inner = getattr(func, "func", None)  # functools.partial
    return _name_of(inner) if inner is not None else type(func).__name__


def _text_of(error: BaseException) -> str:
    with contextlib.suppress(Exception):  # somebody's __str__ raises
        if text := str(error):
            return text[:MAX_ARGUMENT_CHARS]
    return type(error).__name__


def _shown(values: Any, empty: str) -> str:
    """Return arguments as text; long ones are shortened, so that a row never grows with them."""
    if not values:
        return empty
    of = values.values() if type(values) is dict else values
    if all(type(value) in _SMALL or (type(value) is str and len(value) < 200) for value in of):
        return repr(values if type(values) is dict else list(values))
    try:
        text = _repr.repr(dict(values) if isinstance(values, dict) else list(values))
    except Exception:  # noqa: BLE001 - foreign __repr__
        text = short_repr(values)
    return text if len(text) <= MAX_ARGUMENT_CHARS else text[: MAX_ARGUMENT_CHARS - 1] + "…"


def _has_fields(value: Any) -> bool:
    kind = type(value)
    return hasattr(kind, "__dataclass_fields__") or hasattr(kind, "model_fields")


def _fields(func: Any, args: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of arguments that have any, as `<parameter>_<field>`."""
    try:
        bound = inspect.signature(func).bind_partial(*args, **kwargs).arguments
    except (TypeError, ValueError):
        bound = {**{f"arg{place}": value for place, value in enumerate(args)}, **kwargs}
    found: dict[str, Any] = {}
    for name, value in bound.items():
        if _has_fields(value):
            _unpack(name, value, found, ())
    return found


def _unpack(name: str, value: Any, found: dict[str, Any], trail: tuple[int, ...]) -> None:
    if not _has_fields(value):
        found[name] = value if isinstance(value, (str, *_SMALL)) else short_repr(value)
        return
    if len(trail) >= MAX_FIELD_DEPTH or id(value) in trail:
        found[name] = short_repr(value)
        return
    for field, item in (named_parts(value) or {}).items():
        _unpack(f"{name}_{field}", item, found, (*trail, id(value)))


def _described(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose values that cannot be stored are described, and say so once."""
    from eventide.journal.codec import encode  # noqa: PLC0415 - the way around an error

    kept: dict[str, Any] = {}
    for key, value in row.items():
        try:
            encode(value)
        except InvalidValue:
            kept[key] = short_repr(value)
            warnings.warn(
                f"`{key}` of a tracked call is a {type(value).__name__} that cannot be stored; its text is",
                EventideWarning,
                stacklevel=2,
            )
        else:
            kept[key] = value
    return kept
