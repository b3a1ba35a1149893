"""`@record`: every call of a function is a run, with its arguments, what it returned and how it ended.

Invariant: the function behaves as without the decorator: the same result, the same exception, name, docstring and signature; whatever it
returns is kept, and once it has been called nothing that the recorder does raises in place of what the function did.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from eventide import settings
from eventide.clock import SYSTEM_CLOCK
from eventide.errors import EventideWarning, InvalidSetting, InvalidValue, Misuse, RunExists
from eventide.layout import Layout, find_root
from eventide.names import check_label, new_run_id
from eventide.sdk import launch, names_taken, session
from eventide.sdk.config import as_tree, named_parts
from eventide.sdk.results import save
from eventide.sdk.run import ending_of
from eventide.sdk.values import short_repr, type_name

if TYPE_CHECKING:
    from eventide.sdk.run import Run

F = TypeVar("F", bound=Callable[..., Any])
Duplicate = Literal["new", "sub", "refuse"]
RETURNED = "returned"
"""Name of the result that holds what a function returned when that is no dict."""
_DUPLICATES = ("new", "sub", "refuse")
_PLAIN = (str, int, float, bool, type(None))
_MAX_ITEMS = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """What `record` was asked for."""

    name: str
    project: str | None
    description: str
    group: str | None
    tags: str | Sequence[str] | None
    duplicate: Duplicate
    save_on_exception: bool
    source: Path | None
    dir: str | os.PathLike[str] | None
    config: Mapping[str, Any]
    ignore_file: Path | None = None
    """Rules in gitignore's form for the whole source, beside those in it."""


@overload
def record(name: F, /) -> F: ...
@overload
def record(
    name: str | None = None,
    *,
    project: str | None = None,
    description: str = "",
    group: str | None = None,
    tags: str | Sequence[str] | None = None,
    duplicate: Duplicate = "new",
    save_on_exception: bool = False,
    source: str | os.PathLike[str] | None = None,
    dir: str | os.PathLike[str] | None = None,
    config: Mapping[str, Any] | None = None,
) -> Callable[[F], F]: ...
def record(
    name: Any = None,
    *,
    project: str | None = None,
    description: str = "",
    group: str | None = None,
    tags: str | Sequence[str] | None = None,
    duplicate: Duplicate = "new",
    save_on_exception: bool = False,
    source: str | os.PathLike[str] | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002 - as in `init`
    config: Mapping[str, Any] | None = None,
) -> Any:
    """Make every call of a function, method or coroutine a run: `@record`, or `@record("name", ...)`.

    Its arguments are the run's config. A dict that it returns is logged and becomes the summary; None is fine; anything else is kept
    as the result `returned`, with a warning. An exception makes the run failed, with its traceback, and goes on to the caller.

    Args:
        name: of the runs; default the function's name.
        project: as in `init`.
        description: the run's notes.
        group: as in `init`.
        tags: as in `init`.
        duplicate: what to do when a function was recorded under this name in this project before: `new` begins another run,
            `sub` one whose group is the id of the first, `refuse` raises before the function is called.
        save_on_exception: keep an exception to the run: it is recorded, the call returns None.
        source: the folder whose code is kept with the run; default the current one.
        dir: as in `init`.
        config: more parameters; arguments win.

    Raises:
        InvalidSetting: what is decorated is a class or a generator, or an option has a value it cannot have.
        InvalidName: the name cannot be used.
        RunExists: when called, see `duplicate`.
    """
    if duplicate not in _DUPLICATES:
        raise InvalidSetting(f"`duplicate={duplicate!s:.40}` is none of {', '.join(_DUPLICATES)}")
    function = None if name is None or isinstance(name, str) else name
    if isinstance(name, str):
        check_label(name, "run")

    def decorate(function: F) -> F:
        refuse_unsuitable(function)
        title = name if isinstance(name, str) else check_label(function.__name__.strip("<>"), "run")
        where = None if source is None else Path(source)
        plan = Plan(
            title,
            project,
            description,
            group,
            tags,
            duplicate,
            save_on_exception,
            where,
            dir,
            {} if config is None else as_tree(config),
        )
        return _recorded(function, plan)

    return decorate if function is None else decorate(function)


def refuse_unsuitable(function: Any) -> None:
    """Raise InvalidSetting for what has no moment at which it ends."""
    if isinstance(function, (staticmethod, classmethod)):
        what = type(function).__name__
        raise InvalidSetting(f"`record` cannot wrap a {what}", hint=f"put @{what} above @eventide.record")
    if inspect.isclass(function) or not callable(function) or not hasattr(function, "__name__"):
        raise InvalidSetting(f"`record` needs a function, not `{function!r:.60}`", hint='@eventide.record("name")')
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise InvalidSetting(
            f"`{function.__name__}` is a generator, which ends when its caller likes",
            hint="record the function that consumes it, or use eventide.init() inside",
        )


def _recorded(function: F, plan: Plan) -> F:
    signature = inspect.signature(function)

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with recording(plan, arguments_of(signature, args, kwargs)) as call:
                call.returned = await function(*args, **kwargs)
            return call.returned

    else:

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with recording(plan, arguments_of(signature, args, kwargs)) as call:
                call.returned = function(*args, **kwargs)
            return call.returned

    return cast("F", wrapper)


@dataclass(slots=True)
class Call:
    """One call of a recorded function."""

    run: Run
    returned: Any = None


@contextlib.contextmanager
def recording(plan: Plan, arguments: Mapping[str, Any]) -> Iterator[Call]:
    """Begin a run, make it the current one of this context, and end it as the block ends."""
    run = begin(plan, arguments)
    call = Call(run)
    token = session.scope.set(run)
    try:
        try:
            yield call
        except BaseException as error:
            run.finish(*ending_of(error))
            if plan.save_on_exception and isinstance(error, Exception):
                _warn(f"run `{run.id}` failed and was kept: {type(error).__name__}: {error!s:.200}")
                return
            raise
        if not run.finished:
            keep(run, call.returned)
            run.finish()
    finally:
        session.scope.reset(token)


def begin(plan: Plan, arguments: Mapping[str, Any]) -> Run:
    """Begin the run of one call; raises what `init` raises, and RunExists for a name that is taken."""
    project = check_label(settings.get("project", plan.project), "project")
    group = plan.group
    run_id = None
    if settings.get("mode", None) == "disk" and not launch.detect(os.environ).key:  # ranks of a launch share their id
        run_id = new_run_id(SYSTEM_CLOCK.time())
        layout = Layout(find_root(settings.get("dir", plan.dir)))
        layout.create(now_s=SYSTEM_CLOCK.time())
        first = names_taken.claim(layout, project, plan.name, run_id)
        if first != run_id and plan.duplicate == "refuse":
            raise RunExists(
                f"`{plan.name}` was recorded before in the project `{project}`: run `{first}`",
                hint="another name, or duplicate='new' or 'sub'",
            )
        if first != run_id and plan.duplicate == "sub":
            group = first
    run = session.init(
        project=plan.project,
        name=plan.name,
        group=group,
        tags=plan.tags,
        notes=plan.description or None,
        dir=plan.dir,
        id=run_id,
        config={**plan.config, **arguments} or None,
        resume="never" if run_id is not None else None,
        snapshot="off",  # this module takes its own, of the source it was told
    )
    _take_snapshot(run, plan)
    return run


def _take_snapshot(run: Run, plan: Plan) -> None:
    from eventide.sdk import snapshot  # noqa: PLC0415 - only where code is kept

    run._guard.attempt(  # noqa: SLF001 - part of the same package
        "code", lambda: snapshot.take(run, plan.source, ignore_file=plan.ignore_file)
    )


def arguments_of(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return what each parameter was given, as config; raises TypeError as the call itself would."""
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    found: dict[str, Any] = {}
    for place, (name, value) in enumerate(bound.arguments.items()):
        if place == 0 and name in ("self", "cls"):
            continue
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            found.update({key: described(item) for key, item in value.items()})
        elif signature.parameters[name].kind is not inspect.Parameter.VAR_POSITIONAL or value:
            found[name] = described(value)
    return found


def described(value: Any, depth: int = 0) -> Any:  # noqa: PLR0911 - one return per kind reads best
    """Return an argument as config: plain values as they are; data sets, models and the like only as a short text."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if depth > 20:
        return short_repr(value)
    if kind in (list, tuple) and len(value) <= _MAX_ITEMS:
        return [described(item, depth + 1) for item in value]
    if isinstance(value, Mapping) and len(value) <= _MAX_ITEMS:
        return {str(key) or "''": described(item, depth + 1) for key, item in value.items()}
    parts = named_parts(value)
    if parts is not None:
        return described(parts, depth + 1)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    shape = getattr(value, "shape", None)
    if shape == () and hasattr(value, "item"):
        return described(value.item(), depth + 1)
    if isinstance(shape, tuple):
        return f"{type_name(value)} {getattr(value, 'dtype', '')}{list(shape)}".replace(" [", "[")
    return short_repr(value)


def keep(run: Run, returned: Any) -> None:
    """Keep what a function returned: a dict as metrics, anything else but None as a result. Never raises a mistake of the function."""
    if returned is None:
        return
    if isinstance(returned, Mapping):
        _keep_metrics(run, returned)
        return
    given = f"`{run.name}` returned `{type_name(returned)}`, not a dict of metrics"
    _warn(f"{given}; it is kept as the result `{RETURNED}`")
    _save_or_describe(run, returned, RETURNED)


def _keep_metrics(run: Run, metrics: Mapping[Any, Any]) -> None:
    good: dict[str, Any] = {}
    for key, value in metrics.items():
        name = key if isinstance(key, str) and key else f"{key!s}" or "''"
        try:
            run.summary[name] = value
        except Misuse as error:
            _warn(f"the metric `{name:.60}` cannot be stored as it is and is kept as text: {error.message}")
            name = name.encode("utf-8", "replace").decode()
            value = short_repr(value)  # noqa: PLW2901 - what is logged below
            run.summary[name] = value
        good[name] = value
    run.log(good)


def _save_or_describe(run: Run, value: Any, name: str) -> None:
    try:
        save(value, name, run=run)
    except InvalidValue as error:
        _warn(f"the result `{name}` is kept as text: {error.message}")
        save(short_repr(value), name, run=run)


def _warn(text: str) -> None:
    try:
        warnings.warn(text, EventideWarning, stacklevel=4)
    except Exception:  # noqa: BLE001 - warnings are errors here, and the function has done its work
        with contextlib.suppress(Exception):
            sys.stderr.write(f"eventide: {text}\n")
