from __future__ import annotations

from apps.devices.admin.device import (
    CodecExampleAdmin,
    CodecVersionAdmin,
    DeviceAdmin,
    DeviceModelAdmin,
    ReadOnly,
)
from apps.devices.admin.downlink import DownlinkAdmin, DownlinkLimitAdmin
from apps.devices.admin.drift import DriftAdmin
from apps.devices.admin.provision import ModelProfileAdmin, ProvisionAdmin

__all__ = [
    "CodecExampleAdmin",
    "CodecVersionAdmin",
    "DeviceAdmin",
    "DeviceModelAdmin",
    "DownlinkAdmin",
    "DownlinkLimitAdmin",
    "DriftAdmin",
    "ModelProfileAdmin",
    "ProvisionAdmin",
    "ReadOnly",
]
