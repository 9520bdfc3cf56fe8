from __future__ import annotations

from apps.devices.models.batch import DeviceBatch, DeviceBatchQuerySet
from apps.devices.models.device import Device, DeviceQuerySet
from apps.devices.models.downlink import Downlink, DownlinkLimit, DownlinkQuerySet
from apps.devices.models.model import (
    CodecExample,
    CodecVersion,
    DeviceModel,
    DeviceModelQuerySet,
    ModelProfile,
)
from apps.devices.models.provision import Drift, Provision, ServerApplication

__all__ = [
    "CodecExample",
    "CodecVersion",
    "Device",
    "DeviceBatch",
    "DeviceBatchQuerySet",
    "DeviceModel",
    "DeviceModelQuerySet",
    "DeviceQuerySet",
    "Downlink",
    "DownlinkLimit",
    "DownlinkQuerySet",
    "Drift",
    "ModelProfile",
    "Provision",
    "ServerApplication",
]
