"""The server, its store, its projects."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from eventide.server.schema.base import MAX_KEYS, Body, Direction, Model, Num


class Goal(Model):
    """The metric that ranks the runs of a project."""

    key: str
    direction: Direction


class StoreNumbers(Model):
    """A store in numbers."""

    id: str
    root: str
    """Its folder; the last part alone for who is not on this machine."""
    format: int
    runs: int
    projects: int
    journal_bytes: int
    sealed_bytes: int
    object_bytes: int


class Info(Model):
    """The server and its store."""

    version: str
    store: StoreNumbers
    read_only: bool
    hub: bool
    user: str | None = None
    rights: list[Literal["read", "write", "admin"]] | None = None


class Best(Model):
    """The best run of a project by its goal."""

    run_id: str
    name: str
    value: Num


class Project(Model):
    """One project."""

    name: str
    runs: int
    running: int
    failed: int
    updated: float
    goal: Goal | None
    best: Best | None
    spark: list[float | None]
    """The goal's curve of the best run in at most 40 points."""
    holds: list[Literal["media", "artifacts"]]
    """What its runs left behind beside numbers."""


class Projects(Model):
    """All projects, the most recently active first."""

    projects: list[Project]


class View(Model):
    """A saved address of the page."""

    name: str = Field(max_length=200)
    url: str = Field(max_length=8_192)


class ProjectSettings(Body):
    """How a project is shown; kept beside the index, so it can be thrown away."""

    goal: Goal | None = None
    pinned: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    hidden: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    order: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    columns: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    views: list[View] = Field(default_factory=list, max_length=200)


class Demo(Model):
    """Sample runs that were made."""

    project: str
    runs: int
