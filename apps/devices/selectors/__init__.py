from __future__ import annotations

from apps.devices.selectors.device import (
    access_device,
    access_device_by_key,
    devices_of_trial,
    newest_codec,
    visible_to_key,
)
from apps.devices.selectors.listing import (
    DeviceList,
    DeviceRow,
    DeviceWish,
    LinkFact,
    StateFact,
    device_list,
    device_rows,
)

__all__ = [
    "DeviceList",
    "DeviceRow",
    "DeviceWish",
    "LinkFact",
    "StateFact",
    "access_device",
    "access_device_by_key",
    "device_list",
    "device_rows",
    "devices_of_trial",
    "newest_codec",
    "visible_to_key",
]
