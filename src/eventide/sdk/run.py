"""A run as the training script holds it.

Invariant: when a method that records something returns, the record is with the kernel, or its failure has been counted and warned of; only
the caller's own mistakes raise. Safe for threads; a forked or spawned child that uses it writes a journal part of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

from eventide.errors import InvalidSetting, InvalidValue
from eventide.journal.annotations import annotation
from eventide.journal.records import ROLE_RUN
from eventide.names import check_key, check_label
from eventide.sdk.config import GONE, Config, Summary, Tags

if TYPE_CHECKING:
    import os
    from pathlib import Path
    from types import TracebackType

    from eventide.journal.writer import JournalWriter
    from eventide.layout import Layout
    from eventide.sdk.artifacts import Artifact, Version
    from eventide.sdk.console.keep import RunConsole
    from eventide.sdk.guard import Guard
    from eventide.sdk.media.encoder import Encoder
    from eventide.sdk.null import NullWriter
    from eventide.sdk.pulse import Pulse

Status = Literal["finished", "failed", "killed"]
_STATUSES = ("finished", "failed", "killed")
_KILLED_STALL_S = 3.0
"""A process that is told to go does not wait long for media; the signal may also have stopped it in the middle of a write."""
_SUMMARIES = ("last", "min", "max", "best", "mean", "none")


class Run:
    """One run that this process writes. Made by `eventide.init`; pickling it hands the same run to another process."""

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - the name users know
        project: str,
        name: str,
        writer: JournalWriter | NullWriter,
        layout: Layout | None,
        guard: Guard,
        pulse: Pulse,
        on_finish: Callable[[Run], None],
        reduce: Callable[[Run], tuple[Any, ...]],
        role: str = ROLE_RUN,
        media: Encoder | None = None,
    ) -> None:
        self.id = id
        self.project = project
        self.role = role
        self._name = name
        self._group = ""
        self._notes = ""
        self._writer = writer
        self._layout = layout
        self._guard = guard
        self._pulse = pulse
        self._on_finish = on_finish
        self._reduce = reduce
        self._media = media
        self._ending: Status | None = None
        self._before_end: list[Callable[[], None]] = []
        self._console: RunConsole | None = None
        self._append: Callable[[Any, Any], None] = self._append_first
        self._config = Config(self._record_config)
        self._summary = Summary(self._record_summary)
        self._tags = Tags(self._record_tag)

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def log(self, data: Mapping[str, Any] | None = None, /, step: int | None = None, **metrics: Any) -> None:
        """Append one row, given as a dict, as keywords, or both. An empty row is not written.

        Args:
            data: key → value. Keys are any non-empty texts; values of any type.
            step: 0 or more; None counts on from the last row. Smaller and repeated steps are kept as they are.
            **metrics: more keys; they win over the same keys of `data`.

        Raises:
            InvalidKey, InvalidValue, InvalidStep, RunFinished: the caller's mistake; nothing of the row is written.
        """
        if metrics:
            data = metrics if data is None else {**data, **metrics}
        elif data is None:
            return
        self._append(data, step)

    def log_many(
        self, rows: Iterable[Mapping[str, Any]] | Mapping[str, Sequence[Any]] | Any, steps: Iterable[int] | None = None
    ) -> None:
        """Append many rows at once: a list of dicts, a dict of columns, or a DataFrame of pandas or polars.

        Args:
            rows: the rows in order. A column named `step` is a key like any other; give steps in `steps`.
            steps: one step per row; None counts on from the last row.

        Raises:
            InvalidKey, InvalidValue, InvalidStep, RunFinished: the caller's mistake in any row; nothing at all is written.
        """
        self._writer.append_many(_rows(rows), None if steps is None else list(steps))
        self._watch()

    def log_media(self, key: str, value: Any, step: int | None = None, *, caption: str = "") -> None:
        """Log a picture, sound, table or any other medium (or a list of them) under a key; a plain value is recognised by its type.

        Raises:
            InvalidValue: the value is no medium that is known.
            InvalidKey, InvalidStep, RunFinished: see `log`.
        """
        from eventide.sdk.media.recognise import wrapped  # noqa: PLC0415 - only for media

        self._append({key: wrapped(value, caption)}, step)

    # ── artifacts ───────────────────────────────────────────────────────────────────────────────────────────────────

    def log_artifact(
        self,
        source: str | os.PathLike[str] | Artifact,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the name users know
        *,
        aliases: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        description: str = "",
    ) -> Version:
        """Keep a file, a folder or an `Artifact` as the next version of a name; the same content again is the version it was.

        Args:
            source: a path, or an `Artifact` with the files gathered in it.
            name: default that of the file or folder.
            type: a word such as `model` or `dataset`; default `artifact`.
            aliases: names such as `best` that move to this version; `latest` always does.
            metadata: anything that can be logged.
            description: a text.

        Raises:
            InvalidName: a name or alias cannot be used.
            InvalidValue: there is no such file, or nothing in it.
            RunFinished: the run is over.
        """
        from eventide.sdk.artifacts import log_artifact  # noqa: PLC0415 - only where there are artifacts

        return log_artifact(self, source, name, type, aliases=aliases, metadata=metadata, description=description)

    def use_artifact(self, selector: str) -> Any:
        """Record that this run uses a version of an artifact, and return that version to download.

        Args:
            selector: `name:latest`, `name:v3`, `name:best`, or `name` for the latest; `project/name:v3` for one of another project.

        Raises:
            ObjectNotFound: there is no such artifact or version; the hint names those that exist.
        """
        from eventide.sdk.artifacts import use_artifact  # noqa: PLC0415

        return use_artifact(self, selector)

    def _append_first(self, data: Any, step: Any) -> None:
        """Append the first row of this process, and have the pulse look after the writer from then on."""
        self._writer.append(data, step)
        self._watch()
        self._append = self._writer.append

    def _watch(self) -> None:
        if self._layout is not None and not self._writer.closed:
            self._pulse.watch(self._writer)
            util = sys.modules.get("multiprocessing.util")
            if self.role != ROLE_RUN and util is not None:
                util.Finalize(None, self.finish, exitpriority=0)  # its children leave without atexit

    # ── values for the whole run ────────────────────────────────────────────────────────────────────────────────────

    def set(self, key: str, value: Any) -> None:
        """Give the whole run a value, back in time: every row of it has this value under `key`."""
        self._writer.set(("values", check_key(key)), value)

    def define_metric(
        self,
        name: str,
        step_metric: str | None = None,
        summary: Literal["last", "min", "max", "best", "mean", "none"] = "last",
        goal: Literal["max", "min"] | None = None,
    ) -> None:
        """Say how a metric is shown: over which other metric, as which one number, and which end of it is better."""
        if summary not in _SUMMARIES:
            raise InvalidSetting(f"the summary `{summary!s:.60}` is none of {', '.join(_SUMMARIES)}")
        if goal not in ("max", "min", None):
            raise InvalidSetting(f"the goal `{goal!s:.60}` is neither `max` nor `min`")
        content = {
            "step_metric": None if step_metric is None else check_key(step_metric),
            "summary": summary,
            "goal": goal,
        }
        self._writer.set(("metrics", check_key(name)), content)

    @property
    def config(self) -> Config:
        """The tree of parameters; assigning at any depth is recorded. Holds what this process has assigned."""
        return self._config

    @property
    def summary(self) -> Summary:
        """Single values of the run that win over what the logged rows say."""
        return self._summary

    @property
    def tags(self) -> Tags:
        """The tags this process has given the run; add and discard are recorded, assigning replaces them."""
        return self._tags

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        wanted = {check_label(tag, "tag") for tag in ([tags] if isinstance(tags, str) else tags)}
        for tag in [tag for tag in self._tags if tag not in wanted]:
            self._tags.discard(tag)
        for tag in sorted(wanted):
            self._tags.add(tag)

    @property
    def name(self) -> str:
        """The name people see; assigning renames the run, its id stays."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._writer.set(("name",), check_label(name, "run"))
        self._name = name

    @property
    def group(self) -> str:
        """The group of runs this one belongs to; empty when there is none."""
        return self._group

    @group.setter
    def group(self, group: str) -> None:
        self._writer.set(("group",), check_label(group, "group"))
        self._group = group

    @property
    def notes(self) -> str:
        """Notes, Markdown."""
        return self._notes

    @notes.setter
    def notes(self, notes: str) -> None:
        self._writer.set(("notes",), str(notes))
        self._notes = str(notes)

    def annotate(self, text: str, step: int | None = None) -> None:
        """Write a few words at a step (default: the last one logged), shown on the charts of this run.

        Raises:
            InvalidValue: the text is empty or longer than 500 characters, or the step is no integer of 0 or more.
        """
        at = max(0, self._writer.next_step - 1) if step is None else step
        self._writer.file(annotation(text, at))

    def _record_config(self, path: tuple[str, ...], value: Any) -> None:
        self._record(("config", *path), value)

    def _record_summary(self, key: str, value: Any) -> None:
        self._record(("summary", check_key(key)), value)

    def _record_tag(self, tag: str, there: bool) -> None:
        self._record(("tags", check_label(tag, "tag")), True if there else GONE)

    def _record(self, path: tuple[str, ...], value: Any) -> None:
        if value is GONE:
            self._writer.unset(path)
        else:
            self._writer.set(path, value)

    # ── the run itself ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def dir(self) -> Path | None:
        """The folder of the run's journal; None in mode "disabled"."""
        return None if self._layout is None else self._layout.run_dir(self.id)

    @property
    def step(self) -> int:
        """The step the next row gets when none is given."""
        return self._writer.next_step

    @property
    def finished(self) -> bool:
        """Whether finish() was called here."""
        return self._writer.closed

    @property
    def status(self) -> str:
        """`running`, or how the run was ended here."""
        return self._ending or ("running" if not self.finished else "finished")

    @property
    def rows(self) -> int:
        """Rows written by this process."""
        return self._writer.rows

    def flush(self, *, sync: bool = False) -> None:
        """Return when media that wait are kept; with `sync`, when all is on the disk. Every row is with the kernel anyway."""
        if self._media is not None:
            self._media.drain()
        if sync:
            self._writer.sync()

    def finish(self, status: Status = "finished", error: str = "") -> None:
        """End the run here: no rows after this. Calling again does nothing.

        Args:
            status: `finished`, `failed` or `killed`. A forked or spawned child only ends its own part of the journal.
            error: the traceback of a failed run.
        """
        if status not in _STATUSES:
            raise InvalidSetting(f"the status `{status!s:.60}` is none of {', '.join(_STATUSES)}")
        if self._writer.closed:
            return
        if self._media is not None:
            self._media.drain(*([_KILLED_STALL_S] if status == "killed" else []))
        ending: dict[str, Any] = {}
        if self.role == ROLE_RUN:
            ending = {"status": status, **({"error": error} if error else {})}
        self._ending = status
        while self._before_end:
            self._guard.attempt("provenance", self._before_end.pop())
        self._pulse.forget(self._writer)
        self._writer.close(ending)
        self._guard.repeat()
        self._on_finish(self)

    def after_fork_in_child(self) -> None:
        """Become a writer of the forked child, which writes a part of its own from its first record on."""
        self.role = "fork"
        self._before_end.clear()
        self._append = self._append_first
        if self._media is not None:
            self._media.after_fork_in_child()
        self._writer.after_fork_in_child()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
            return
        status, text = ending_of(error)
        self.finish(status, text)

    def __repr__(self) -> str:
        return f"Run({self._name!r}, id={self.id!r}, project={self.project!r}{', finished' if self.finished else ''})"

    def __reduce__(self) -> tuple[Any, ...]:
        return self._reduce(self)


def ending_of(error: BaseException) -> tuple[Status, str]:
    """Return the status and the error text that an exception leaving the script gives its run."""
    if isinstance(error, SystemExit):
        return exit_status(error.code)
    if isinstance(error, KeyboardInterrupt):
        return "killed", ""
    import traceback  # noqa: PLC0415 - only when something failed

    try:
        return "failed", "".join(traceback.format_exception(error)).encode("utf-8", "replace").decode()
    except Exception:  # noqa: BLE001 - somebody's __str__ raises
        return "failed", type(error).__name__


def exit_status(code: object) -> tuple[Status, str]:
    """Return the status and error text for what was given to sys.exit: None and 0 are success."""
    if code is None or code == 0:
        return "finished", ""
    return "failed", f"SystemExit: {code!s:.2000}"


def _rows(rows: Any) -> list[Mapping[str, Any]]:
    """Return rows given as a list of dicts, a dict of columns or a DataFrame as a list of dicts."""
    if hasattr(rows, "to_dicts"):  # polars
        return list(rows.to_dicts())
    if hasattr(rows, "to_pylist"):  # pyarrow
        return list(rows.to_pylist())
    if hasattr(rows, "iloc") and hasattr(rows, "to_dict"):  # pandas
        return list(rows.to_dict(orient="records"))
    if isinstance(rows, Mapping):
        return _from_columns(rows)
    return list(rows)


def _from_columns(columns: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    lists = {
        key: list(column)
        for key, column in columns.items()
        if hasattr(column, "__iter__") and not isinstance(column, str)
    }
    sizes = {len(column) for column in lists.values()}
    if len(lists) != len(columns) or len(sizes) > 1:
        raise InvalidValue(
            "a dict of columns needs one list per key, all of the same length", hint="log_many([{...}, {...}])"
        )
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
