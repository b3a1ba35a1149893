"""`eventide token`: who may come in."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting
from eventide.layout import Layout

if TYPE_CHECKING:
    from eventide.cli.state import State
    from eventide.server.tokens import TokenBook

_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}


@click.command(cls=VerbCommand)
@click.argument("action", type=click.Choice(["create", "ls", "revoke"]), metavar="create|ls|revoke")
@click.argument("token_id", metavar="[ID]", default="")
@click.option(
    "--scope",
    type=click.Choice(["read", "write", "admin"]),
    default="write",
    show_default=True,
    metavar="SCOPE",
    help="read, write (reads too) or admin.",
)
@click.option("--user", default="", metavar="NAME", help="Who it is for; shown in the audit log.")
@click.option("--index", default="", metavar="URL", help="The database that hub nodes share, instead of the store.")
@click.option("--expires", default="", metavar="TIME", help="After how long it ends: 12h, 30d, 1y.")
@click.pass_obj
def token(state: State, action: str, token_id: str, *, scope: str, user: str, index: str, expires: str) -> None:
    """Make, list or revoke tokens for the server of this store.

        eventide token create --scope read --user ada --expires 30d
        eventide token create --project vision,nlp        for these projects only
        eventide token ls
        eventide token revoke 1a2b3c4d

    A token is shown once. Kept is its hash alone, so a lost one is revoked and made anew.
    """
    book = _book(state, index)
    projects = [name for name in (state.project or "").split(",") if name]
    if action == "create":
        made, kept = book.create(scope, user=user, projects=projects or None, expires_in_s=_seconds(expires))
        state.output.say(f"token {kept.id}: {scope}, {', '.join(projects) or 'all projects'}; this is shown once:")
        sys.stdout.write(made + "\n")
    elif action == "revoke":
        gone = book.revoke(_needed(token_id))
        state.output.say(f"token {gone.id} opens nothing any more")
    else:
        columns = (
            Column("id"), Column("user"), Column("scope"), Column("projects"), Column("created", "time"), Column("expires", "time"),
            Column("revoked", "time"),
        )  # fmt: skip
        rows = [
            [one.id, one.user, one.scope, ", ".join(one.projects or ()), one.created, one.expires, one.revoked]
            for one in book.tokens()
        ]
        state.output.emit(Listing("tokens", columns, rows))


def _book(state: State, index: str) -> TokenBook:
    """Return the tokens of the store, or of the nodes that share a database."""
    from eventide.server.tokens import TokenBook  # noqa: PLC0415 - only here

    if index:
        from eventide.nodes.database import Database  # noqa: PLC0415
        from eventide.nodes.node import DatabaseShelf  # noqa: PLC0415

        return TokenBook(DatabaseShelf(Database(index)))
    layout = Layout(state.root)
    layout.check()
    return TokenBook.of(layout)


def _needed(token_id: str) -> str:
    if not token_id:
        raise InvalidSetting("which token?", hint="eventide token ls")
    return token_id


def _seconds(text: str) -> float | None:
    if not text:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([mhdwy])", text.strip().lower())
    if found is None:
        raise InvalidSetting(f"`{text:.40}` is no time", hint="--expires 30d")
    return float(found[1]) * _SECONDS[found[2]]
