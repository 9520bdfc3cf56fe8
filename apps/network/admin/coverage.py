"""Squares as staff see them: to look at, and to forget when one should not have been counted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.network.domain.heard import cells_forget
from apps.network.models import CoverageCell


@admin.register(CoverageCell)
class CoverageCellAdmin(admin.ModelAdmin[CoverageCell]):
    list_display = (
        "mesh",
        "shown",
        "observations",
        "best_rssi",
        "best_snr",
        "gateways",
        "first_at",
        "last_at",
    )
    list_filter = ("shown",)
    search_fields = ("mesh__startswith",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: CoverageCell) -> None:
        cells_forget(cells=[obj], actor=request.user)  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CoverageCell]) -> None:
        cells_forget(cells=list(queryset), actor=request.user)  # type: ignore[arg-type]
