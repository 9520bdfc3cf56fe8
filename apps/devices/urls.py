from __future__ import annotations

from django.urls import path

from apps.devices.views import batch, bench, downlink, listing, models, register, settings

app_name = "devices"
_TRIAL = "o/<uuid:organization>/trials/<slug:code>/devices/"
_DEVICE = "o/<uuid:organization>/devices/<uuid:pk>/"
_MODELS = "o/<uuid:organization>/models/"
_MODEL = f"{_MODELS}<uuid:pk>/"
urlpatterns = [
    path(_MODELS, models.model_list, name="model-list"),
    path(f"{_MODELS}new/", models.model_new, name="model-new"),
    path(f"{_MODELS}link/", models.model_links, name="model-links"),
    path(f"{_MODELS}stopped/", models.models_stopped, name="models-stopped"),
    path(_MODEL, bench.model_codec, name="model-codec"),
    path(f"{_MODEL}edit/", models.model_edit, name="model-edit"),
    path(f"{_MODEL}values/", models.model_values, name="model-values"),
    path(f"{_MODEL}remove/", models.model_remove, name="model-remove"),
    path(f"{_MODEL}examples/new/", bench.example_new, name="example-new"),
    path(f"{_MODEL}examples/<uuid:example>/", bench.example_edit, name="example-edit"),
    path(_TRIAL, listing.trial_devices, name="trial-devices"),
    path(f"{_TRIAL}links/", register.trial_links, name="trial-links"),
    path(f"{_TRIAL}new/", register.device_new, name="device-new"),
    path(f"{_TRIAL}file/", batch.batch_new, name="batch-new"),
    path(f"{_TRIAL}file/template.csv", batch.batch_template, name="batch-template"),
    path(f"{_TRIAL}file/<uuid:pk>/", batch.batch_check, name="batch-check"),
    path(f"{_TRIAL}file/<uuid:pk>/register/", batch.batch_run, name="batch-run"),
    path(f"{_TRIAL}file/<uuid:pk>/drop/", batch.batch_drop, name="batch-drop"),
    path(f"{_DEVICE}settings/", settings.device_settings, name="device-settings"),
    path(f"{_DEVICE}keys/", settings.device_keys, name="device-keys"),
    path(f"{_DEVICE}replace/", settings.device_replace_view, name="device-replace"),
    path(f"{_DEVICE}move/", settings.device_move_view, name="device-move"),
    path(f"{_DEVICE}downlinks/", downlink.downlinks, name="downlinks"),
    path(f"{_DEVICE}downlinks/new/", downlink.downlink_new, name="downlink-new"),
    path(
        f"{_DEVICE}downlinks/<uuid:downlink>/cancel/", downlink.downlink_cancel_view, name="downlink-cancel"
    ),
    path(f"{_DEVICE}retire/", settings.device_retire_view, name="device-retire"),
    path(f"{_DEVICE}bring-back/", settings.device_unretire_view, name="device-unretire"),
]
