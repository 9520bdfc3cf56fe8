"""The record for staff: searched, filtered, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.audit.models import AuditEntry


class ValuesFilter(admin.AllValuesFieldListFilter):
    """Each value with a link that can be read, nothing at all included (acts on no object)."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            shown = str(choice["display"])
            nothing = not shown or shown.startswith(" (")
            yield {**choice, "display": f"—{shown}"} if nothing else choice


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin[AuditEntry]):
    list_display = ("at", "actor_label", "action", "object_label")
    list_filter = ("action", ("object_type", ValuesFilter))
    search_fields = ("actor_label", "action", "object_label", "object_id", "request_id")
    search_help_text = _("Person, act, object or request")
    date_hierarchy = "at"
    list_per_page = 50
    actions = None
    fields = (
        "at",
        "actor_label",
        "action",
        "object_type",
        "object_id",
        "object_label",
        "organization_id",
        "request_id",
        "data",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
