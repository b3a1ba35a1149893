"""SQL, exported views, changes, problems."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from eventide.server.schema.base import MAX_TEXT, Body, Model, Status, Value


class SqlRequest(Body):
    """One read-only statement; `id` names it, so that it can be cancelled while it runs."""

    query: str = Field(min_length=1, max_length=1_000_000)
    params: list[Any] = Field(default_factory=list, max_length=1_000)
    timeout_s: float = Field(default=30.0, gt=0, le=600)
    max_rows: int = Field(default=10_000, ge=1, le=1_000_000)
    id: str | None = Field(default=None, min_length=1, max_length=64)
    project: str | None = Field(default=None, max_length=1_000)
    """Whose saved views it may read; null: those of the whole store."""


class SqlColumn(Model):
    """One column of an answer or a view."""

    name: str
    type: str


class SqlAnswer(Model):
    """Rows of a statement; `truncated` when there were more than `max_rows`."""

    columns: list[SqlColumn]
    rows: list[list[Value]]
    truncated: bool
    elapsed_s: float
    id: str
    expanded: str | None = None
    """The statement with the saved views it read, for where they are not known; null when it read none."""


class SqlCancelled(Model):
    """Whether a statement of that id was running."""

    cancelled: bool


class SqlView(Model):
    """One view that can be queried."""

    name: str
    columns: list[SqlColumn]


class SqlSchema(Model):
    """All views."""

    views: list[SqlView]


class SavedQuery(Body):
    """A statement under a name that later ones can read FROM."""

    name: str = Field(max_length=63)
    query: str = Field(max_length=MAX_TEXT)


class SavedQueries(Body):
    """All that are kept for a project, or for the store."""

    queries: list[SavedQuery] = Field(default_factory=list, max_length=100)


class SaveQuery(Body):
    """What to keep under a name; `was` is the name it had until now."""

    query: str = Field(min_length=1, max_length=MAX_TEXT)
    project: str | None = Field(default=None, max_length=1_000)
    was: str | None = Field(default=None, max_length=63)


class SavedView(Model):
    """A kept statement with its columns, or why it no longer runs."""

    name: str
    query: str
    columns: list[SqlColumn]
    problem: str | None


class SavedViews(Model):
    """All kept statements by name."""

    views: list[SavedView]


class OneFileRequest(Body):
    """A question of a view; `key` is what the viewer looks its answer up by."""

    key: str = Field(max_length=200_000)
    method: Literal["GET", "POST"] = "GET"
    path: str = Field(max_length=32_768)
    body: dict[str, Any] | None = None


class OneFile(Body):
    """A view and the questions it asked."""

    view: str = Field(max_length=8_192, pattern="^/")
    requests: list[OneFileRequest] = Field(default_factory=list, max_length=2_000)


class Change(Model):
    """A run that changed."""

    id: str
    project: str
    status: Status
    rows: int
    updated: float


class Changes(Model):
    """What changed since a cursor; the WebSocket sends the same, at most four a second."""

    type: Literal["hello", "changes", "ping"] = "changes"
    cursor: str = ""
    runs: list[Change] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    total: int = 0


class NearRun(Model):
    """A run whose name or id is like the one that was asked for."""

    id: str
    name: str


class Problem(Model):
    """What went wrong (application/problem+json, RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    """Name of the error class, such as `RunNotFound`."""
    hint: str
    position: int | None = None
    """Where a filter cannot be read."""
    expected: str | None = None
    nearest: list[NearRun] | None = None
    candidates: list[str] | None = None


class Health(Model):
    """The server answers."""

    status: Literal["ok"]
