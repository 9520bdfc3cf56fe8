from __future__ import annotations

from django.urls import path

from apps.reports.api import examples  # noqa: F401 -- fills the schema
from apps.reports.api.views import ReportDetail, ReportList

urlpatterns = [
    path("reports", ReportList.as_view(), name="api-report-list"),
    path("reports/<slug:code>", ReportDetail.as_view(), name="api-report-detail"),
]
