"""Excel files: written row by row into a temporary file, with every text a text, never a formula."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from typing import IO, Any

from xlsxwriter import Workbook

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What one cell of Excel holds.
MOST = 32_767
_OPTIONS = {
    # Rows leave the memory as they are written.
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def xlsx_file(rows: Iterable[Sequence[Any]], *, sheet: str) -> IO[bytes]:
    """An open temporary file (deleted when closed) with ``rows``; the first is the head.

    ``None`` is an empty cell; numbers are numbers; everything else is a text that Excel keeps a text
    even when a person edits it.
    """
    target = tempfile.TemporaryFile()  # noqa: SIM115 -- the answer closes it
    book = Workbook(target, _OPTIONS)
    head = book.add_format({"bold": True, "quote_prefix": True})
    text = book.add_format({"quote_prefix": True, "valign": "top"})
    page = book.add_worksheet(sheet[:31])
    page.freeze_panes(1, 1)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, int | float) and not isinstance(value, bool):
                page.write_number(number, column, value)
            elif value is not None and value != "":
                page.write_string(number, column, str(value)[:MOST], head if number == 0 else text)
    book.close()
    target.seek(0)
    return target
