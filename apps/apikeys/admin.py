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


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    list_display = ("name", "lookup", "organization", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("organization",)
    search_fields = ("name", "lookup", "organization__name")
    list_select_related = ("organization",)
    fields: ClassVar[tuple[str, ...]] = (
        "name",
        "lookup",
        "organization",
        "scopes",
        "trials",
        "created_by",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    readonly_fields = fields
    actions = ("revoke",)

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
