"""Which files of a run hold metrics, which hold its log, and which are kept: defaults, and a TOML file that comes before them.

    defaults = true                      # whether the built-in rules still count, after these

    [[metrics]]
    files = ["results/*.csv"]            # patterns as in load_project; the first rule that matches a file has it
    reader = "csv"                       # csv json jsonl npy npz tensorboard; default: by the file's ending
    step = "epoch"                       # the column that is the step
    keys = ["loss", "acc"]               # only these; default: every number
    prefix = "val/"                      # put in front of each key

    [files]
    log = ["*.log"]                      # console text
    ignore = ["*.ckpt"]                  # neither read nor kept
    max_mb = 100                         # larger files are named, not copied

Invariant: a rule that could never work (an unknown reader, a misspelt entry) is refused when the file is read.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eventide.errors import InvalidSetting
from eventide.hydra.patterns import compile_patterns

READERS = ("csv", "json", "jsonl", "npy", "npz", "tensorboard")
FILE_NAME = "eventide-hydra.toml"
"""Looked for in the folder that is imported."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How the metrics of some files are read."""

    matches: Callable[[str], bool]
    reader: str = ""
    """Empty: by the file's ending."""
    step: str = ""
    keys: frozenset[str] | None = None
    prefix: str | None = None
    """None: the file's name is put in front where two files log the same key."""


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, the first that matches wins."""

    metrics: tuple[Rule, ...]
    is_log: Callable[[str], bool]
    is_ignored: Callable[[str], bool]
    max_bytes: int

    def of(self, name: str) -> Rule | None:
        """Return the rule for a file, given by its path inside the run; None when it holds no metrics."""
        return next((rule for rule in self.metrics if rule.matches(name)), None)


_DEFAULTS = (
    ("tensorboard", ("**/events.out.tfevents.*",)),
    ("csv", ("*.csv", "*.tsv", "**/metrics.csv")),
    ("jsonl", ("*.jsonl", "*.ndjson", "**/metrics.jsonl")),
    ("json", ("*.json",)),
    ("npy", ("*.npy",)),
    ("npz", ("*.npz",)),
)
_ENDINGS = {"csv": "csv", "tsv": "csv", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl", "npy": "npy", "npz": "npz"}


def reader_of(name: str) -> str:
    """Return the reader that a file's name asks for; the empty string when it asks for none."""
    base = name.rsplit("/", 1)[-1]
    return "tensorboard" if "tfevents" in base else _ENDINGS.get(base.rsplit(".", 1)[-1].lower(), "")


def default_rules() -> Rules:
    """Return the rules that hold without a file."""
    return make_rules({})


def read_rules(path: str | os.PathLike[str]) -> Rules:
    """Return the rules of a TOML file; raises InvalidSetting for one that cannot be read or means nothing."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            document = tomllib.load(file)
    except OSError as error:
        raise InvalidSetting(f"the rules `{path}` cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"the rules `{path}` are no TOML: {error}") from error
    return make_rules(document)


def make_rules(document: dict[str, Any]) -> Rules:
    """Return the rules that a parsed document means; raises InvalidSetting."""
    _check_names(document, {"defaults", "metrics", "files"}, "the rules")
    given = document.get("metrics", [])
    if not isinstance(given, list):
        raise InvalidSetting("`metrics` in the rules is no list of tables", hint='[[metrics]]\nfiles = ["*.csv"]')
    rules = [_rule(entry) for entry in given]
    if document.get("defaults", True):
        rules += [Rule(compile_patterns(patterns), reader) for reader, patterns in _DEFAULTS]
    files = document.get("files", {})
    _check_names(files, {"log", "ignore", "max_mb"}, "`files` in the rules")
    max_mb = files.get("max_mb", 100)
    if isinstance(max_mb, bool) or not isinstance(max_mb, (int, float)) or max_mb < 0:
        raise InvalidSetting(f"`max_mb = {max_mb!r:.40}` is no number of 0 or more")
    return Rules(
        metrics=tuple(rules),
        is_log=compile_patterns(_texts(files.get("log", ["*.log"]), "log")),
        is_ignored=compile_patterns(_texts(files.get("ignore", []), "ignore")),
        max_bytes=int(max_mb * 1_000_000),
    )


def _rule(entry: Any) -> Rule:
    _check_names(entry, {"files", "reader", "step", "keys", "prefix"}, "a rule")
    if "files" not in entry:
        raise InvalidSetting("a rule says no `files`", hint='files = ["*.csv"]')
    reader = entry.get("reader", "")
    if reader and reader not in READERS:
        raise InvalidSetting(f"`reader = {reader!r:.40}` is none of {', '.join(READERS)}")
    keys = entry.get("keys")
    return Rule(
        matches=compile_patterns(_texts(entry["files"], "files")),
        reader=reader,
        step=str(entry.get("step", "")),
        keys=None if keys is None else frozenset(_texts(keys, "keys")),
        prefix=None if "prefix" not in entry else str(entry["prefix"]),
    )


def _check_names(table: Any, known: set[str], what: str) -> None:
    if not isinstance(table, dict):
        raise InvalidSetting(f"{what} is no table")
    unknown = sorted(set(table) - known)
    if unknown:
        raise InvalidSetting(f"{what} cannot hold `{unknown[0]}`", hint=f"known: {', '.join(sorted(known))}")


def _texts(value: Any, what: str) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidSetting(f"`{what}` in the rules is no list of texts")
    return texts
