"""The API's addresses below /api/v1/."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

urlpatterns = [
    path("schema", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path("", include("apps.exports.api.urls")),
    path("", include("apps.calls.api.urls")),
    path("", include("apps.trials.api.urls")),
    path("", include("apps.network.api.urls")),
    path("", include("apps.reports.api.urls")),
    path("", include("apps.apikeys.api.urls")),
    path("", include("apps.devices.api.urls")),
    path("", include("apps.telemetry.api.urls")),
]
