from __future__ import annotations

from django.urls import path

from apps.exports.api import examples  # noqa: F401 -- fills the schema
from apps.exports.api.views import ExportDetailView, ExportFileView, ExportListView

urlpatterns = [
    path("exports", ExportListView.as_view(), name="api-export-list"),
    path("exports/<uuid:pk>", ExportDetailView.as_view(), name="api-export-detail"),
    path("exports/<uuid:pk>/file", ExportFileView.as_view(), name="api-export-file"),
]
