"""What a verb is given besides its own arguments: the store, the output, the common options.

Invariant: the store is opened when it is first asked for, and closed when the verb ends.
"""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

import click

from eventide import configfile
from eventide.cli import terminal
from eventide.cli.output import Output
from eventide.cli.sources import open_source
from eventide.errors import InvalidSetting
from eventide.layout import find_root
from eventide.transport import is_url

if TYPE_CHECKING:
    from pathlib import Path

    from eventide.cli.options import Options
    from eventide.source import Source
    from eventide.table.store import Store


class State:
    """The common options of one call of the program, and what they lead to."""

    def __init__(self, options: Options) -> None:
        self.options = options
        configfile.forget()

    @property
    def project(self) -> str | None:
        """The project that was asked for."""
        return self.options.project

    @cached_property
    def root(self) -> Path:
        """The folder of the store; raises InvalidSetting where a server was named instead."""
        if is_url(self.options.store):
            raise InvalidSetting(
                f"this works on the folder of a store, and `{self.options.store}` is a server",
                hint="run it where the store is, with --store DIR",
            )
        return find_root(self.options.store)

    @cached_property
    def output(self) -> Output:
        """Where the answer goes."""
        return Output(self.options)

    @cached_property
    def source(self) -> Source:
        """The opened store; raises NotAStore and its like."""
        return open_source(self.options.store)

    @cached_property
    def store(self) -> Store:
        """The store with its actions."""
        from eventide.table.store import Store  # noqa: PLC0415

        return Store(self.source)

    def close(self) -> None:
        """Close the source if it was opened."""
        source = self.__dict__.pop("source", None)
        if source is not None:
            source.close()

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask on a terminal; elsewhere fail and name the flag that answers."""
        if yes:
            return
        if not terminal.is_terminal(sys.stdin):
            raise InvalidSetting(f"{question}: this needs a yes, and stdin is no terminal to ask", hint="add --yes")
        if not click.confirm(question, err=True):
            raise click.exceptions.Exit(1)
