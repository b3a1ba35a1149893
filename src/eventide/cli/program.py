"""The program: find the verb, load only that, run it, report errors.

Invariant: `app` ends the process with one of the documented exit codes and never shows a traceback without `--debug`; a reader that
goes away (a closed pipe) is no error.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from eventide.cli import errors, verbs
from eventide.cli.options import Options, take
from eventide.cli.state import State
from eventide.errors import EventideError, InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Sequence


class ReaderGone(Exception):
    """Nobody reads stdout any more."""


class Group(click.Group):
    """The verbs of `verbs.VERBS`, loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the base class's signature
        """Return the names of all verbs."""
        return [verb.name for verb in verbs.VERBS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of a verb, or None."""
        verb = verbs.BY_NAME.get(cmd_name)
        return None if verb is None else load(verb)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the common options out, wherever they stand."""
        options, rest = take(args)
        ctx.obj = State(options)
        ctx.call_on_close(ctx.obj.close)
        if options.version:
            sys.stdout.write(version_text())
            ctx.exit()
        if rest and rest[0] == "help":
            rest = [*rest[1:2], "--help"]
        return super().parse_args(ctx, rest)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the verb, or name the nearest one."""
        if args and args[0] not in verbs.BY_NAME:
            raise InvalidSetting(f"`{args[0]}` is no verb", hint=_nearest_verb(args[0]))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; a reader that went away is told apart here, because click would exit with 1."""
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, ReaderGone):
            raise ReaderGone from None

    def get_help(self, ctx: click.Context) -> str:  # noqa: ARG002
        """Return the help of the program."""
        return verbs.root_help().rstrip("\n")

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Run the program and exit."""
        arguments = list(sys.argv[1:] if args is None else args)
        extra.update(prog_name="eventide", standalone_mode=False)
        code = guarded(lambda: super(Group, self).main(arguments, **extra), _peek(arguments))
        sys.exit(code)


def load(verb: verbs.Verb) -> click.Command:
    """Return the command of a verb, its module imported now."""
    module = import_module(f"eventide.cli.commands.{verb.module}")
    command: click.Command = getattr(module, verb.name)
    return command


def _nearest_verb(word: str) -> str:
    import difflib  # noqa: PLC0415 - only on the way to an error

    near = difflib.get_close_matches(word, list(verbs.BY_NAME), n=1, cutoff=0.5)
    return f"did you mean `eventide {near[0]}`?" if near else "eventide --help"


def _peek(arguments: list[str]) -> Options:
    """Return the common options for reporting errors, even when they themselves are wrong."""
    try:
        return take(arguments)[0]
    except InvalidSetting:
        return Options(debug="--debug" in arguments)


def guarded(action: Any, options: Options) -> int:
    """Run `action` and return the exit code, every error reported."""
    try:
        code = action()
        sys.stdout.flush()
    except (BrokenPipeError, ReaderGone):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - the interpreter's last flush goes there
        return 0
    except (KeyboardInterrupt, EOFError):
        return errors.EXIT_INTERRUPTED
    except click.Abort:
        return errors.EXIT_INTERRUPTED
    except click.ClickException as error:
        usage = EventideError(" ".join(error.format_message().split()), hint=_usage_hint(error))
        errors.report(usage, debug=options.debug, color=options.color or "auto")
        return int(error.exit_code)
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes one message and an exit code
        return errors.report(error, debug=options.debug, color=options.color or "auto")
    return code if isinstance(code, int) else 0


def _usage_hint(error: Any) -> str:
    path = getattr(getattr(error, "ctx", None), "command_path", "eventide")
    return f"{path} --help"


def version_text() -> str:
    """Return the versions of the program and of what it writes."""
    from eventide._version import __version__  # noqa: PLC0415
    from eventide.journal.records import FORMAT_VERSION  # noqa: PLC0415
    from eventide.layout import STORE_VERSION  # noqa: PLC0415

    return f"eventide {__version__} (store format {STORE_VERSION}, journal format {FORMAT_VERSION})\n"


@click.group(
    cls=Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.pass_context
def app(context: click.Context) -> None:
    """Track experiments locally."""
    if context.invoked_subcommand is None:
        sys.stdout.write(verbs.root_help())
