"""The documents against the code: what they name exists, and what exists is named."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import eventide
import eventide.errors
from eventide.cli.options import GLOBAL_OPTIONS
from eventide.cli.program import app
from eventide.settings import SETTINGS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    path
    for path in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if path.is_file()
]
REFERENCE = ROOT / "docs" / "reference"

ARCHITECTURE_LINES = 200
_ROOTS = ("src/", "tests/", "docs/", "examples/", "benchmarks/", "scripts/", "web/", "changelog.d/", ".ci/")
_FENCE = re.compile(r"^ *(`{3,})([^\n`]*)\n(.*?)^ *\1 *$", re.DOTALL | re.MULTILINE)
_SHELL = {"", "bash", "console", "sh", "shell", "text"}

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def _spans(document: Path) -> list[str]:
    """Return the inline code of a document."""
    return re.findall(r"`([^`\n]+)`", _FENCE.sub("", document.read_text(encoding="utf-8")))


def _blocks(document: Path) -> list[tuple[str, str]]:
    """Return the code blocks of a document: language, text."""
    found = _FENCE.findall(document.read_text(encoding="utf-8"))
    return [(language.split()[0] if language.strip() else "", text) for _, language, text in found]


# --- what the documents name exists ---------------------------------------------------------------------------------------


@every_document
def test_paths_exist(document: Path) -> None:
    """A path of the repository in code, and a relative link, lead somewhere."""
    missing = [span for span in _spans(document) if span.startswith(_ROOTS) and not _path_exists(span)]
    for link in re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", document.read_text(encoding="utf-8"))):
        target = link.partition("#")[0]
        if target and "://" not in target and not target.startswith("mailto:"):
            missing += [] if (document.parent / target).exists() else [link]
    assert missing == []


def _path_exists(span: str) -> bool:
    path = re.sub(r":\d+$", "", span.split(maxsplit=1)[0]).rstrip("/")
    if re.search(r"[<{…]", path):
        return True  # a pattern for the reader
    return any(ROOT.glob(path)) if "*" in path else (ROOT / path).exists()


@every_document
def test_commands_exist(document: Path) -> None:
    """A command line in the documents is one the program would understand."""
    complaints = [problem for line in _command_lines(document) for problem in _problems(line)]
    assert complaints == []


def _command_lines(document: Path) -> Iterator[str]:
    lines = [line for language, text in _blocks(document) if language in _SHELL for line in text.splitlines()]
    for line in [*_spans(document), *lines]:
        plain = re.sub(r"'[^']*'|\"[^\"]*\"", "VALUE", line.strip().removeprefix("$ "))
        first = re.split(r"[|;&#>]", plain)[0].strip()
        if re.match(r"eventide +[a-z-]", first):
            yield first


def _problems(line: str) -> Iterator[str]:
    command: Any = app
    known = _options(command) | set(GLOBAL_OPTIONS)
    for word in line.split()[1:]:
        if word == "--":
            return  # what follows goes to somebody else
        if word.startswith("-"):
            if word.startswith("--") and word.partition("=")[0] not in known:
                yield f"{line}: no option {word}"
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z-]*", word):
            found = command.get_command(click.Context(command), word)
            if found is None:
                yield f"{line}: no command {word}"
                return
            command = found
            known |= _options(command)


def _options(command: Any) -> set[str]:
    names = {name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts]}
    return names | {"--help"}


@every_document
def test_settings_exist(document: Path) -> None:
    """An environment variable in the documents is one that is read."""
    variables = {setting.env for setting in SETTINGS if setting.env}
    unknown = [
        name
        for name in re.findall(r"\bEVENTIDE_[A-Z0-9_]*[A-Z0-9]", document.read_text(encoding="utf-8"))
        if name not in variables and not any(variable.startswith(f"{name}_") for variable in variables)
    ]
    assert unknown == []


@every_document
def test_python_names_exist(document: Path) -> None:
    """`eventide.something` in code is a public name or a module, with the attributes that are written behind it."""
    code = [*_spans(document), *(text for _, text in _blocks(document))]
    names = {name for text in code for name in re.findall(r"(?<![\w./@-])eventide((?:\.[A-Za-z_]\w*)+)", text)} - {
        ".toml"
    }
    assert sorted(f"eventide{name}" for name in names if not _resolves(name.lstrip(".").split("."))) == []


def _resolves(names: list[str]) -> bool:
    value: Any = eventide
    public = {*eventide.__all__, "__version__"}
    for depth, name in enumerate(names):
        module = ".".join(["eventide", *names[: depth + 1]])
        if hasattr(value, "__path__") and importlib.util.find_spec(module):
            value = importlib.import_module(module)
        elif value is eventide and name not in public:
            return False
        elif hasattr(value, name):
            value = getattr(value, name)
        else:
            return inspect.isclass(value) and any(name in vars(c).get("__annotations__", {}) for c in value.__mro__)
    return True


# --- what exists is documented --------------------------------------------------------------------------------------------


@functools.cache
def _reference() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(REFERENCE.glob("*.md")))


def _undocumented(described: dict[str, str | None]) -> list[str]:
    """Return the names without a description, or that the reference does not name."""
    return [
        name
        for name, description in described.items()
        if not (description or "").strip() or not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", _reference())
    ]


def test_every_setting_is_documented() -> None:
    """Every setting has a description, and is in the reference."""
    assert _undocumented({setting.env or setting.name: setting.help for setting in SETTINGS}) == []


def test_every_command_is_documented() -> None:
    """Every command has a help text, and is in the reference."""
    assert _undocumented(dict(_helps(app, "eventide"))) == []


def _helps(group: Any, path: str) -> Iterator[tuple[str, str | None]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield f"{path} {name}", command.help


def test_every_public_name_is_documented() -> None:
    """Every function and class in `__all__` has a docstring, and every name is in the reference."""
    values = {name: getattr(eventide, name) for name in eventide.__all__}
    assert _undocumented({name: value.__doc__ if callable(value) else name for name, value in values.items()}) == []


def test_every_error_is_documented() -> None:
    """Every error has a docstring of its own, and is in the reference."""
    errors = {
        name: value.__dict__.get("__doc__")
        for name, value in vars(eventide.errors).items()
        if isinstance(value, type) and issubclass(value, (eventide.errors.EventideError, Warning))
    }
    assert _undocumented(errors) == []


@pytest.mark.process
def test_reference_is_fresh() -> None:
    """The generated reference is what the code would generate now."""
    script = [sys.executable, str(ROOT / "scripts" / "reference.py"), "--check"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    answer = subprocess.run(script, check=False, capture_output=True, text=True, env=env)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_architecture_is_short() -> None:
    """ARCHITECTURE.md can be read in one sitting."""
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= ARCHITECTURE_LINES
