"""The shape of every verb: its help shows examples first, and options in plain columns.

Invariant: a verb's docstring is its help: one summary line, then pasteable examples, then what needs saying.
"""

from __future__ import annotations

import inspect
import textwrap

import click

_FOOT = (
    "Common options: --store, --project, --format, --json[=FIELDS], --color, --fail-empty, --debug (eventide --help)"
)


class VerbCommand(click.Command):
    """A command whose help is its docstring as written."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, docstring, options."""
        self.format_usage(ctx, formatter)
        summary, examples, *rest = [*inspect.cleandoc(self.help or "").split("\n\n"), ""]
        for block in (summary, textwrap.indent(textwrap.dedent(examples), "  "), *rest):
            formatter.write(f"\n{block}\n" if block else "")
        self.format_options(ctx, formatter)
        formatter.write(f"\n{_FOOT}\n")
