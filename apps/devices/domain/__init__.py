from __future__ import annotations

from apps.devices.domain.bulk import (
    batch_discard,
    batch_make,
    batch_mend,
    batch_register,
    batches_clean_up,
    devices_register,
)
from apps.devices.domain.device import (
    EDITABLE,
    EUI_CONSTRAINT,
    QUOTA_CONSTRAINT,
    TRANSITIONS,
    Keys,
    device_edit,
    device_register,
    device_rename,
    device_retire,
    device_set_state,
    device_unretire,
    organization_devices_move,
)
from apps.devices.domain.model import codec_publish, device_model_save
from apps.devices.domain.moving import device_move, device_rekey, device_replace
from apps.devices.domain.provisioning import provision_want

__all__ = [
    "EDITABLE",
    "EUI_CONSTRAINT",
    "QUOTA_CONSTRAINT",
    "TRANSITIONS",
    "Keys",
    "batch_discard",
    "batch_make",
    "batch_mend",
    "batch_register",
    "batches_clean_up",
    "codec_publish",
    "device_edit",
    "device_model_save",
    "device_move",
    "device_rekey",
    "device_register",
    "device_rename",
    "device_replace",
    "device_retire",
    "device_set_state",
    "device_unretire",
    "devices_register",
    "organization_devices_move",
    "provision_want",
]
