"""One run, looked at from outside.

Invariant: what the properties say is one snapshot, taken when the view was made or last refreshed; frames and console text are
asked for anew each time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from eventide.model import Edit, SeriesQuery
from eventide.table import environment, fields, results, values
from eventide.table.choose import goal_metric
from eventide.table.code import Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.model import Attempts, MetricStats, RunInfo, RunStatus
    from eventide.source import Source
    from eventide.table.annotations import Annotation
    from eventide.table.artifacts import ArtifactVersion
    from eventide.table.frames import Backend
    from eventide.table.media import Medium
    from eventide.table.results import Loader, Result


class RunView:
    """A run of a store: its facts, its history, its console, and the few things about it that can be edited."""

    def __init__(self, source: Source, info: RunInfo) -> None:
        self._source = source
        self.info = info

    def refresh(self) -> RunView:
        """Look again, and return the same view."""
        self.info = self._source.run(self.info.id)
        return self

    @property
    def id(self) -> str:
        """The id, which never changes."""
        return self.info.id

    @property
    def name(self) -> str:
        """The name, which may be changed."""
        return self.info.name

    @property
    def project(self) -> str:
        """The project it belongs to."""
        return self.info.project

    @property
    def status(self) -> RunStatus:
        """What became of it."""
        return self.info.status

    @property
    def started(self) -> datetime:
        """When it started, UTC."""
        return datetime.fromtimestamp(self.info.started, tz=UTC)

    @property
    def ended(self) -> datetime | None:
        """When it ended, UTC; None while it runs."""
        return None if self.info.ended is None else datetime.fromtimestamp(self.info.ended, tz=UTC)

    @property
    def duration(self) -> timedelta:
        """From its start to its end, or to its last record."""
        return timedelta(seconds=self.info.duration_s)

    @property
    def group(self) -> str:
        """Its group, or the empty string."""
        return self.info.group

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags."""
        return self.info.tags

    @property
    def notes(self) -> str:
        """Its notes."""
        return self.info.notes

    @property
    def host(self) -> str:
        """Where it ran."""
        return self.info.host

    @property
    def user(self) -> str:
        """Who ran it."""
        return self.info.user

    @property
    def error(self) -> str:
        """The traceback of a failed run."""
        return self.info.error

    @property
    def config(self) -> dict[str, Any]:
        """The config tree."""
        return self.info.config

    @property
    def params(self) -> dict[str, Any]:
        """The leaves of the config by dotted path."""
        return self.info.params

    @property
    def summary(self) -> dict[str, Any]:
        """One value per metric, and what the script set."""
        return self.info.summary

    @property
    def values(self) -> dict[str, Any]:
        """Values for the whole run."""
        return self.info.values

    @property
    def metrics(self) -> dict[str, MetricStats]:
        """Statistics by metric."""
        return self.info.metrics

    @property
    def rows(self) -> int:
        """How many rows were logged."""
        return self.info.rows

    def history(
        self, keys: str | Sequence[str] | None = None, *, attempts: Attempts = "last", backend: Backend = "pandas"
    ) -> Any:
        """Return the logged values as one wide frame: one row a step, `ts`, and one column per key.

        pandas: indexed by step; what several calls logged at one step is one row. polars: `step` is the first column and every
        logged row stays.
        """
        from eventide.table.frames import check_backend  # noqa: PLC0415 - numpy and pandas
        from eventide.table.rows import rows_frame  # noqa: PLC0415

        check_backend(backend)
        wanted = (keys,) if isinstance(keys, str) else keys
        tags = {key.key: key.tags for key in self._source.keys(project=self.project)}
        frame = rows_frame(self._source.rows([self.id], keys=wanted, attempts=attempts), tags, backend=backend)
        if backend == "polars":
            return frame.drop("run_id")
        wide = frame.drop(columns="run_id").set_index("step")
        if attempts == "last" and not wide.index.is_unique:
            wide = wide.groupby(level="step", sort=True).last()
        return wide

    def series(self, key: str, *, bins: int | None = None, x: str = "step") -> Any:
        """Return one metric: a `Series` of every point, or `Buckets`; None when the run has not logged it."""
        found = self._source.series(SeriesQuery((self.id,), (key,), x, bins=bins))
        return found[0] if found else None

    def console(self) -> str:
        """Return what the run printed, both streams as they came."""
        return "".join(line.text for line in self._source.console(self.id))

    def provenance(self) -> dict[str, Any]:
        """Return where the run came from, as a tree: git, command, python with its packages, host, gpu, launcher, user."""
        return environment.whole(self._source, self._source.run(self.id))

    def results(self) -> list[Result]:
        """Return every version of every result that was saved, in order."""
        return results.results_of(self._source, self.id)

    def media(self, key: str | None = None) -> list[Medium]:
        """Return what was logged as pictures, tables and other media, of one key or of all, in order."""
        from eventide.table.media import media_of  # noqa: PLC0415

        return media_of(self._source, run_ids=(self.id,), key=key)

    def artifacts(self) -> list[ArtifactVersion]:
        """Return the versions of artifacts that it logged."""
        from eventide.table.artifacts import made_by  # noqa: PLC0415

        return made_by(self._source, self.id, self.project)

    def used_artifacts(self) -> list[ArtifactVersion]:
        """Return the versions of artifacts that it used."""
        from eventide.table.artifacts import used_by  # noqa: PLC0415

        return used_by(self._source, self.id)

    def load(
        self,
        name: str,
        version: int | None = None,
        *,
        allow_pickle: bool = False,
        unpickle: bool = False,
        loader: Loader | None = None,
    ) -> Any:
        """Return the object of a result, the newest version unless one is given; see `eventide.load`."""
        found = results.find(self._source, self.id, name, version)
        return results.load_result(self._source, found, allow_pickle=allow_pickle, unpickle=unpickle, loader=loader)

    @property
    def code(self) -> Code:
        """The code it kept: `code.files()`, `code.read(path)`, `code.diff(other)`, `code.restore(folder)`."""
        return Code(self._source, self.id)

    def edit(self, edit: Edit) -> RunView:
        """Apply an `Edit`, look again, and return the same view."""
        self._source.edit([self.id], edit)
        return self.refresh()

    def annotations(self) -> list[Annotation]:
        """Return the words at its steps, in the order of the steps."""
        from eventide.table.annotations import annotations_of  # noqa: PLC0415

        return annotations_of(self._source, [self.id])

    def annotate(self, text: str, step: int, id: str | None = None) -> str:  # noqa: A002 - the name of what it is
        """Write a few words at a step, or change those with an `id`, or remove them by an empty text; return the id."""
        from eventide.table.annotations import annotate  # noqa: PLC0415

        return annotate(self._source, self.id, text, step, id)

    def tag(self, *tags: str) -> RunView:
        """Add tags."""
        return self.edit(Edit(add_tags=tags))

    def untag(self, *tags: str) -> RunView:
        """Take tags off."""
        return self.edit(Edit(remove_tags=tags))

    def note(self, notes: str) -> RunView:
        """Replace the notes."""
        return self.edit(Edit(notes=notes))

    def rename(self, name: str) -> RunView:
        """Give the run another name."""
        return self.edit(Edit(name=name))

    def archive(self, *, undo: bool = False) -> RunView:
        """Hide the run from lists, or show it again."""
        return self.edit(Edit(archived=not undo))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunView) and other.info == self.info

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        info = self.info
        goal = goal_metric([info])
        best = f", {goal} {values.text(fields.parse(f'best({goal})').of(info))}" if goal else ""
        return f"<Run {info.name} ({info.id}): {info.status.value}, {info.rows} rows, {values.duration(info.duration_s)}{best}>"

    def _repr_html_(self) -> str:
        from eventide.table.notebook import run_html  # noqa: PLC0415 - only notebooks need it

        return run_html(self.info, self._sparklines())

    def _sparklines(self) -> list[Any]:
        from eventide.table.choose import common_metrics  # noqa: PLC0415

        goal = goal_metric([self.info])
        keys = tuple(key for key in (goal, *common_metrics([self.info], limit=5, without=goal)) if key)
        return list(self._source.series(SeriesQuery((self.id,), keys, bins=80))) if keys else []

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
