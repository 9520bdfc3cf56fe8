from __future__ import annotations

from apps.devices.domain.device import (
    EDITABLE,
    EUI_CONSTRAINT,
    QUOTA_CONSTRAINT,
    TRANSITIONS,
    device_edit,
    device_register,
    device_rename,
    device_retire,
    device_set_state,
    organization_devices_move,
)
from apps.devices.domain.model import codec_publish, device_model_save

__all__ = [
    "EDITABLE",
    "EUI_CONSTRAINT",
    "QUOTA_CONSTRAINT",
    "TRANSITIONS",
    "codec_publish",
    "device_edit",
    "device_model_save",
    "device_register",
    "device_rename",
    "device_retire",
    "device_set_state",
    "organization_devices_move",
]
