from __future__ import annotations

from apps.devices.domain.bulk import (
    batch_discard,
    batch_make,
    batch_mend,
    batch_register,
    batches_clean_up,
    devices_register,
)
from apps.devices.domain.codec import ExamplesFail, codec_publish, codec_quarantine, codec_set_state
from apps.devices.domain.codec_examples import example_delete, example_save, examples_run
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
from apps.devices.domain.model import (
    OWN_MODELS_MOST,
    device_model_save,
    organization_models_move,
    own_model_change,
    own_model_delete,
    own_model_fields,
    own_model_make,
)
from apps.devices.domain.moving import device_move, device_rekey, device_replace
from apps.devices.domain.provisioning import provision_want

__all__ = [
    "EDITABLE",
    "EUI_CONSTRAINT",
    "ExamplesFail",
    "OWN_MODELS_MOST",
    "QUOTA_CONSTRAINT",
    "TRANSITIONS",
    "Keys",
    "batch_discard",
    "batch_make",
    "batch_mend",
    "batch_register",
    "batches_clean_up",
    "codec_publish",
    "codec_quarantine",
    "codec_set_state",
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
    "example_delete",
    "example_save",
    "examples_run",
    "organization_devices_move",
    "organization_models_move",
    "own_model_change",
    "own_model_delete",
    "own_model_fields",
    "own_model_make",
    "provision_want",
]
