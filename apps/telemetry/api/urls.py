from __future__ import annotations

from django.urls import path

from apps.telemetry.api.views import LatestView, UplinkListView

urlpatterns = [
    path("devices/<uuid:pk>/uplinks", UplinkListView.as_view(), name="api-device-uplinks"),
    path("devices/<uuid:pk>/latest", LatestView.as_view(), name="api-device-latest"),
]
