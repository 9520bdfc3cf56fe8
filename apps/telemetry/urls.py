from __future__ import annotations

from django.urls import path

from apps.telemetry.views import (
    alert,
    alerts,
    compare,
    dashboards,
    dead_letters,
    device,
    exporting,
    fields,
    masks,
    models,
    topics,
    webhook_log,
    webhooks,
)

app_name = "telemetry"
_DEVICE = "o/<uuid:organization>/devices/<uuid:pk>/"
_TRIAL = "o/<uuid:organization>/trials/<slug:code>/"
_WEBHOOKS = "o/<uuid:organization>/webhooks/"
_WEBHOOK = f"{_WEBHOOKS}<uuid:pk>/"
_ALERTS = f"{_TRIAL}alerts/"
_BOARDS = f"{_TRIAL}dashboards/"
_BOARD = f"{_BOARDS}<uuid:pk>/"
_MODEL = "o/<uuid:organization>/models/<uuid:pk>/"
urlpatterns = [
    path(f"{_MODEL}frames/", models.model_frames_slot, name="model-frames"),
    path(f"{_MODEL}decode-again/", models.redecode_new, name="redecode-new"),
    path(f"{_MODEL}decode-again/<uuid:redecode>/", models.redecode, name="redecode"),
    path(
        f"{_MODEL}decode-again/<uuid:redecode>/progress/", models.redecode_progress, name="redecode-progress"
    ),
    path(_ALERTS, alerts.alert_list, name="alert-list"),
    path(f"{_ALERTS}open/", alert.alerts_slot, name="alerts-slot"),
    path(f"{_ALERTS}link/", alert.alerts_link, name="alerts-link"),
    path(f"{_ALERTS}new/", alerts.alert_new, name="alert-new"),
    path(f"{_ALERTS}new/<slug:kind>/", alerts.alert_make, name="alert-make"),
    path(f"{_ALERTS}rules/<uuid:pk>/", alerts.alert_rule, name="alert-rule"),
    path(f"{_ALERTS}rules/<uuid:pk>/edit/", alerts.alert_edit, name="alert-edit"),
    path(f"{_ALERTS}rules/<uuid:pk>/switch/", alerts.alert_switch, name="alert-switch"),
    path(f"{_ALERTS}rules/<uuid:pk>/remove/", alerts.alert_remove, name="alert-remove"),
    path(f"{_ALERTS}<uuid:pk>/", alert.alert, name="alert"),
    path(f"{_DEVICE}alerts/", alert.device_alerts, name="device-alerts"),
    path(_DEVICE, device.device_detail, name="device-detail"),
    path(f"{_DEVICE}data.csv", device.device_csv, name="device-csv"),
    path(f"{_DEVICE}live/", device.device_live, name="device-live"),
    path(f"{_DEVICE}fields/", fields.device_fields, name="device-fields"),
    path(f"{_DEVICE}frames/", device.device_frames, name="device-frames"),
    path(_BOARDS, dashboards.dashboard_list, name="dashboard-list"),
    path(f"{_BOARDS}link/", dashboards.dashboard_link, name="dashboard-link"),
    path(_BOARD, dashboards.dashboard, name="dashboard"),
    path(f"{_BOARD}edit/", dashboards.dashboard_edit, name="dashboard-edit"),
    path(f"{_BOARD}remove/", dashboards.dashboard_delete, name="dashboard-remove"),
    path(f"{_BOARD}tiles/new/<slug:kind>/", dashboards.tile_new, name="tile-new"),
    path(f"{_BOARD}tiles/<uuid:tile>/", dashboards.tile_edit, name="tile-edit"),
    path(f"{_BOARD}tiles/<uuid:tile>/act/", dashboards.tile_act, name="tile-act"),
    path(f"{_BOARD}links/", dashboards.dashboard_links, name="dashboard-links"),
    path(f"{_BOARD}links/<uuid:link>/", dashboards.dashboard_link_revoke, name="dashboard-link-revoke"),
    path("d/<str:token>/", dashboards.dashboard_open, name="dashboard-open"),
    path("o/<uuid:organization>/mqtt/", topics.topics, name="topics"),
    path("o/<uuid:organization>/mqtt/link/", topics.topics_link, name="topics-link"),
    path("o/<uuid:organization>/mqtt/<uuid:key>/password/", topics.topics_password, name="topics-password"),
    path(_WEBHOOKS, webhooks.webhook_list, name="webhook-list"),
    path(f"{_WEBHOOKS}new/", webhooks.webhook_new, name="webhook-new"),
    path(f"{_WEBHOOKS}link/", webhooks.webhook_links, name="webhook-links"),
    path(f"{_TRIAL}webhooks/link/", webhooks.webhook_links, name="trial-webhook-links"),
    path(f"{_WEBHOOK}", webhook_log.webhook_detail, name="webhook-detail"),
    path(f"{_WEBHOOK}edit/", webhooks.webhook_edit, name="webhook-edit"),
    path(f"{_WEBHOOK}secret/", webhooks.webhook_secret, name="webhook-secret"),
    path(f"{_WEBHOOK}switch/", webhooks.webhook_turn, name="webhook-switch"),
    path(f"{_WEBHOOK}remove/", webhooks.webhook_remove, name="webhook-remove"),
    path(f"{_WEBHOOK}test/", webhook_log.webhook_try, name="webhook-test"),
    path(f"{_WEBHOOK}replay/", webhook_log.webhook_replay, name="webhook-replay"),
    path(f"{_WEBHOOK}<uuid:message>/", webhook_log.webhook_message, name="webhook-message"),
    path("o/<uuid:organization>/dead-letters/", dead_letters.letter_list, name="letter-list"),
    path("o/<uuid:organization>/dead-letters/<uuid:pk>/", dead_letters.letter_detail, name="letter-detail"),
    path(f"{_TRIAL}compare/", compare.compare, name="compare"),
    path(f"{_TRIAL}dead-letters/", dead_letters.letters_slot, name="letters-slot"),
    path(f"{_TRIAL}export/", exporting.trial_export, name="trial-export"),
    path(f"{_TRIAL}export/link/", exporting.trial_export_link, name="trial-export-link"),
    path("o/<uuid:organization>/exports/new/", exporting.organization_export_links, name="export-links"),
    path(f"{_TRIAL}masks/", masks.mask_list, name="mask-list"),
    path(f"{_TRIAL}masks/link/", masks.mask_link, name="mask-link"),
    path(f"{_TRIAL}masks/<uuid:pk>/", masks.mask_edit, name="mask-edit"),
    path(f"{_TRIAL}masks/<uuid:pk>/remove/", masks.mask_remove, name="mask-remove"),
    path("o/<uuid:organization>/trials/<slug:code>/usage/", device.trial_usage, name="trial-usage"),
]
