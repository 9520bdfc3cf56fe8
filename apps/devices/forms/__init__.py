from __future__ import annotations

from apps.devices.forms.batch import BatchFileForm, MendForm, mends_of
from apps.devices.forms.device import (
    DeviceForm,
    DeviceSettingsForm,
    HexField,
    LabelForm,
    MoveForm,
    RekeyForm,
    ReplaceForm,
    WriteOnlyInput,
    told_by_label,
    with_label,
)

__all__ = [
    "BatchFileForm",
    "DeviceForm",
    "DeviceSettingsForm",
    "HexField",
    "LabelForm",
    "MendForm",
    "MoveForm",
    "RekeyForm",
    "ReplaceForm",
    "WriteOnlyInput",
    "mends_of",
    "told_by_label",
    "with_label",
]
