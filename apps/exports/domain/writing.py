"""Rows as bytes: CSV for spreadsheets, or one JSON object on each line."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import IO, Any

import orjson

from apps.core.csv_file import csv_cell
from apps.core.json_text import json_bytes
from apps.exports.enums import ExportFormat
from apps.exports.models import ExportJob

#: Types of which most cells are: written as they are (None: an empty cell).
_PLAIN = frozenset({int, float, type(None)})
_JSON = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


class PartWriter:
    """Writes rows of ``export`` to ``out``; the head too, if it is the ``first`` part.

    Each compressed part is a gzip member of its own: members one after another are one gzip file.
    """

    def __init__(self, export: ExportJob, out: IO[bytes], *, first: bool) -> None:
        self._columns: Sequence[str] = export.columns
        packed = gzip.GzipFile(fileobj=out, mode="wb", mtime=0) if export.gzip else None
        self._out: Any = packed or out
        self._packed = packed
        self._text: io.TextIOWrapper | None = None
        if export.format == ExportFormat.CSV:
            self._text = io.TextIOWrapper(self._out, encoding="utf-8", newline="", write_through=False)
            self._csv = csv.writer(self._text)
            if first:
                # The mark by which Excel knows UTF-8.
                self._text.write("\ufeff")
                self._csv.writerow([csv_cell(name) for name in self._columns])

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._text is not None:
            self._text.flush()
            self._text.detach()
        if self._packed is not None:
            self._packed.close()

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        if self._text is not None:
            self._csv.writerows(
                [value if type(value) in _PLAIN else csv_cell(_flat(value)) for value in row] for row in rows
            )
            return
        for row in rows:
            line = dict(zip(self._columns, row, strict=True))
            self._out.write(json_bytes(line, _JSON) + b"\n")


def _flat(value: Any) -> Any:
    """A cell has no structure: lists and objects are written as JSON, yes and no as in JSON."""
    if isinstance(value, dict | list):
        return json_bytes(value).decode()
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value
