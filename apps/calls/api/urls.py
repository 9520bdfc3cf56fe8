from __future__ import annotations

from django.urls import path

from apps.calls.api import examples  # noqa: F401 -- fills the schema
from apps.calls.api.views import CallDetail, CallList

urlpatterns = [
    path("calls", CallList.as_view(), name="api-call-list"),
    path("calls/<slug:code>", CallDetail.as_view(), name="api-call-detail"),
]
