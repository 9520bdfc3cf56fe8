from __future__ import annotations

from django.urls import path

from apps.telemetry.views import dead_letters, device, masks

app_name = "telemetry"
_DEVICE = "o/<uuid:organization>/devices/<uuid:pk>/"
_TRIAL = "o/<uuid:organization>/trials/<slug:code>/"
urlpatterns = [
    path(_DEVICE, device.device_detail, name="device-detail"),
    path(f"{_DEVICE}data.csv", device.device_csv, name="device-csv"),
    path("o/<uuid:organization>/dead-letters/", dead_letters.letter_list, name="letter-list"),
    path("o/<uuid:organization>/dead-letters/<uuid:pk>/", dead_letters.letter_detail, name="letter-detail"),
    path(f"{_TRIAL}dead-letters/", dead_letters.letters_slot, name="letters-slot"),
    path(f"{_TRIAL}masks/", masks.mask_list, name="mask-list"),
    path(f"{_TRIAL}masks/link/", masks.mask_link, name="mask-link"),
    path(f"{_TRIAL}masks/<uuid:pk>/", masks.mask_edit, name="mask-edit"),
    path(f"{_TRIAL}masks/<uuid:pk>/remove/", masks.mask_remove, name="mask-remove"),
    path("o/<uuid:organization>/trials/<slug:code>/usage/", device.trial_usage, name="trial-usage"),
]
