"""What can be exported, and how files are named."""

from __future__ import annotations

from apps.exports.rules.kinds import Contents, ExportKind, Page, kind_of, kinds, register_export
from apps.exports.rules.names import content_type, file_name

__all__ = [
    "Contents",
    "ExportKind",
    "Page",
    "content_type",
    "file_name",
    "kind_of",
    "kinds",
    "register_export",
]
