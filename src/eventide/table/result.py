"""What an SQL query answered, in the form one asks for.

Invariant: the rows are all there, in order, whichever form is asked for, and asking twice gives the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from eventide._optional import require

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class SqlResult:
    """All rows of one SQL answer; iterate for tuples, or take a frame."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._next = 0

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return list(self._table.column_names)

    def arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        return self._table

    def df(self) -> pd.DataFrame:
        """Return the rows as a pandas frame."""
        frame: pd.DataFrame = self._table.to_pandas()
        return frame

    def pl(self) -> Any:
        """Return the rows as a polars frame; raises MissingExtra without polars."""
        return require("polars", "polars").from_arrow(self._table)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows as tuples of Python values, those already fetched with `fetchone` left out."""
        rows = list(self._rows(self._next))
        self._next = len(self)
        return rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, or None after the last."""
        if self._next >= len(self):
            return None
        self._next += 1
        return tuple(column[self._next - 1].as_py() for column in self._table.columns)

    def _rows(self, start: int) -> Iterator[tuple[Any, ...]]:
        rest = self._table.slice(start)
        return zip(*(column.to_pylist() for column in rest.columns), strict=True) if rest.num_columns else iter(())

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows(0)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __repr__(self) -> str:
        return f"<SqlResult: {len(self)} rows of {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        from eventide.table.notebook import cells_html  # noqa: PLC0415 - only notebooks need it

        head = self._table.slice(0, 20)
        return cells_html(self.columns, [column.to_pylist() for column in head.columns], len(self))
