from __future__ import annotations

from django.urls import path

from apps.telemetry.api import examples, webhooks  # noqa: F401 -- examples fill the schema
from apps.telemetry.api.alerts import AlertListView, AlertRuleListView
from apps.telemetry.api.dead_letters import DeadLetterListView, DeadLetterView
from apps.telemetry.api.latest import LatestListView
from apps.telemetry.api.quotas import QuotaListView, TrialQuotaView, UsageView
from apps.telemetry.api.redecodes import RedecodeListView, RedecodeStopView, RedecodeView
from apps.telemetry.api.series import ManySeriesView, OneSeriesView
from apps.telemetry.api.views import AllUplinksView, EventListView, LatestView, UplinkListView

_WEBHOOK = "webhooks/<uuid:pk>"
_REDECODES = "device-models/<uuid:pk>/redecodes"
_REDECODE = f"{_REDECODES}/<uuid:redecode>"
_MESSAGE = f"{_WEBHOOK}/messages/<uuid:message>"
urlpatterns = [
    path("alerts", AlertListView.as_view(), name="api-alert-list"),
    path("alert-rules", AlertRuleListView.as_view(), name="api-alert-rule-list"),
    path("dead-letters", DeadLetterListView.as_view(), name="api-dead-letter-list"),
    path("dead-letters/<uuid:pk>", DeadLetterView.as_view(), name="api-dead-letter-detail"),
    path(_REDECODES, RedecodeListView.as_view(), name="api-redecode-list"),
    path(_REDECODE, RedecodeView.as_view(), name="api-redecode"),
    path(f"{_REDECODE}/stop", RedecodeStopView.as_view(), name="api-redecode-stop"),
    path("webhooks", webhooks.WebhookListView.as_view(), name="api-webhook-list"),
    path(_WEBHOOK, webhooks.WebhookDetailView.as_view(), name="api-webhook-detail"),
    path(f"{_WEBHOOK}/secret", webhooks.WebhookSecretView.as_view(), name="api-webhook-secret"),
    path(f"{_WEBHOOK}/test", webhooks.WebhookTestView.as_view(), name="api-webhook-test"),
    path(f"{_WEBHOOK}/replay", webhooks.WebhookReplayView.as_view(), name="api-webhook-replay"),
    path(f"{_WEBHOOK}/messages", webhooks.MessageListView.as_view(), name="api-webhook-messages"),
    path(_MESSAGE, webhooks.MessageDetailView.as_view(), name="api-webhook-message"),
    path(f"{_MESSAGE}/replay", webhooks.MessageReplayView.as_view(), name="api-webhook-message-replay"),
    path("devices/<uuid:pk>/uplinks", UplinkListView.as_view(), name="api-device-uplinks"),
    path("uplinks", AllUplinksView.as_view(), name="api-uplink-list"),
    path("latest", LatestListView.as_view(), name="api-latest-list"),
    path("devices/<uuid:pk>/events", EventListView.as_view(), name="api-device-events"),
    path("quotas", QuotaListView.as_view(), name="api-quota-list"),
    path("trials/<slug:code>/quotas", TrialQuotaView.as_view(), name="api-trial-quotas"),
    path("trials/<slug:code>/usage", UsageView.as_view(), name="api-trial-usage"),
    path("devices/<uuid:pk>/latest", LatestView.as_view(), name="api-device-latest"),
    path("devices/<uuid:pk>/series", OneSeriesView.as_view(), name="api-device-series"),
    path("series", ManySeriesView.as_view(), name="api-series"),
]
