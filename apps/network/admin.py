"""The network in the admin: servers and gateways to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.network.models import Gateway, NetworkServer


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows are written through the domain; here they are read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(NetworkServer)
class NetworkServerAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "state", "address", "reached_at", "fault")
    list_filter = ("kind", "state")


@admin.register(Gateway)
class GatewayAdmin(ReadOnlyAdmin):
    list_display = ("name", "gateway_id", "place_name", "state", "last_seen_at")
    list_filter = ("state",)
    search_fields = ("name", "gateway_id", "place_name")
