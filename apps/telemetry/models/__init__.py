from __future__ import annotations

from apps.telemetry.models.dead_letter import DeadLetter
from apps.telemetry.models.device_event import DeviceCondition, DeviceEvent, DeviceHour
from apps.telemetry.models.mask import MaskZone
from apps.telemetry.models.redecode import Redecode
from apps.telemetry.models.uplink import DeviceLatest, TrialDay, Uplink, UplinkQuerySet

__all__ = [
    "DeadLetter",
    "DeviceCondition",
    "DeviceEvent",
    "DeviceHour",
    "DeviceLatest",
    "MaskZone",
    "Redecode",
    "TrialDay",
    "Uplink",
    "UplinkQuerySet",
]
