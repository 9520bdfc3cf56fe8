from __future__ import annotations

from apps.telemetry.models.alert import AlertEpisode, AlertRule, AlertStanding
from apps.telemetry.models.dashboard import Dashboard, DashboardLink, DashboardTile
from apps.telemetry.models.dead_letter import DeadLetter
from apps.telemetry.models.device_event import DeviceCondition, DeviceEvent, DeviceHour, DeviceMonth
from apps.telemetry.models.mask import MaskZone
from apps.telemetry.models.news import Listener, News
from apps.telemetry.models.redecode import Redecode
from apps.telemetry.models.uplink import DeviceLatest, TrialDay, Uplink, UplinkQuerySet
from apps.telemetry.models.webhook import (
    WebhookAttempt,
    WebhookEndpoint,
    WebhookMessage,
    WebhookSecret,
)

__all__ = [
    "AlertEpisode",
    "AlertRule",
    "AlertStanding",
    "Dashboard",
    "DashboardLink",
    "DashboardTile",
    "DeadLetter",
    "DeviceCondition",
    "DeviceEvent",
    "DeviceHour",
    "DeviceLatest",
    "DeviceMonth",
    "Listener",
    "MaskZone",
    "News",
    "Redecode",
    "TrialDay",
    "Uplink",
    "UplinkQuerySet",
    "WebhookAttempt",
    "WebhookEndpoint",
    "WebhookMessage",
    "WebhookSecret",
]
