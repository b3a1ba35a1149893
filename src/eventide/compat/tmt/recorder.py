"""`tmt_recorder` and `tmt_save`: an Eventide run, and beside it the entry and the files that old scripts read.

Invariant: the function runs before anything of its entry is written, and whatever it returns is kept; an entry is written once, whole.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import shlex
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from eventide.compat.tmt.configs import Configs
from eventide.compat.tmt.exceptions import DuplicatedNameError, EntryNotFound
from eventide.compat.tmt.files import keep_file, link_snapshot
from eventide.compat.tmt.storage.json_db import DbManager
from eventide.compat.tmt.storage.schema import Entry, Metric, Result
from eventide.compat.tmt.utils.duplicates import DuplicatePolicy, DuplicateStrategy
from eventide.errors import EventideWarning
from eventide.names import check_label
from eventide.sdk import results
from eventide.sdk.record import RETURNED, Call, Plan, arguments_of, described, recording, refuse_unsuitable

if TYPE_CHECKING:
    from eventide.sdk.run import Run

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Recording:
    """One call: its entry as far as it is known."""

    run: Run
    entry: Entry
    config: Configs

    @property
    def root_entry(self) -> Entry:
        """The entry of this call."""
        return self.entry

    def save(
        self,
        obj: Any,
        name: str,
        allow_exist: bool = False,
        extension: str = ".pkl",
        custom_save: Callable[[Any, str], Any] | None = None,
    ) -> str:
        """Keep an object with this call, and return the path of its file; see `tmt_save`."""
        check_label(name, "result")
        if not allow_exist and any(result.name == name for result in self.entry.results):
            _warn(f"there is a result `{name}` in this experiment; both are kept")
        path = keep_file(Path(self.entry.local_results_path), obj, name, extension, custom_save)
        if custom_save is None:
            results.save(obj, name, run=self.run)
        else:
            results.save(obj, name, run=self.run, extension=path.suffix or None, saver=lambda _obj, _path: path)
        self.entry.results.append(Result(self.entry.id, name, str(path)))
        return str(path)


context_manager: ContextVar[Recording | None] = ContextVar("eventide_tmt", default=None)
_calls: list[Recording] = []
"""Calls that have not ended, for threads that were started inside of one."""


def tmt_recorder(
    name: str,
    config_path: str | os.PathLike[str] | None = None,
    save_on_exception: bool = False,
    description: str = "",
    duplicate_strategy: DuplicateStrategy | None = None,
) -> Callable[[F], F]:
    """Record every call of a function as an experiment; it returns a dict of metrics, or nothing.

    Raises:
        DuplicatedNameError: when called, the name is taken and the policy (by default) does not allow it.
        InvalidName, InvalidSetting: the name, the function or the config cannot be used.
    """
    check_label(name, "run")
    strategy = duplicate_strategy or DuplicateStrategy()

    def decorate(function: F) -> F:
        refuse_unsuitable(function)
        signature = inspect.signature(function)

        def begin(args: Any, kwargs: Any) -> contextlib.AbstractContextManager[Any]:
            return _recording(
                name,
                Configs.find(config_path),
                description,
                strategy,
                save_on_exception,
                arguments_of(signature, args, kwargs),
            )

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with begin(args, kwargs) as call:
                    call.returned = await function(*args, **kwargs)
                return call.returned

        else:

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with begin(args, kwargs) as call:
                    call.returned = function(*args, **kwargs)
                return call.returned

        return cast("F", wrapper)

    return decorate


@contextlib.contextmanager
def _recording(  # noqa: PLR0917 - the options of `tmt_recorder`, passed on
    name: str,
    config: Configs,
    description: str,
    strategy: DuplicateStrategy,
    save_on_exception: bool,
    arguments: Mapping[str, Any],
) -> Iterator[Call]:
    db = DbManager(config.json_db_path)
    parent = _parent(db, name, strategy)
    source = Path(config.snapshot_source)
    plan = Plan(
        name,
        None,
        description,
        parent or None,
        None,
        "new",
        save_on_exception,
        source,
        None,
        {},
        Path(config.gitignore_path),
    )
    with recording(plan, arguments) as call:
        created = int(time.time())
        folder = Path(config.results_path) / call.run.id
        entry = Entry(call.run.id, name, shlex.join(sys.argv), created, str(folder), description=description)
        mine = Recording(call.run, entry, config)
        token = context_manager.set(mine)
        _calls.append(mine)
        failed = True
        try:
            yield call
            failed = False
        finally:
            context_manager.reset(token)
            _calls.remove(mine)
            if not failed or (save_on_exception and isinstance(sys.exc_info()[1], Exception)):
                if not failed:
                    _take_over(mine, call.returned)
                entry.local_snapshot_path = link_snapshot(call.run, config)
                entry.date_saved = int(time.time())
                _add(db, entry, parent)


def _parent(db: DbManager, name: str, strategy: DuplicateStrategy) -> str:
    """Return the id of the entry a new one goes below, or the empty string; raises DuplicatedNameError, EntryNotFound."""
    if strategy.policy is DuplicatePolicy.AS_NEW_ENTRY:
        return ""
    try:
        first = db.get_entry_by_exact_name(name)
    except EntryNotFound:
        first = None
    if strategy.policy is DuplicatePolicy.AS_SUB_ENTRY:
        if strategy.parent_id:
            return db.get_entry_by_id(strategy.parent_id).id
        return "" if first is None else first.id
    if first is not None:
        raise DuplicatedNameError(
            f"there is an experiment `{name}` in `{db.db_path}`: `{first.id}`",
            hint="duplicate_strategy=DuplicateStrategy(DuplicatePolicy.AS_NEW_ENTRY)",
        )
    return ""


def _take_over(mine: Recording, returned: Any) -> None:
    """Put what was returned into the entry: a dict as metrics, anything else that is not empty as a result."""
    if isinstance(returned, Mapping):
        mine.entry.metrics = [Metric(mine.entry.id, str(name), _json(value)) for name, value in returned.items()]
    elif returned is not None and not (isinstance(returned, (list, tuple, set, str, int, float)) and not returned):
        try:
            path = keep_file(Path(mine.entry.local_results_path), returned, RETURNED, ".pkl", None)
        except Exception as error:  # noqa: BLE001 - the run keeps it as text, and says so
            _warn(f"what `{mine.entry.name}` returned cannot be pickled: {error}")
            return
        mine.entry.results.append(Result(mine.entry.id, RETURNED, str(path)))


def _json(value: Any) -> Any:
    """Return a metric as plain values; what JSON cannot hold becomes text."""
    if getattr(value, "shape", None) and getattr(value, "size", 0) and hasattr(value, "tolist"):
        value = value.tolist()
    return described(value)


def _add(db: DbManager, entry: Entry, parent: str) -> None:
    def change(data: list[dict[str, Any]]) -> None:
        for item in data:
            if parent and item.get("id") == parent:
                item.setdefault("other_runs", []).append(entry.to_dict())
                return
        data.append(entry.to_dict())

    try:
        db.change_entries(change)
    except Exception as error:  # noqa: BLE001 - the run is kept; the function's result must reach its caller
        _warn(f"`{db.db_path}` could not be written; the run `{entry.id}` is kept all the same: {error}")


def _warn(text: str) -> None:
    with contextlib.suppress(Exception):  # warnings may be errors here
        warnings.warn(text, EventideWarning, stacklevel=3)


def tmt_save(
    obj: Any,
    name: str,
    allow_exist: bool = False,
    extension: str = ".pkl",
    custom_save: Callable[[Any, str], Any] | None = None,
) -> str:
    """Keep an object with the experiment that is running, and return the path of its file.

    The same name again is a further file (`name-2.pkl`), never an overwritten one; without `allow_exist` a warning says so.

    Args:
        obj: anything that can be pickled, or that `custom_save` writes.
        name: without slashes, not beginning with a dot.
        allow_exist: whether the name may be there already.
        extension: of the file.
        custom_save: `custom_save(obj, path)` writes the file; it may return another path.

    Raises:
        ValueError: no recorded function is running, or the name cannot be used.
    """
    mine = context_manager.get() or (_calls[-1] if _calls else None)
    if mine is None:
        raise ValueError("tmt_save needs a function decorated with tmt_recorder that is running")
    return mine.save(obj, name, allow_exist, extension, custom_save)
