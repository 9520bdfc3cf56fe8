from __future__ import annotations

from django.urls import path

from apps.devices.views import register, settings

app_name = "devices"
_TRIAL = "o/<uuid:organization>/trials/<slug:code>/devices/"
_DEVICE = "o/<uuid:organization>/devices/<uuid:pk>/"
urlpatterns = [
    path(_TRIAL, register.trial_devices, name="trial-devices"),
    path(f"{_TRIAL}links/", register.trial_links, name="trial-links"),
    path(f"{_TRIAL}new/", register.device_new, name="device-new"),
    path(f"{_DEVICE}settings/", settings.device_settings, name="device-settings"),
    path(f"{_DEVICE}retire/", settings.device_retire_view, name="device-retire"),
]
