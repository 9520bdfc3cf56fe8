"""What the admin pages of several apps share."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest


def row_or_404(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, pk: Any, *, change: bool = True
) -> Any:
    """The row ``pk`` of ``model_admin`` for whoever may change it (``change=False``: see it); else 404."""
    row = model_admin.get_object(request, str(pk))
    allowed = model_admin.has_change_permission if change else model_admin.has_view_or_change_permission
    if row is None or not allowed(request, row):
        raise Http404
    return row
