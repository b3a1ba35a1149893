"""Decide which run a process writes, as which attempt and rank, and open its journal.

Invariant: after `open_run` the run can be seen in the store (its first part has a header), or an error was raised and the run is as it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide import settings
from eventide.errors import InvalidSetting, RunExists, RunNotFound
from eventide.journal.past import Past, writers_of
from eventide.journal.records import ROLE_FORK, ROLE_RUN
from eventide.journal.writer import Identity, JournalWriter
from eventide.names import check_label, check_run_id, name_of, new_run_id
from eventide.sdk import launch, resume
from eventide.sdk.guard import Guard
from eventide.sdk.media.encoder import Encoder
from eventide.sdk.null import NullWriter
from eventide.sdk.provenance.started import user_of
from eventide.sdk.run import Run
from eventide.sdk.values import Extender

if TYPE_CHECKING:
    from pathlib import Path

    from eventide.clock import Clock
    from eventide.layout import Layout
    from eventide.objects.base import Objects
    from eventide.sdk.pulse import Pulse


class Home(NamedTuple):
    """What the runs of a process share."""

    clock: Clock
    pulse: Pulse
    on_finish: Callable[[Run], None]
    rejoin: Callable[..., Run]
    """Called in another process with what `_state` returns."""


class Wish(NamedTuple):
    """What the caller and the environment ask of a run, checked."""

    project: str
    project_is_given: bool
    name: str | None
    group: str | None
    tags: tuple[str, ...]
    notes: str | None
    id: str | None
    resume: str
    """`never`, `allow` or `must`."""
    capture: tuple[str, ...] = ("none",)
    """What is noted of where the run comes from."""
    system_interval_s: float = 0.0
    console: str = "off"
    snapshot: str = "off"
    """`auto`, `on` or `off`: whether the code is kept."""
    reproduces: str | None = None
    """Id of the run that this one repeats."""

    @classmethod
    def of(
        cls,
        *,
        project: Any = None,
        name: Any = None,
        group: Any = None,
        tags: Any = None,
        notes: Any = None,
        id: Any = None,  # noqa: A002
        resume: Any = None,
        capture: Any = None,
        system_interval_s: Any = None,
        console: Any = None,
        snapshot: Any = None,
    ) -> Wish:
        """Return the wish after looking at arguments, environment and defaults; raises InvalidName or InvalidSetting."""
        if isinstance(resume, bool):
            resume = "allow" if resume else "never"
        if isinstance(snapshot, bool):
            snapshot = "on" if snapshot else "off"
        wanted = settings.resolve("project", project)
        names = {what: settings.get(what, given) for what, given in (("name", name), ("group", group))}
        run_id = settings.get("run_id", id)
        return cls(
            project=check_label(wanted.value, "project"),
            project_is_given=wanted.origin != "default",
            name=None if names["name"] is None else check_label(names["name"], "run"),
            group=None if names["group"] is None else check_label(names["group"], "group"),
            tags=tuple(check_label(tag, "tag") for tag in settings.get("tags", tags)),
            notes=settings.get("notes", notes),
            id=None if run_id is None else check_run_id(run_id),
            resume=settings.get("resume", resume),
            capture=settings.get("capture", capture),
            system_interval_s=settings.get("system_interval_s", system_interval_s),
            console=settings.get("console", console),
            snapshot=settings.get("snapshot", snapshot),
            reproduces=settings.get("reproduces"),
        )


def open_run(layout: Layout, wish: Wish, home: Home, ordinal_of: Callable[[str], int]) -> Run:
    """Return the run that `wish` means, with its journal open for this process.

    Args:
        layout: a store that exists.
        wish: what is asked for.
        home: what the runs of this process share.
        ordinal_of: launch key → how many runs this process has begun in that launch.

    Raises:
        RunExists, RunNotFound: see `init`.
        InvalidSetting: the run exists in another project than the one asked for.
        StoreUnwritable: its files cannot be written.
    """
    now_s = home.clock.time()
    place = launch.detect(os.environ)
    run_id, go_on = wish.id, wish.resume != "never"
    if run_id is None and place.key:
        run_id, go_on = _shared_id(layout, place, ordinal_of(place.key), now_s), True
    if run_id is None:
        run_id, earlier = new_run_id(now_s), []
        if wish.resume == "must":
            raise RunNotFound("resume='must' needs the id of a run", hint="eventide.init(id='...', resume='must')")
    else:
        earlier = writers_of(layout.run_dir(run_id))
        _check_taken(run_id, earlier, place, wish, go_on=go_on)
    project = _project_of(run_id, earlier, wish)
    identity = Identity(
        run=run_id,
        project=project,
        role=ROLE_RUN,
        attempt=resume.next_attempt(earlier, place.rank, now_s),
        rank=place.rank,
        world_size=place.world_size,
    )
    run = _assemble(layout, identity, wish.name or name_of(run_id), home, resume.next_step(earlier, place.rank))
    writer, guard = run._writer, run._guard  # noqa: SLF001 - this module makes runs
    writer.begin()
    guard.relax()
    _tell(run, wish, is_new=not earlier)
    run._watch()  # noqa: SLF001 - from here on: loading data may take minutes, and the run is alive all the while
    return run


def _shared_id(layout: Layout, place: launch.Launch, ordinal: int, now_s: float) -> str:
    def is_used_up(run_id: str) -> bool:
        mine = [past for past in writers_of(layout.run_dir(run_id)) if _is_mine(past, place.rank)]
        return bool(mine) and max(mine, key=lambda past: past.header.ts).status == "finished"

    return launch.shared_run_id(layout, place.key, ordinal, lambda: new_run_id(now_s), is_used_up)


def _is_mine(past: Past, rank: int) -> bool:
    return past.header.role == ROLE_RUN and past.header.rank == rank


def _check_taken(run_id: str, earlier: list[Past], place: launch.Launch, wish: Wish, *, go_on: bool) -> None:
    """Raise RunExists or RunNotFound when the run is there, or not there, against the wish."""
    if not earlier and wish.resume == "must":
        raise RunNotFound(f"no run `{run_id}` to resume", hint="resume='allow' begins it when it does not exist")
    taken = any(_is_mine(past, place.rank) for past in earlier) if place.world_size > 1 else bool(earlier)
    if taken and not go_on:
        raise RunExists(f"the run `{run_id}` exists already", hint="resume='allow' goes on with it; or leave id= out")


def _project_of(run_id: str, earlier: list[Past], wish: Wish) -> str:
    if not earlier:
        return wish.project
    project = earlier[0].header.project
    if wish.project_is_given and wish.project != project:
        raise InvalidSetting(f"the run `{run_id}` belongs to the project `{project}`, not to `{wish.project}`")
    return project


def _tell(run: Run, wish: Wish, *, is_new: bool) -> None:
    """Record what was wished; a run that is resumed keeps the name, group and notes it has unless new ones are given."""
    if is_new or wish.name is not None:
        run.name = run.name
    if is_new and {"all", "user"} & set(wish.capture) and (user := user_of(os.environ)):
        run._writer.set(("user",), user)  # noqa: SLF001
    if is_new and wish.reproduces:
        run.set("reproduces", wish.reproduces)
    if wish.group is not None:
        run.group = wish.group
    if wish.notes is not None:
        run.notes = wish.notes
    for tag in wish.tags:
        run.tags.add(tag)


def _assemble(layout: Layout, identity: Identity, name: str, home: Home, next_step: int) -> Run:
    guard = Guard(identity.run, str(layout.root))

    def objects() -> Objects:
        from eventide.objects.choice import open_objects  # noqa: PLC0415 - only when the first object is logged

        return open_objects(layout, is_writer=True)

    encoder = Encoder(objects, guard)
    writer = JournalWriter(
        layout,
        identity,
        clock=home.clock,
        extend=Extender(objects, guard),
        sift=encoder.sift,
        on_failure=guard,
        next_step=next_step,
        part_size_bytes=settings.get("part_size_bytes"),
    )
    encoder.writer = writer

    def reduce(run: Run) -> tuple[Any, ...]:
        return home.rejoin, (layout.root, identity, run.name, writer.next_step)

    return Run(
        id=identity.run,
        project=identity.project,
        name=name,
        writer=writer,
        layout=layout,
        guard=guard,
        pulse=home.pulse,
        on_finish=home.on_finish,
        reduce=reduce,
        role=identity.role,
        media=encoder,
    )


def join_run(layout: Layout, identity: Identity, name: str, home: Home, next_step: int) -> Run:
    """Return a run that another process began, for a spawned child: it writes parts of its own and has no say in the status."""
    forked = Identity(identity.run, identity.project, ROLE_FORK, identity.attempt, identity.rank, identity.world_size)
    run = _assemble(layout, forked, name, home, next_step)
    run._guard.relax()  # noqa: SLF001 - this module makes runs
    return run


def disabled_run(wish: Wish, home: Home) -> Run:
    """Return a run that writes nothing."""
    run_id = wish.id or new_run_id(home.clock.time())
    guard = Guard(run_id, "")
    guard.relax()
    run = Run(
        id=run_id,
        project=wish.project,
        name=wish.name or name_of(run_id),
        writer=NullWriter(),
        layout=None,
        guard=guard,
        pulse=home.pulse,
        on_finish=home.on_finish,
        reduce=lambda run: (home.rejoin, (None, None, run.name, 0)),
        role=ROLE_RUN,
    )
    _tell(run, wish, is_new=True)
    return run


def rank_of(run: Run) -> int:
    """Return the rank this process has in the run."""
    return getattr(getattr(run._writer, "identity", None), "rank", 0)  # noqa: SLF001


def store_of(run: Run) -> Path | None:
    """Return the store the run is written to; None when it is written nowhere."""
    return None if run._layout is None else run._layout.root  # noqa: SLF001
