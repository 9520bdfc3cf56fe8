"""Downlinks in the admin: looking at them, and another number a day for a trial."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.devices.admin.device import ReadOnly
from apps.devices.domain.downlinks import downlink_limit_delete, downlink_limit_save
from apps.devices.models import Downlink, DownlinkLimit


@admin.register(Downlink)
class DownlinkAdmin(ReadOnly, admin.ModelAdmin[Downlink]):
    list_display = ("created_at", "device", "f_port", "confirmed", "state", "reason")
    list_filter = ("state",)
    search_fields = ("device__name", "device__dev_eui", "device__trial__code")
    list_select_related = ("device",)
    fields = (
        "device",
        "created_at",
        "made_by",
        "api_key_id",
        "f_port",
        "confirmed",
        "source",
        "state",
        "reason",
        "fault",
        "attempts",
        "expires_at",
        "taken_at",
        "sent_at",
        "acknowledged_at",
    )


@admin.register(DownlinkLimit)
class DownlinkLimitAdmin(admin.ModelAdmin[DownlinkLimit]):
    list_display = ("trial", "a_day", "note")
    list_select_related = ("trial",)
    autocomplete_fields = ("trial",)
    search_fields = ("trial__code", "trial__title")
    fields = ("trial", "a_day", "note")

    def save_model(self, request: HttpRequest, obj: DownlinkLimit, form: Any, change: bool) -> None:
        downlink_limit_save(limit=obj, actor=request.user)  # type: ignore[arg-type]

    def delete_model(self, request: HttpRequest, obj: DownlinkLimit) -> None:
        downlink_limit_delete(limit=obj, actor=request.user)  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[DownlinkLimit]) -> None:
        for limit in queryset.select_related("trial"):
            self.delete_model(request, limit)
