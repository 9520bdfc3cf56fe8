"""Staff name the themes that calls offer. One that is not offered any more stays with its applications."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.calls.domain.theme import theme_save
from apps.calls.models import Theme


@admin.register(Theme)
class ThemeAdmin(admin.ModelAdmin[Theme]):
    fields = ("code", "name", "name_en", "order", "is_active")
    list_display = ("name", "code", "order", "is_active")
    search_fields = ("name", "name_en", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: Theme | None = None) -> Any:
        """Applications hold the code: it never changes."""
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Theme | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Theme, form: Any, change: bool) -> None:
        theme_save(theme=obj, actor=request.user)
