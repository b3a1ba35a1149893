"""The shape of the code: sizes, docstrings, cycles, names, and what an import loads."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"

MODULE_LINES = 600
FUNCTION_LINES = 80

# "module" or "module:function" that may exceed a limit, and why.
TOO_LONG: dict[str, str] = {}

VAGUE_NAMES = {"common", "helper", "helpers", "misc", "util", "utils"}
# Folders that bear such a name all the same, and why.
VAGUE_FOLDERS = {
    "src/eventide/compat/tmt/utils": "old scripts import `tmt.utils.duplicates`",
    "src/eventide/compat/tmt/history": "old scripts import `tmt.history.utils`",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _module_name(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module_name(path): path for path in _files("src")}


def _excess() -> dict[str, str]:
    """Return everything in the package that is beyond a limit, with its size."""
    found = {}
    for name, path in MODULES.items():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MODULE_LINES:
            found[name] = f"{lines} lines, at most {MODULE_LINES}"
        for function in _functions(_tree(path)):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > FUNCTION_LINES:
                found[f"{name}:{function.name}"] = f"{lines} lines, at most {FUNCTION_LINES}"
    return found


def test_nothing_is_too_long() -> None:
    """No module and no function of the package is beyond its limit, unless listed with a reason."""
    assert {name: size for name, size in _excess().items() if name not in TOO_LONG} == {}


def test_no_exception_is_stale() -> None:
    """What is listed as too long still is, and has a reason."""
    assert set(_excess()) >= set(TOO_LONG)
    assert all(TOO_LONG.values())


def test_every_module_says_what_it_is() -> None:
    """Every module has a docstring."""
    silent = [_label(path) for path in _files("src", "tests", "scripts") if not ast.get_docstring(_tree(path))]
    assert silent == []


def test_every_test_says_what_it_shows() -> None:
    """Every test function has a docstring."""
    silent = [
        f"{_label(path)}:{function.lineno} {function.name}"
        for path in _files("tests")
        if path.name.startswith("test_")
        for function in _functions(_tree(path))
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    """No module or folder is called utils, helpers, common or the like."""
    vague = [
        _label(path)
        for path in _files("src", "tests")
        if VAGUE_NAMES & {path.stem, *path.relative_to(ROOT).parent.parts}
        and path.relative_to(ROOT).parent.as_posix() not in VAGUE_FOLDERS
    ]
    assert vague == []


def _is_for_types_only(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _imports_at_run_time(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports that run when a module is imported: not those in functions, not those for types."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        elif isinstance(child, ast.If) and _is_for_types_only(child.test):
            for statement in child.orelse:
                yield from _imports_at_run_time(ast.Module(body=[statement], type_ignores=[]))
        else:
            yield from _imports_at_run_time(child)


def _imported_modules(name: str, path: Path) -> set[str]:
    """Return the modules of the package that importing this module names."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    named: set[str] = set()
    for statement in _imports_at_run_time(_tree(path)):
        if isinstance(statement, ast.Import):
            named |= {alias.name for alias in statement.names}
            continue
        base = statement.module or ""
        if statement.level:
            parents = package.split(".")[: len(package.split(".")) - statement.level + 1]
            base = ".".join([*parents, *filter(None, [base])])
        for alias in statement.names:
            deeper = f"{base}.{alias.name}"
            named.add(deeper if deeper in MODULES else base)
    return (named & MODULES.keys()) - {name}


def test_no_import_cycle() -> None:
    """Modules do not import each other in a circle when they are loaded."""
    graph = {name: _imported_modules(name, path) for name, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def _loaded_by(code: str) -> set[str]:
    """Return the top-level modules outside the standard library that a fresh interpreter loads for `code`."""
    script = f"import sys; before = set(sys.modules)\n{code}\nimport json; print(json.dumps(sorted(set(sys.modules) - before)))"
    answer = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )
    names = {name.partition(".")[0] for name in json.loads(answer.stdout.splitlines()[-1])}
    return {name for name in names if name not in sys.stdlib_module_names and not name.startswith("__mp_")}


@pytest.mark.process
def test_import_loads_only_orjson() -> None:
    """`import eventide` loads nothing outside the standard library but orjson, and that only when it is needed."""
    assert _loaded_by("import eventide") <= {"eventide", "orjson"}


@pytest.mark.process
def test_logging_loads_only_orjson_and_the_sampler(store_dir: Path) -> None:
    """The first `log` has loaded no DuckDB, Arrow, pandas or numpy; psutil belongs to the sampling thread."""
    code = f"import eventide\nrun = eventide.init(dir={str(store_dir)!r})\nrun.log(loss=1.0)"
    assert _loaded_by(code) <= {"eventide", "orjson", "psutil"}
