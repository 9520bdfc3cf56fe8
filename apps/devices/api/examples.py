"""Examples of the schema that no serializer holds: what is sent, and the models."""

from __future__ import annotations

from apps.core.api import example

_DEVICE = "7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11"
_MODEL = "2c9d1f0a-5b1e-4f57-8a35-0c8a6d5e9b02"
_KEY = "8F3C2A1B9D4E5F60718293A4B5C6D7E8"

example("devices_list", "Devices of a trial", parameters={"trial": "2026-015", "limit": 50})
example(
    "device_models_list",
    "A model",
    response={
        "id": _MODEL,
        "maker": "みほん電機",
        "name": "WL-2",
        "lorawan_version": "1.0.3",
        "region": "AS923",
        "device_class": "A",
        "profile_ids": ["05F50001"],
        "own": False,
    },
)
example(
    "devices_change",
    "Another name and place",
    request={
        "name": "WL-03 放水口",
        "place_name": "井田川 放水口",
        "latitude": 36.7012,
        "longitude": 137.2137,
    },
    parameters={"id": _DEVICE},
)
example(
    "devices_keys",
    "Keys",
    request={"join_eui": "0000000000000000", "app_key": _KEY},
    parameters={"id": _DEVICE},
)
example("devices_move", "Another trial", request={"trial": "2026-021"}, parameters={"id": _DEVICE})
example(
    "devices_replace",
    "Other hardware",
    request={
        "dev_eui": "70B3D57ED0060104",
        "join_eui": "0000000000000000",
        "app_key": _KEY,
        "serial_number": "A-2041",
    },
    parameters={"id": _DEVICE},
)
example("downlinks_create", "For the codec", request={"object": {"lamp": "on"}, "confirmed": True})
example("downlinks_create", "Bytes", request={"payload_hex": "01", "f_port": 10, "expires_in": 3600})
