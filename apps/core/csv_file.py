"""CSV files for spreadsheets: UTF-8 with a mark that Excel knows, and no formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

CONTENT_TYPE = "text/csv; charset=utf-8"
#: How a formula may begin; Japanese spreadsheets take the full-width signs as well.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_cell(value: Any) -> Any:
    """``value`` for a CSV file: text that a spreadsheet would take for a formula is quoted."""
    if isinstance(value, str) and value[:1] in _FORMULA:
        return f"'{value}"
    return "" if value is None else value


class _Echo:
    """A file that hands back what is written: csv.writer makes the lines."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a file, one for each of ``rows``, for a streamed answer. Every cell is made safe."""
    writer = csv.writer(_Echo())
    for number, row in enumerate(rows):
        line = writer.writerow([csv_cell(value) for value in row])
        yield f"\ufeff{line}" if number == 0 else line
