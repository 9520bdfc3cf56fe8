from __future__ import annotations

from apps.devices.admin.device import (
    CodecVersionAdmin,
    DeviceAdmin,
    DeviceModelAdmin,
    DeviceModelForm,
    ReadOnly,
)

__all__ = [
    "CodecVersionAdmin",
    "DeviceAdmin",
    "DeviceModelAdmin",
    "DeviceModelForm",
    "ReadOnly",
]
