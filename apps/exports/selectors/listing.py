"""Exports as a list shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from apps.core import clock
from apps.exports.enums import ExportState
from apps.exports.models import ExportJob
from apps.exports.permissions import can_take_each
from apps.exports.rules import Contents, file_name, kind_of
from apps.organizations.models import Organization


@dataclass(frozen=True)
class ExportRow:
    """An export for one reader. ``may_take``: its file is there, and this reader may have it."""

    export: ExportJob
    contents: Contents
    may_take: bool


def contents_of(export: ExportJob) -> Contents:
    """What is in it, in the active language."""
    kind = kind_of(export.kind)
    if kind is None:
        return Contents(_("Data of a kind that is no longer exported"), "", "export")
    return kind.describe(export.params)


def export_rows(exports: Iterable[ExportJob], organization: Organization, actor: Any) -> list[ExportRow]:
    """A row for each of the organization's exports, in the same order."""
    every = list(exports)
    seen = can_take_each(actor, organization, every)
    return [
        ExportRow(export, contents_of(export), may_see and export.state == ExportState.DONE)
        for export, may_see in zip(every, seen, strict=True)
    ]


def download_name(export: ExportJob) -> str:
    """The file's name in the language it was asked in, with the day on which it was asked for."""
    with translation.override(export.language):
        stem = contents_of(export).stem
    return file_name(stem, clock.local_date(export.created_at), export.suffix)
