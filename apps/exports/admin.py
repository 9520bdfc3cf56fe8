"""Exports as staff see them: who asked for what, how far it is. Nothing is changed here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.exports.models import ExportJob
from apps.exports.rules import kind_of


@admin.register(ExportJob)
class ExportJobAdmin(admin.ModelAdmin[ExportJob]):
    actions = None
    list_display = ("organization", "what", "format", "how_far", "rows", "how_large", "by", "created_at")
    list_filter = ("state", "format")
    list_select_related = ("organization", "made_by")
    search_fields = ("organization__name",)
    date_hierarchy = "created_at"
    fields = (
        "organization", "by", "what", "params", "format", "gzip", "how_far", "rows_total", "rows",
        "how_large", "sha256", "error", "created_at", "started_at", "ended_at", "expires_at",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("kind"), ordering="kind")
    def what(self, export: ExportJob) -> str:
        kind = kind_of(export.kind)
        return str(kind.label) if kind else export.kind

    @admin.display(description=_("state"), ordering="state")
    def how_far(self, export: ExportJob) -> str:
        return export.get_state_display()

    @admin.display(description=_("rows"), ordering="rows_done")
    def rows(self, export: ExportJob) -> str:
        return number_format(export.rows_done, force_grouping=True)

    @admin.display(description=_("size"), ordering="size")
    def how_large(self, export: ExportJob) -> str:
        return filesizeformat(export.size) if export.size is not None else "–"

    @admin.display(description=pgettext_lazy("export", "asked by"))
    def by(self, export: ExportJob) -> str:
        return str(export.made_by or export.key_name or "–")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
