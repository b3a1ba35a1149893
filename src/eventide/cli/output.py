"""One rule for the output of every verb.

A terminal gets a table cut to its width; a pipe gets TSV: no header, no colour, nothing cut, absolute ISO times, full precision. JSON
is explicit and carries `schema_version`; what JSON cannot say (NaN, infinities) is null, and the row's `nonfinite` names it.
Invariant: data goes to stdout and talk to stderr; no control character that was logged reaches a terminal; logged keys are never renamed.
"""

from __future__ import annotations

import csv
import io
import math
import re
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click
import orjson

from eventide import settings
from eventide.cli import terminal
from eventide.cli.options import HELP_FIELD, Options
from eventide.clock import SYSTEM_CLOCK, Clock, iso
from eventide.errors import InvalidSetting
from eventide.table import fields, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SCHEMA_VERSION = 1
"""Goes up when a field of the JSON output is renamed, removed or changes its meaning; new fields do not count."""
EXIT_EMPTY = 3
_JSON_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NONFINITE = "nonfinite"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a listing; `kind` is text, number, time, duration, size, status or tree."""

    name: str
    kind: str = "text"
    title: str = ""
    """Heading on a terminal when it is not the name."""
    goal: str = ""
    """`max` or `min`: the best value is set off on a terminal."""
    wide: bool = False
    """Whether it may be shortened before columns are left out."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows to show, one list of plain values per row."""

    name: str
    columns: Sequence[Column]
    rows: list[list[Any]]
    total: int | None = None
    """Rows there are in all, when `rows` is only the first of them."""
    extra: dict[str, Any] = field(default_factory=dict)
    """More entries of the JSON document."""


class Output:
    """Where a verb's answer goes, in the format that was asked for."""

    def __init__(self, options: Options, *, clock: Clock = SYSTEM_CLOCK) -> None:
        asked = options.format or settings.get("format")
        self.is_terminal = terminal.is_terminal(sys.stdout)
        self.format: str = asked or ("table" if self.is_terminal else "tsv")
        self.was_asked = asked is not None
        self.fields = options.fields
        color = settings.get("color", options.color)
        self.color = terminal.wants_color(color, sys.stdout)
        self.talk_color = terminal.wants_color(color, sys.stderr)
        self.fail_empty = options.fail_empty
        self.now = clock.time()

    @property
    def is_table(self) -> bool:
        """Whether people read it."""
        return self.format == "table"

    @property
    def is_json(self) -> bool:
        """Whether it is JSON or JSON lines."""
        return self.format in ("json", "jsonl")

    def say(self, text: str, *, style: str = "") -> None:
        """Write a line of talk to stderr."""
        sys.stderr.write(terminal.paint(values.printable(text), style, color=self.talk_color) + "\n")

    def write(self, text: str) -> None:
        """Write text that is already safe to stdout."""
        sys.stdout.write(text)

    def emit(self, listing: Listing) -> None:
        """Write a listing; exits with 3 when it is empty and `--fail-empty` was given."""
        if self.is_json and self.fields:
            if self.fields == (HELP_FIELD,):
                self.write("".join(f"{column.name}\n" for column in listing.columns))
                return
            listing = pick(listing, self.fields)
        _WRITERS[self.format](self, listing)
        if not listing.rows and self.fail_empty:
            raise click.exceptions.Exit(EXIT_EMPTY)

    def emit_object(
        self, name: str, content: dict[str, Any], human: Callable[[], str], *, times: Iterable[str] = ()
    ) -> None:
        """Write one thing: `human()` on a terminal, else field and value lines, or one JSON object."""
        moments = frozenset(times)
        if self.is_json:
            columns = [Column(key, "time" if key in moments else "tree") for key in content]
            if self.fields:
                self.emit(Listing(name, columns, [list(content.values())]))
                return
            document = json_row(columns, list(content.values()))
            self.write(
                json_text({"schema_version": SCHEMA_VERSION, name: document} if self.format == "json" else document)
            )
        elif self.is_table:
            self.write(human())
        else:
            rows = [
                [key, iso(value) if key in moments and value is not None else value] for key, value in flatten(content)
            ]
            self.emit(Listing(name, (Column("field"), Column("value")), rows))


def flatten(content: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield the leaves of nested dicts by dotted path."""
    for key, value in content.items():
        if isinstance(value, dict) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def pick(listing: Listing, names: Sequence[str]) -> Listing:
    """Return a listing with some of its columns only; raises InvalidSetting with the nearest name for one it has not."""
    places = {column.name: place for place, column in enumerate(listing.columns)}
    chosen = [places.get(fields.ALIASES.get(name, name), places.get(name)) for name in names]
    for name, place in zip(names, chosen, strict=True):
        if place is None:
            import difflib  # noqa: PLC0415 - only on the way to an error

            near = difflib.get_close_matches(name, list(places), n=1, cutoff=0.0)
            raise InvalidSetting(
                f"`{name}` is no field of this answer",
                hint=f"did you mean `{near[0]}`? --json help lists all" if near else "",
            )
    kept = [place for place in chosen if place is not None]
    return replace(
        listing,
        columns=[listing.columns[place] for place in kept],
        rows=[[row[place] for place in kept] for row in listing.rows],
    )


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def json_value(value: Any, path: str, nonfinite: dict[str, str]) -> Any:  # noqa: PLR0911 - one return per kind of value
    """Return a value as JSON can say it; what it cannot is null, and noted in `nonfinite` by dotted path."""
    if isinstance(value, float) and not math.isfinite(value):
        nonfinite[path] = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return None
    if isinstance(value, dict):
        return {str(key): json_value(item, f"{path}.{key}", nonfinite) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [json_value(item, f"{path}.{place}", nonfinite) for place, item in enumerate(value)]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and -(2**63) <= value < 2**64):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def json_row(columns: Sequence[Column], row: Sequence[Any]) -> dict[str, Any]:
    """Return one row as a JSON object."""
    nonfinite: dict[str, str] = {}
    document = {
        column.name: values.moment(value)
        if column.kind == "time" and value is not None
        else json_value(value, column.name, nonfinite)
        for column, value in zip(columns, row, strict=True)
    }
    return {**document, _NONFINITE: nonfinite} if nonfinite else document


def json_text(document: Any, *, indent: bool = False) -> str:
    """Return a document as one line of JSON with no control character in it."""
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2 if indent else 0).decode()
    return _JSON_UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text) + "\n"


def _write_json(output: Output, listing: Listing) -> None:
    document = {
        "schema_version": SCHEMA_VERSION,
        "total": len(listing.rows) if listing.total is None else listing.total,
        **listing.extra,
        listing.name: [json_row(listing.columns, row) for row in listing.rows],
    }
    output.write(json_text(document, indent=output.is_terminal))


def _write_jsonl(output: Output, listing: Listing) -> None:
    for row in listing.rows:
        output.write(json_text(json_row(listing.columns, row)))


# ── text ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def exact_cell(column: Column, value: Any) -> str:
    """Return a cell for files and pipes: one line, full precision."""
    if column.kind == "time" and isinstance(value, int | float):
        return iso(value)
    return values.exact(value)


def _write_tsv(output: Output, listing: Listing) -> None:
    for row in listing.rows:
        output.write(
            "\t".join(exact_cell(column, value) for column, value in zip(listing.columns, row, strict=True)) + "\n"
        )


def _write_csv(output: Output, listing: Listing) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([values.printable_block(column.name) for column in listing.columns])
    for row in listing.rows:
        cells = zip(listing.columns, row, strict=True)
        writer.writerow(
            [
                values.printable_block(value) if isinstance(value, str) else exact_cell(column, value)
                for column, value in cells
            ]
        )
    output.write(buffer.getvalue())


def _md_cell(text: str) -> str:
    """Return a cell of a Markdown table: nothing in it is a bar, a tag or an escape."""
    return text.strip().replace("\\", "\\\\").replace("|", "\\|").replace("&", "&amp;").replace("<", "&lt;")


def _write_md(output: Output, listing: Listing) -> None:
    from eventide.cli.tables import shown_cells  # noqa: PLC0415

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(_md_cell(cell) for cell in cells) + " |\n"

    numeric = {"number", "size"}
    output.write(line(values.printable(column.title or column.name) for column in listing.columns))
    output.write("|" + "|".join("---:" if column.kind in numeric else "---" for column in listing.columns) + "|\n")
    columns = [
        shown_cells(column, [row[place] for row in listing.rows], None) for place, column in enumerate(listing.columns)
    ]
    for cells in zip(*columns, strict=True):
        output.write(line(cells))


def _write_table(output: Output, listing: Listing) -> None:
    from eventide.cli.tables import write_table  # noqa: PLC0415 - rich only where a table is drawn

    write_table(output, listing)


_WRITERS: dict[str, Callable[[Output, Listing], None]] = {
    "json": _write_json,
    "jsonl": _write_jsonl,
    "tsv": _write_tsv,
    "csv": _write_csv,
    "md": _write_md,
    "table": _write_table,
}
