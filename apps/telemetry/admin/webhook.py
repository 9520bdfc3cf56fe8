"""Webhooks of all companies, for staff: to see which receivers fail. Nothing is changed here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.telemetry.models import WebhookEndpoint
from apps.telemetry.selectors.webhooks import webhook_row


@admin.register(WebhookEndpoint)
class WebhookAdmin(admin.ModelAdmin[WebhookEndpoint]):
    actions = None
    list_display = ("name", "owner", "address", "state", "failing", "delivered")
    list_filter = ("is_active",)
    list_select_related = ("organization",)
    search_fields = ("name", "url", "organization__name")
    fields = list_display
    ordering = ("organization__name", "name")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("trials")

    @admin.display(description=_("organization"), ordering="organization__name")
    def owner(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.organization.name

    @admin.display(description=pgettext_lazy("webhook", "Address"), ordering="url")
    def address(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.url

    @admin.display(description=_("State"))
    def state(self, endpoint: WebhookEndpoint) -> str:
        return webhook_row(endpoint).label

    @admin.display(description=_("Takes nothing since"), ordering="failing_since")
    def failing(self, endpoint: WebhookEndpoint) -> str:
        return display_for_value(endpoint.failing_since, "-")

    @admin.display(description=_("Last delivered"), ordering="delivered_at")
    def delivered(self, endpoint: WebhookEndpoint) -> str:
        return display_for_value(endpoint.delivered_at, "-")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> bool:
        return False
