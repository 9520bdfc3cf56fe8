from __future__ import annotations

from apps.devices.forms.device import DeviceForm, DeviceSettingsForm, HexField, WriteOnlyInput

__all__ = [
    "DeviceForm",
    "DeviceSettingsForm",
    "HexField",
    "WriteOnlyInput",
]
