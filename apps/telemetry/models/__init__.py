from __future__ import annotations

from apps.telemetry.models.dead_letter import DeadLetter
from apps.telemetry.models.uplink import DeviceLatest, TrialDay, Uplink, UplinkQuerySet

__all__ = [
    "DeadLetter",
    "DeviceLatest",
    "TrialDay",
    "Uplink",
    "UplinkQuerySet",
]
