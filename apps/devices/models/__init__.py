from __future__ import annotations

from apps.devices.models.device import Device, DeviceQuerySet
from apps.devices.models.model import CodecVersion, DeviceModel

__all__ = [
    "CodecVersion",
    "Device",
    "DeviceModel",
    "DeviceQuerySet",
]
