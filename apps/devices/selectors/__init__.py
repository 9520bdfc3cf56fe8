from __future__ import annotations

from apps.devices.selectors.device import (
    DeviceRow,
    access_device,
    access_device_by_key,
    device_rows,
    devices_of_trial,
    models_in_use,
    newest_codec,
    visible_to_key,
)

__all__ = [
    "DeviceRow",
    "access_device",
    "access_device_by_key",
    "device_rows",
    "devices_of_trial",
    "models_in_use",
    "newest_codec",
    "visible_to_key",
]
