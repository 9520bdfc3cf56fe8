from __future__ import annotations

from django.urls import path

from apps.telemetry.views import device

app_name = "telemetry"
_DEVICE = "o/<uuid:organization>/devices/<uuid:pk>/"
urlpatterns = [
    path(_DEVICE, device.device_detail, name="device-detail"),
    path(f"{_DEVICE}data.csv", device.device_csv, name="device-csv"),
    path("o/<uuid:organization>/trials/<slug:code>/usage/", device.trial_usage, name="trial-usage"),
]
