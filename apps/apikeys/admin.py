"""API keys in the admin: looking and revoking; the secret is nowhere."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.apikeys.domain import api_key_revoke
from apps.apikeys.models import ApiKey
from apps.apikeys.selectors import refusals_of, usage_days


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    list_display = (
        "name",
        "lookup",
        "kind",
        "organization",
        "person",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = ("kind", "digest_mark", "organization")
    search_fields = ("name", "lookup", "organization__name", "person__email")
    list_select_related = ("organization", "person")
    fields: ClassVar[tuple[str, ...]] = (
        "name",
        "kind",
        "lookup",
        "organization",
        "person",
        "scopes",
        "trials",
        "networks",
        "created_by",
        "created_at",
        "expires_at",
        "replaces",
        "last_used_at",
        "last_used_from",
        "revoked_at",
        "digest_mark",
        "used",
        "refused",
    )
    readonly_fields = fields
    actions = ("revoke",)

    @admin.display(description=_("calls in 30 days"))
    def used(self, obj: ApiKey) -> str:
        """Let in, and refused because a limit was met."""
        days = usage_days(obj)
        text = _("%(calls)d, and %(refused)d refused for a limit")
        sums = {"calls": sum(day.calls for day in days), "refused": sum(day.refused for day in days)}
        return str(text) % sums

    @admin.display(description=_("refused at the door in 30 days"))
    def refused(self, obj: ApiKey) -> str:
        """From where the whole key was shown in vain."""
        rows = refusals_of(obj)
        return (
            ", ".join(f"{row.address or '…'}: {row.calls} ({row.get_reason_display()})" for row in rows)
            or "—"
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Revoke the chosen keys at once"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            api_key_revoke(key=key, actor=request.user)  # type: ignore[arg-type]
        text = ngettext("%(count)d key revoked.", "%(count)d keys revoked.", len(queryset))
        messages.success(request, text % {"count": len(queryset)})
