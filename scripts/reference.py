"""Write docs/reference from the code: settings, command line, errors, Python names.

python scripts/reference.py            writes the pages
python scripts/reference.py --check    writes nothing; names the pages that are stale and exits with 1
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

import eventide
import eventide.errors
from eventide.cli.program import app
from eventide.cli.verbs import root_help
from eventide.settings import SETTINGS

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
MARK = "<!-- Written by scripts/reference.py; change the code, then run `make docs`. -->"

_SECTION = re.compile(r"(Args|Attributes|Examples?|Raises|Returns|Yields|Note):$")


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description="Write docs/reference from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    check = parser.parse_args().check
    stale = []
    for name, page in PAGES.items():
        path = REFERENCE / f"{name}.md"
        text = f"{MARK}\n\n{page().strip()}\n"
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        print(("stale, run `make docs`: " if check else "written: ") + ", ".join(stale))
    return 1 if check and stale else 0


def settings_page() -> str:
    """Return the settings as a table."""
    intro = "A value comes from an argument, else from the environment variable, else from the [configuration file](../guides/configuration.md), else from the default."
    rows = [
        (f"`{s.name}`", f"`{s.env}`" if s.env else "", _default(s.default), s.help + _choices(s.choices))
        for s in SETTINGS
    ]
    return f"# Settings\n\n{intro}\n\n" + _table(("Setting", "Variable", "Default", "Meaning"), rows)


def errors_page() -> str:
    """Return the errors as a table, the narrower ones below the wider ones they belong to."""
    rows = []
    for depth, error in _error_tree(eventide.errors.EventideError, 0):
        name = "&emsp;" * depth + f"`{error.__name__}`"
        first = (inspect.getdoc(error) or "").partition("\n\n")[0].replace("\n", " ")
        rows.append((name, f"`{error.code}`", str(error.exit_code), str(error.http_status), first))
    warnings = [(f"`{w.__name__}`", _first_line(w)) for w in _own(eventide.errors, Warning)]
    text = "# Errors\n\n" + _table(("Error", "Code", "Exit status", "HTTP status", "Meaning"), rows)
    if warnings:
        text += "\n\n## Warnings\n\n" + _table(("Warning", "Meaning"), warnings)
    return text


def cli_page() -> str:
    """Return what the program says about itself, and every verb with its examples and options."""
    parts = ["# Command line", f"```text\n{root_help().strip()}\n```", _CLI_RULES]
    context = click.Context(app)
    for name in app.list_commands(context):
        command = app.get_command(context, name)
        if command is not None:
            parts += [f"## eventide {name}", *_verb(name, command)]
    return "\n\n".join(part for part in parts if part)


def python_page() -> str:
    """Return every public name with its signature and docstring."""
    parts = ["# Python", "Every name is reached as `eventide.<name>`; importing `eventide` loads none of them."]
    for name in sorted(eventide.__all__, key=str.lower):
        parts += _public_name(name, getattr(eventide, name))
    return "\n\n".join(part for part in parts if part)


PAGES: dict[str, Callable[[], str]] = {
    "settings": settings_page,
    "cli": cli_page,
    "errors": errors_page,
    "python": python_page,
}


# --- the command line -----------------------------------------------------------------------------------------------------

_CLI_RULES = """\
Exit status: 0 ok, 1 failed, 2 usage, 3 nothing matched (with `--fail-empty`), 4 the store is damaged or newer, 5 partly done,
130 interrupted. Data goes to stdout, everything else to stderr.

`--json` gives one document: `schema_version` (1; it goes up when a field is renamed, removed or changes its meaning), `total`, and the rows
under the name of what they are (`runs`, `groups`, `keys`, `points`, `differences`, ...); `--jsonl` gives the rows alone, one a line.
Numbers have full precision, times are ISO 8601 in UTC, keys are never renamed. What JSON cannot say is null, and the row's `nonfinite`
names it by dotted path: `{"last.loss": "NaN"}`. `--json=FIELDS` takes these fields only, `--json help` lists them."""


def _verb(name: str, command: click.Command) -> list[str]:
    summary, examples, *rest = [*inspect.cleandoc(command.help or "").split("\n\n"), ""]
    places = [str(p.metavar or p.name) for p in command.params if isinstance(p, click.Argument)]
    usage = f"```console\n{' '.join(['eventide', name, *places, '[OPTIONS]'])}\n```"
    return [
        summary,
        usage,
        f"```console\n{textwrap.dedent(examples)}\n```" if examples else "",
        *rest,
        _options(command),
    ]


def _options(command: click.Command) -> str:
    rows = []
    for option in command.params:
        if isinstance(option, click.Option):
            names = ", ".join(f"`{name}`" for name in option.opts) + (f" {option.metavar}" if option.metavar else "")
            default = "" if option.is_flag or option.multiple else _default(option.default)
            rows.append((names, default, (option.help or "").strip()))
    return _table(("Option", "Default", "Meaning"), rows) if rows else ""


# --- errors ---------------------------------------------------------------------------------------------------------------


def _own(module: Any, base: type) -> list[Any]:
    """Return the classes that a module defines below a base, in the order in which it defines them."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
    ]


def _error_tree(error: Any, depth: int) -> Iterator[tuple[int, Any]]:
    yield depth, error
    for narrower in _own(eventide.errors, error):
        if error in narrower.__bases__:
            yield from _error_tree(narrower, depth + 1)


# --- Python names ---------------------------------------------------------------------------------------------------------


class _Verbatim:
    """Something whose repr is a given text: annotations without quotes, defaults without addresses."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _public_name(name: str, value: Any) -> list[str]:
    if inspect.isclass(value):
        return [f"## {name}", _signature(name, value), _document(value), *_members(name, value)]
    if callable(value):
        return [f"## {name}", _signature(name, value), _document(value)]
    if inspect.ismodule(value):
        return [f"## {name}", f"The module `{value.__name__}`.", _document(value)]
    return [f"## {name}", f"`{type(value).__name__}`"]


def _members(name: str, cls: type) -> list[str]:
    """Return the public methods and properties that a class defines, in alphabetical order."""
    if issubclass(cls, BaseException):
        return []
    parts: list[str] = []
    own = {
        member: raw
        for base in reversed(cls.__mro__)
        if base.__module__.startswith("eventide")
        for member, raw in vars(base).items()
    }
    for member, raw in sorted(own.items()):
        value = getattr(cls, member, None)
        if member.startswith("_") or not (callable(value) or isinstance(raw, property)):
            continue
        signature = "" if isinstance(raw, property) else _signature(f"{name}.{member}", value)
        parts += [f"### {name}.{member}", signature, _document(raw if isinstance(raw, property) else value)]
    return parts


def _signature(name: str, value: Any) -> str:
    if inspect.isclass(value) and issubclass(value, BaseException):
        return ""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    parameters = []
    for parameter in signature.parameters.values():
        if parameter.name in {"self", "cls"}:
            continue
        changes: dict[str, Any] = {}
        if parameter.default is not inspect.Parameter.empty:
            changes["default"] = _Verbatim(_without_addresses(repr(parameter.default)))
        if isinstance(parameter.annotation, str):
            changes["annotation"] = _Verbatim(parameter.annotation)
        parameters.append(parameter.replace(**changes))
    returned = signature.return_annotation
    if inspect.isclass(value) or returned is None:
        returned = inspect.Signature.empty
    elif isinstance(returned, str):
        returned = _Verbatim(returned)
    return f"```python\n{name}{signature.replace(parameters=parameters, return_annotation=returned)}\n```"


def _document(value: Any) -> str:
    """Return a docstring as Markdown: its sections become lists, its examples code."""
    lines: list[str] = []
    section = ""
    for line in (inspect.getdoc(value) or "").splitlines():
        if heading := _SECTION.match(line):
            section = heading[1]
            lines += ["", f"**{section}**", "", *(["```python"] if section.startswith("Example") else [])]
        elif section and line and not line.startswith(" "):
            lines += [*_end(section), "", line]
            section = ""
        elif section.startswith("Example"):
            lines.append(line.removeprefix("    "))
        elif section and section != "Note" and re.match(r" {4}\S", line):
            lines.append(f"- {_item(line.strip(), named=section not in {'Returns', 'Yields'})}")
        else:
            indent = "  " if section and section != "Note" and line else ""
            lines.append(indent + line.strip() if section else line)
    lines += _end(section)
    text = "\n".join(lines)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"\n+```$", "\n```", text)).strip()


def _end(section: str) -> list[str]:
    return ["```"] if section.startswith("Example") else []


def _item(text: str, *, named: bool) -> str:
    name, colon, meaning = text.partition(":")
    return f"`{name}`:{meaning}" if named and colon else text


# --- text -----------------------------------------------------------------------------------------------------------------


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    )


def _choices(choices: Sequence[object]) -> str:
    """Return a sentence that lists what a value can be; nothing where it is free, or one word is a mere addition."""
    return f" One of: {', '.join(f'`{choice}`' for choice in choices)}." if len(choices) > 1 else ""


def _default(value: Any) -> str:
    if value in (None, "", (), []) or callable(value) or "Sentinel" in type(value).__name__:
        return ""
    value = getattr(value, "value", value)
    return f"`{_without_addresses(value if isinstance(value, str) else repr(value))}`"


def _without_addresses(text: str) -> str:
    return re.sub(r"<([\w.]+)[^<>]* at 0x[0-9a-fA-F]+>", r"<\1>", text)


def _first_line(value: Any) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]


def _clean(text: str | None) -> str:
    return inspect.cleandoc((text or "").partition("\f")[0])


if __name__ == "__main__":
    sys.exit(main())
