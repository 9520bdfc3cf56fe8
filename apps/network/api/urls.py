from __future__ import annotations

from django.urls import path

from apps.network.api import examples  # noqa: F401 -- fills the schema
from apps.network.api.views import CoverageDetailView, CoverageListView

urlpatterns = [
    path("coverage", CoverageListView.as_view(), name="api-coverage-list"),
    path("coverage/<slug:mesh>", CoverageDetailView.as_view(), name="api-coverage-detail"),
]
