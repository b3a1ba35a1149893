"""The options every verb has, taken out of the arguments wherever they stand.

Invariant: what is left over is what the verb itself understands, in the order it was typed; nothing after `--` is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventide.errors import InvalidSetting
from eventide.table import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS = ("table", "tsv", "json", "jsonl", "csv", "md")
COLORS = ("auto", "always", "never")
_TEXTS = {"--store": "store", "--project": "project", "--format": "format", "--color": "color", "--colour": "color"}
_FLAGS = {"--debug": "debug", "--fail-empty": "fail_empty", "--version": "version"}
_CHOICES = {"format": FORMATS, "color": COLORS}
HELP_FIELD = "help"
GLOBAL_OPTIONS = (
    "--store",
    "--project",
    "--format",
    "--json",
    "--color",
    "--fail-empty",
    "--debug",
    "--version",
    "--help",
)


@dataclass(slots=True)
class Options:
    """Values of the options every verb has; None where nothing was typed."""

    store: str | None = None
    project: str | None = None
    format: str | None = None
    color: str | None = None
    fields: tuple[str, ...] | None = None
    """Fields after `--json`; () for all of them, None without `--json`."""
    debug: bool = False
    fail_empty: bool = False
    version: bool = False


def take(arguments: Sequence[str]) -> tuple[Options, list[str]]:
    """Return the options and the arguments that are left.

    Raises:
        InvalidSetting: an option lacks its value, or has one it cannot have.
    """
    options, rest, waiting = Options(), [], list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            rest += [argument, *waiting]
            break
        name, equals, value = argument.partition("=")
        if argument in _FLAGS:
            setattr(options, _FLAGS[argument], True)
        elif name in _TEXTS:
            setattr(options, _TEXTS[name], _checked(name, value if equals else _next(name, waiting)))
        elif name == "--json":
            options.format = "json" if options.format != "jsonl" else "jsonl"
            options.fields = tuple(fields.split(value if equals else _fields_after(waiting)))
        elif argument == "--jsonl":
            options.format = "jsonl"
        else:
            rest.append(argument)
    return options, rest


def _next(name: str, waiting: list[str]) -> str:
    if not waiting or waiting[0] == "--":
        raise InvalidSetting(f"the option `{name}` needs a value", hint="eventide --help")
    return waiting.pop(0)


def _checked(name: str, value: str) -> str:
    choices = _CHOICES.get(_TEXTS[name])
    if choices is not None and value not in choices:
        raise InvalidSetting(f"`{name}` cannot be `{value}`", hint=f"{name} {'|'.join(choices)}")
    return value


def _fields_after(waiting: list[str]) -> str:
    """Return the word after a bare `--json` if it can only be a list of fields; a filter or a run is left where it is."""
    if waiting and (waiting[0] == HELP_FIELD or all(map(_is_surely_field, waiting[0].split(",")))):
        return waiting.pop(0)
    return ""


def _is_surely_field(text: str) -> bool:
    head, dot, rest = text.partition(".")
    known = text in fields.BASE or text in fields.WHOLE
    return known or bool(
        dot and rest and (head in fields.AGGREGATES or head in ("config", "summary", "metric", "value"))
    )
