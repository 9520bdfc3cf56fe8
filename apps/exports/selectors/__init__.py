"""Reading exports: the doors to one, the list, what is left of the numbers."""

from __future__ import annotations

from apps.exports.selectors.doors import access_export, access_export_by_key, visible_to_key
from apps.exports.selectors.limits import Limits, limits_of
from apps.exports.selectors.listing import ExportRow, contents_of, download_name, export_rows
from apps.exports.selectors.taking import file_facts

__all__ = [
    "ExportRow",
    "Limits",
    "access_export",
    "access_export_by_key",
    "contents_of",
    "download_name",
    "export_rows",
    "file_facts",
    "limits_of",
    "visible_to_key",
]
