"""Write docs/reference from the code: settings, command line, errors, Python names.

python scripts/reference.py            writes the pages
python scripts/reference.py --check    writes nothing; names the pages that are stale and exits with 1
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
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
    intro = (
        "A value comes from an argument, else from the environment variable, else from the"
        " [configuration file](../guides/configuration.md), else from the default."
    )
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


def http_page() -> str:
    """Return every route of the server, by tag, with its parameters."""
    groups: dict[str, list[str]] = {}
    for path, methods in import_module("openapi").described()["paths"].items():
        for method, about in methods.items():
            text = [f"### {method.upper()} {path}", about.get("description", ""), _parameters(about)]
            groups.setdefault(about["tags"][0], []).extend(part for part in text if part)
    return "\n\n".join(
        ["# HTTP", _HTTP_RULES, *(part for tag, parts in groups.items() for part in (f"## {tag}", *parts))]
    )


PAGES: dict[str, Callable[[], str]] = {
    "settings": settings_page,
    "cli": cli_page,
    "errors": errors_page,
    "python": python_page,
    "http": http_page,
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


# --- HTTP -----------------------------------------------------------------------------------------------------------------

_HTTP_RULES = """\
Everything is JSON unless it says otherwise. Numbers that are not finite are the words `"NaN"`, `"Infinity"`, `"-Infinity"`; times are
seconds since the epoch, UTC. A run in a path is its id or a unique prefix of it; `q` is a [filter](filter.md); a comma within a name in a
list is written `\\,`. Bodies are JSON with `Content-Type: application/json`; members that are not known are refused. The models, with all
members, are in `/openapi.json` of a running server.

Errors are `application/problem+json`: `status`, `title`, `detail`, `hint`, `code` ([errors](errors.md)), and where they apply `position`
(of a filter), `nearest` (runs that are like the one that is not there) and `candidates`.

`POST /api/series` answers `application/vnd.eventide.series`: the bytes `EVS1`, the length of the header (u32, little-endian), the header
in JSON, padded with spaces so that 8 + length is a multiple of 8, then blocks, each on a multiple of 8. The header has `cursor`, `bins`,
`range` {`low`, `high`}, the places of `x` (bin centres) and `edges`, and `curves`: `run_id`, `key`, `group`, `points`, `nonfinite`,
`first_nonfinite_x`, `exact`, `extremes` (the points farthest outside the robust range), and `blocks`: `mean`, `min`, `max`, `count`; with
smoothing `raw`; of groups also `lo`, `hi`, `n`; of exact curves `x`, `y` and, where x is another, `step`. A place is {`offset` after the
header, `length` in bytes, `dtype` f4, f8 or u4}; curves may share blocks; bins without points are NaN. `robust` has, by key, the range of
the bulk and how many points lie `above` and `below`, where it differs from the whole by more than three times. `ETag` and `If-None-Match`
work.

The WebSocket `/api/changes?cursor=&project=` sends {"type": "hello", "cursor"}, then {"type": "changes", "cursor", "runs", "removed",
"total"} at most four times a second, and {"type": "ping"} when nothing happens for 15 s. With the last cursor a new connection goes on
where the old one ended.

Objects are sent as the type that is asked for when no browser can run it; HTML and SVG in a sandbox without network; all else to be
saved. One `Range` is honoured."""


def _parameters(about: dict[str, Any]) -> str:
    """Return the parameters and the body of a route as a table."""
    rows = []
    for each in about.get("parameters", ()):
        kind = each["schema"].get("type") or " or ".join(
            str(one.get("type", "")) for one in each["schema"].get("anyOf", ())
        )
        if "enum" in each["schema"]:
            kind = ", ".join(f"`{value}`" for value in each["schema"]["enum"])
        default = each["schema"].get("default")
        shown = "" if default in (None, "") else f"`{json.dumps(default)}`"
        rows.append((f"`{each['name']}`", kind.replace(" or null", ""), shown, each.get("description", "")))
    body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    text = _table(("Parameter", "Kind", "Default", "Meaning"), rows) if rows else ""
    if "$ref" not in body:
        return text
    return "\n\n".join(part for part in (text, f"Body: `{body['$ref'].rpartition('/')[2]}`.") if part)


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
